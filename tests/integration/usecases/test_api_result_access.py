"""Who may see what runs derived, over real gRPC on both engines: a role sees aggregates, values need the run's purpose."""

from __future__ import annotations

import pytest

from helpers.run_making import Derive, committed, people, segment
from helpers.running_vault import Tenant
from strongroom import (
    Client,
    Customer,
    DerivedData,
    FailedPreconditionError,
    PermissionDeniedError,
    ResourceExhaustedError,
    Run,
)
from strongroom.api.v1.access_service_pb2 import Grant
from strongroom.api.v1.customer_pb2 import PROPOSAL_STATE_ACCEPTED, Correction
from strongroom.api.v1.privacy_service_pb2 import LEGAL_BASIS_CONSENT, LEGAL_BASIS_CONTRACT, Purpose
from strongroom.api.v1.rules_pb2 import CATEGORY_CONTACT, CATEGORY_DEMOGRAPHIC, CATEGORY_DERIVED

DAY_S = 86_400


def corrected(_id: bytes, customer: Customer) -> DerivedData:
    """A correction of a contact, one of the age."""
    age = str(customer.stated_age)
    mail = Correction(field="emails[0]", before="a@gmial.com", after="a@gmail.com", state=PROPOSAL_STATE_ACCEPTED)
    return DerivedData(corrections=[mail, Correction(field="stated_age", before=age, after="9", state=PROPOSAL_STATE_ACCEPTED)])


def run_under(tenant: Tenant, purpose: str, derive: Derive = corrected) -> Run:
    return committed(tenant, {"correct": derive}, started=tenant.analyst.analysis.start(["correct"], purpose=purpose))


def purpose(tenant: Tenant, name: str, *categories: int, basis: int = LEGAL_BASIS_CONTRACT, row_budget: int = 0) -> str:
    """A purpose of one's own, granted to the analyst."""
    made = Purpose(description="a test", legal_basis=basis, categories=categories, kinds=[1], row_budget=row_budget)  # type: ignore[arg-type,list-item]  # numbers of enums
    tenant.admin.privacy.create_purpose(name, made)
    return granted(tenant, "analyst", name).name


def granted(tenant: Tenant, principal: str, name: str, *, until_s: float = 0.0) -> Grant:
    grant = Grant(principal=f"{tenant.name}/principals/{principal}", purpose=f"{tenant.name}/purposes/{name}")
    if until_s:
        grant.expire_time.FromMicroseconds(tenant.vault.clock.now_us() + int(until_s * 1e6))
    return tenant.admin.access.create_grant(grant)


def seen(client: Client, run: Run) -> list[str]:
    """Fields that corrections in the results speak of."""
    return sorted({one.field for item in client.analysis.results(run.name) for one in item.derived.corrections})


def refusal(client: Client, run: Run) -> str:
    """Why neither results nor changes are shown."""
    with pytest.raises(PermissionDeniedError) as results:
        list(client.analysis.results(run.name))
    with pytest.raises(PermissionDeniedError) as changes:
        list(client.analysis.diff(run.name, run.name))
    assert results.value.reason == changes.value.reason
    return results.value.reason


def test_results_need_a_grant_of_the_runs_purpose_whatever_the_role(acme: Tenant, other: Tenant) -> None:
    people(acme, 2)
    run = run_under(acme, "analysis")
    assert seen(acme.analyst, run) == ["emails[0]", "stated_age"]
    assert seen(acme.developer, run) == ["emails[0]", "stated_age"]
    for client in (acme.admin, acme.service):
        assert refusal(client, run) == "NOT_GRANTED"
    for client in (other.analyst, other.developer):
        assert refusal(client, run) == "PERMISSION_DENIED"
    granted(acme, "admin", "analysis")
    assert seen(acme.admin, run) == ["emails[0]", "stated_age"]


def test_a_grant_of_another_purpose_shows_nothing(acme: Tenant) -> None:
    people(acme, 1)
    purpose(acme, "narrow", CATEGORY_DEMOGRAPHIC, CATEGORY_DERIVED)
    granted(acme, "service", "narrow")
    assert refusal(acme.service, run_under(acme, "analysis")) == "NOT_GRANTED"


def test_a_grant_that_has_ended_or_was_revoked_shows_nothing(acme: Tenant) -> None:
    people(acme, 1)
    run = run_under(acme, "analysis")
    grant = granted(acme, "admin", "analysis", until_s=DAY_S)
    assert seen(acme.admin, run)
    with acme.vault.clock.ahead(2 * DAY_S):
        assert refusal(acme.admin, run) == "GRANT_EXPIRED"
    assert seen(acme.admin, run)
    acme.admin.access.revoke_grant(grant.name)
    assert refusal(acme.admin, run) == "NOT_GRANTED"


def test_results_say_nothing_about_fields_that_the_purpose_does_not_see(acme: Tenant) -> None:
    people(acme, 1)
    purpose(acme, "narrow", CATEGORY_DEMOGRAPHIC, CATEGORY_DERIVED)
    run = run_under(acme, "narrow")
    assert seen(acme.analyst, run) == ["stated_age"]
    wide = run_under(acme, "analysis", lambda _id, _customer: None)
    (change,) = acme.analyst.analysis.diff(wide.name, run.name)
    assert [one.field for one in change.after.corrections] == ["stated_age"]


def test_a_purpose_without_derived_data_shows_no_results(acme: Tenant) -> None:
    people(acme, 1)
    purpose(acme, "plain", CATEGORY_DEMOGRAPHIC, CATEGORY_CONTACT)
    assert refusal(acme.analyst, run_under(acme, "plain")) == "FIELD_WITHHELD"


def test_only_customers_who_consent_now_are_shown_under_a_purpose_of_consent(acme: Tenant) -> None:
    names = people(acme, 2)
    purpose(acme, "asked", CATEGORY_DEMOGRAPHIC, CATEGORY_DERIVED, basis=LEGAL_BASIS_CONSENT)
    for name in names:
        acme.admin.privacy.set_consent(name, "asked", given=True)
    run = run_under(acme, "asked")
    empty = run_under(acme, "asked", lambda _id, _customer: None)
    acme.admin.privacy.set_consent(names[0], "asked", given=False)
    assert [one.customer for one in acme.analyst.analysis.results(run.name)] == [names[1]]
    assert [one.customer for one in acme.analyst.analysis.diff(empty.name, run.name)] == [names[1]]


def test_a_row_budget_counts_for_results_too(acme: Tenant) -> None:
    people(acme, 2)
    purpose(acme, "small", CATEGORY_DEMOGRAPHIC, CATEGORY_DERIVED, row_budget=2)
    run = run_under(acme, "small")
    assert seen(acme.analyst, run) == ["stated_age"]
    budget = Grant(principal=f"{acme.name}/principals/admin", purpose=f"{acme.name}/purposes/small", row_budget=1)
    acme.admin.access.create_grant(budget)
    with pytest.raises(ResourceExhaustedError) as refused:
        list(acme.admin.analysis.results(run.name))
    assert refused.value.reason == "ROW_BUDGET"


def test_summary_report_and_counts_are_for_roles(acme: Tenant) -> None:
    people(acme, 2)
    run = run_under(acme, "analysis")
    assert acme.admin.analysis.get(run.name).has_report
    assert acme.admin.analysis.report(run.name, format="html")
    (counted,) = acme.admin.analysis.diff_counts(run.name, run.name)
    assert (counted.part, counted.same) == ("corrections", 2)


def test_what_is_shown_leaves_a_trace_with_purpose_and_fields(acme: Tenant) -> None:
    people(acme, 1)
    run = run_under(acme, "analysis")
    seen(acme.analyst, run)
    event, *_ = [one for one in acme.admin.audit.events() if one.method == "AnalysisService/ListRunResults"]
    assert event.purpose == f"{acme.name}/purposes/analysis"
    assert {"emails", "corrections"} <= set(event.fields)


def test_a_run_without_results_is_refused_as_before(acme: Tenant) -> None:
    waiting = acme.analyst.analysis.start(["match"])
    with pytest.raises(FailedPreconditionError):
        list(acme.analyst.analysis.results(waiting.name))


def beside(client: Client, customer: str) -> list[str]:
    """Fields that corrections speak of in every view of a customer: they all say the same."""
    views = (
        client.customers.get_full(customer).derived,
        client.customers.batch_get([customer], full=True).derived[0],
        next(one.derived for one in client.customers.list_full() if one.customer.name == customer),
    )
    (fields,) = {tuple(sorted(one.field for one in view.corrections)) for view in views}
    assert {view.HasField("corrections_origin") for view in views} == {bool(fields)}
    return list(fields)


def test_what_stands_beside_a_customer_needs_a_grant_of_its_runs_purpose_and_the_customer_does_not(acme: Tenant) -> None:
    (name, _) = people(acme, 2)
    run_under(acme, "analysis")
    for client in (acme.analyst, acme.developer):
        assert beside(client, name) == ["emails[0]", "stated_age"]
    for client in (acme.admin, acme.service):
        assert beside(client, name) == []
        assert client.customers.get_full(name).customer == client.customers.get(name)
    grant = granted(acme, "service", "analysis", until_s=DAY_S)
    assert beside(acme.service, name) == ["emails[0]", "stated_age"]
    with acme.vault.clock.ahead(2 * DAY_S):
        assert beside(acme.service, name) == []
    acme.admin.access.revoke_grant(grant.name)
    assert beside(acme.service, name) == []


def test_each_result_beside_a_customer_is_shown_by_the_purpose_of_its_own_run(acme: Tenant) -> None:
    (name,) = people(acme, 1)
    purpose(acme, "marketing", CATEGORY_DEMOGRAPHIC, CATEGORY_DERIVED)
    run_under(acme, "analysis")
    started = acme.analyst.analysis.start(["segment"], purpose="marketing")
    committed(acme, {"segment": segment("loyal")}, started=started)
    both = acme.analyst.customers.get_full(name).derived
    assert (len(both.corrections), both.segment.label) == (2, "loyal")
    granted(acme, "service", "marketing")
    one = acme.service.customers.get_full(name).derived
    assert (len(one.corrections), one.HasField("corrections_origin"), one.segment.label) == (0, False, "loyal")
    events = [event for event in acme.admin.audit.events() if event.method == "CustomerService/GetCustomer"]
    shown = [(event.principal, event.purpose.rpartition("/")[2]) for event in events if event.purpose]
    assert sorted(shown) == [("analyst", "analysis"), ("analyst", "marketing"), ("service", "marketing")]


def test_what_stands_beside_a_customer_obeys_categories_consent_and_budget(acme: Tenant) -> None:
    yes, no = people(acme, 2)
    purpose(acme, "narrow", CATEGORY_DEMOGRAPHIC, CATEGORY_DERIVED)
    run_under(acme, "narrow")
    assert beside(acme.analyst, yes) == ["stated_age"]
    purpose(acme, "plain", CATEGORY_DEMOGRAPHIC, CATEGORY_CONTACT)
    run_under(acme, "plain")
    assert beside(acme.analyst, yes) == []
    purpose(acme, "asked", CATEGORY_DEMOGRAPHIC, CATEGORY_DERIVED, basis=LEGAL_BASIS_CONSENT)
    for name in (yes, no):
        acme.admin.privacy.set_consent(name, "asked", given=True)
    run_under(acme, "asked")
    acme.admin.privacy.set_consent(no, "asked", given=False)
    assert (beside(acme.analyst, yes), beside(acme.analyst, no)) == (["stated_age"], [])
    run_under(acme, "analysis")
    grant = Grant(principal=f"{acme.name}/principals/service", purpose=f"{acme.name}/purposes/analysis", row_budget=2)
    acme.admin.access.create_grant(grant)
    assert beside(acme.service, yes) == ["emails[0]", "stated_age"]
    people(acme, 1)
    run_under(acme, "analysis")
    assert beside(acme.service, yes) == []
