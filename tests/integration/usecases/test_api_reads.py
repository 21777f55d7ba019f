"""Privacy and bulk reads over real gRPC on both engines: what a purpose allows and nothing else."""

from __future__ import annotations

import pytest

from helpers.running_vault import Tenant
from strongroom import (
    Client,
    Customer,
    ExternalId,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    Transaction,
)
from strongroom.api.v1 import read_session_service_pb2 as api
from strongroom.api.v1.access_service_pb2 import Grant, Principal
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER, RECORD_KIND_NEED, RECORD_KIND_TRANSACTION
from strongroom.api.v1.privacy_service_pb2 import LEGAL_BASIS_CONSENT, LEGAL_BASIS_CONTRACT, Purpose
from strongroom.api.v1.rules_pb2 import CATEGORY_CONTACT, CATEGORY_DEMOGRAPHIC, CATEGORY_IDENTITY, Category
from strongroom.api.v1.transaction_pb2 import TRANSACTION_KIND_PURCHASE


def add_people(tenant: Tenant, count: int) -> list[str]:
    people = [Customer(given_name=f"Ada{n}", job_title="Baker", emails=[f"a{n}@example.com"]) for n in range(count)]
    for n, one in enumerate(people):
        one.external_ids.append(ExternalId(source="crm", id=str(n)))
    tenant.admin.imports.customers(people, source="crm", import_id="people")
    return [one.name for one in tenant.admin.customers.list(page_size=1000)]


def add_purpose(
    tenant: Tenant,
    purpose_id: str,
    *categories: Category.ValueType,
    basis: int = LEGAL_BASIS_CONTRACT,
    budget: int = 0,
    kinds: tuple[int, ...] = (RECORD_KIND_CUSTOMER,),
) -> str:
    purpose = Purpose(legal_basis=basis, categories=categories, kinds=kinds, row_budget=budget)  # type: ignore[arg-type]  # numbers of enums
    return tenant.admin.privacy.create_purpose(purpose_id, purpose).name


def grant(tenant: Tenant, purpose: str, *, expires_s: int = 0, budget: int = 0) -> Grant:
    made = Grant(principal=f"{tenant.name}/principals/analyst", purpose=purpose, row_budget=budget)
    if expires_s:
        made.expire_time.FromMicroseconds(tenant.vault.clock.now_us() + expires_s * 1_000_000)
    return tenant.admin.access.create_grant(made)


def open_session(client: Client, tenant: Tenant, purpose: str, **options: object) -> api.ReadSession:
    request = api.CreateReadSessionRequest(parent=tenant.name, purpose=purpose, **options)  # type: ignore[arg-type]  # fields by name
    return client.read.open_session(request)


def names_in(client: Client, session: api.ReadSession, resume_token: str = "") -> list[str]:
    return [
        Customer.FromString(raw).name
        for stream in session.streams
        for answer in client.read.rows(stream, resume_token=resume_token)
        for raw in answer.records
    ]


def test_every_row_is_in_exactly_one_stream(acme: Tenant) -> None:
    names = add_people(acme, 2500)
    session = open_session(acme.analyst, acme, f"{acme.name}/purposes/analysis", max_streams=3)
    assert len(session.streams) == 3
    assert sorted(names_in(acme.analyst, session)) == sorted(names)


def test_stream_goes_on_behind_any_resume_token(acme: Tenant) -> None:
    add_people(acme, 2500)
    session = open_session(acme.analyst, acme, f"{acme.name}/purposes/analysis")
    answers = list(acme.analyst.read.rows(session.streams[0]))
    assert len(answers) >= 3
    whole = [raw for answer in answers for raw in answer.records]
    seen = 0
    for answer in answers:
        seen += len(answer.records)
        rest = acme.analyst.read.rows(session.streams[0], resume_token=answer.resume_token)
        assert [raw for one in rest for raw in one.records] == whole[seen:]


def test_resume_token_of_another_stream_is_refused(acme: Tenant) -> None:
    add_people(acme, 10)
    first, second = (open_session(acme.analyst, acme, f"{acme.name}/purposes/analysis") for _ in range(2))
    token = next(iter(acme.analyst.read.rows(first.streams[0]))).resume_token
    with pytest.raises(InvalidArgumentError):
        list(acme.analyst.read.rows(second.streams[0], resume_token=token))


def test_rows_created_after_the_session_was_opened_are_not_in_it(acme: Tenant) -> None:
    names = add_people(acme, 3)
    session = open_session(acme.analyst, acme, f"{acme.name}/purposes/analysis")
    acme.admin.customers.create(Customer(given_name="Late"))
    assert names_in(acme.analyst, session) == names


def test_large_records_are_read_in_messages_that_fit(acme: Tenant) -> None:
    for n in range(12):
        acme.admin.customers.create(Customer(given_name=str(n), unparsed={f"c{part}": "x" * 10_000 for part in range(60)}))
    session = open_session(acme.analyst, acme, f"{acme.name}/purposes/analysis")
    answers = list(acme.analyst.read.rows(session.streams[0]))
    assert sum(len(answer.records) for answer in answers) == 12
    rest = acme.analyst.read.rows(session.streams[0], resume_token=answers[0].resume_token)
    assert sum(len(answer.records) for answer in rest) == 12 - len(answers[0].records)


def test_field_outside_the_purpose_is_refused_or_withheld_and_never_returned(acme: Tenant) -> None:
    add_people(acme, 2)
    purpose = add_purpose(acme, "jobs", CATEGORY_DEMOGRAPHIC)
    grant(acme, purpose)
    with pytest.raises(PermissionDeniedError) as refused:
        open_session(acme.analyst, acme, purpose, fields=["job_title", "emails"])
    assert refused.value.reason == "FIELD_WITHHELD"
    session = open_session(acme.analyst, acme, purpose, fields=["job_title", "emails"], allow_withheld=True)
    assert list(session.withheld_fields) == ["emails"]
    for reader in (acme.analyst.read(purpose), acme.analyst.read(purpose, fields=["job_title", "emails"], allow_withheld=True)):
        for row in reader:
            assert row.customer.job_title == "Baker"
            assert not row.customer.emails
            assert not row.customer.given_name


def test_purpose_needs_a_grant_that_lives(acme: Tenant) -> None:
    add_people(acme, 2)
    purpose = add_purpose(acme, "mail", CATEGORY_CONTACT)
    with pytest.raises(PermissionDeniedError) as refused:
        acme.analyst.read(purpose)
    assert refused.value.reason == "NOT_GRANTED"
    made = grant(acme, purpose, expires_s=100)
    assert sum(1 for _ in acme.analyst.read(purpose)) == 2
    with acme.vault.clock.ahead(101), pytest.raises(PermissionDeniedError) as refused:
        acme.analyst.read(purpose)
    assert refused.value.reason == "GRANT_EXPIRED"
    acme.admin.access.revoke_grant(made.name)
    with pytest.raises(PermissionDeniedError):
        acme.analyst.read(purpose)


def test_session_ends_with_its_grant(acme: Tenant) -> None:
    add_people(acme, 2)
    purpose = add_purpose(acme, "mail", CATEGORY_CONTACT)
    grant(acme, purpose, expires_s=100)
    session = open_session(acme.analyst, acme, purpose)
    with acme.vault.clock.ahead(101), pytest.raises(FailedPreconditionError) as refused:
        names_in(acme.analyst, session)
    assert refused.value.reason == "SESSION_EXPIRED"


def test_session_ends_when_its_grant_is_revoked(acme: Tenant) -> None:
    add_people(acme, 2)
    purpose = add_purpose(acme, "mail", CATEGORY_CONTACT)
    made = grant(acme, purpose)
    session = open_session(acme.analyst, acme, purpose)
    assert len(names_in(acme.analyst, session)) == 2
    acme.admin.access.revoke_grant(made.name)
    with pytest.raises(PermissionDeniedError):
        names_in(acme.analyst, session)


def test_row_budget_is_the_smaller_of_purpose_and_grant(acme: Tenant) -> None:
    add_people(acme, 5)
    purpose = add_purpose(acme, "mail", CATEGORY_CONTACT, budget=100)
    grant(acme, purpose, budget=4)
    with pytest.raises(ResourceExhaustedError) as refused:
        acme.analyst.read(purpose)
    assert refused.value.reason == "ROW_BUDGET"
    grant(acme, purpose, budget=5)
    assert sum(1 for _ in acme.analyst.read(purpose)) == 5


def test_unknown_purpose_kind_and_field_are_refused(acme: Tenant) -> None:
    purpose = add_purpose(acme, "mail", CATEGORY_CONTACT)
    grant(acme, purpose)
    with pytest.raises(NotFoundError):
        acme.analyst.read("nothing")
    with pytest.raises(PermissionDeniedError) as refused:
        acme.analyst.read(purpose, kind=RECORD_KIND_NEED)
    assert refused.value.reason == "KIND_NOT_ALLOWED"
    with pytest.raises(InvalidArgumentError) as unknown:
        acme.analyst.read(purpose, fields=["no_such_field"])
    assert unknown.value.reason == "UNKNOWN_FIELD"
    with pytest.raises(InvalidArgumentError):
        open_session(acme.analyst, acme, purpose, max_streams=-1)


def test_only_who_consented_is_read_under_consent(acme: Tenant) -> None:
    names = add_people(acme, 4)
    purpose = add_purpose(acme, "news", CATEGORY_CONTACT, basis=LEGAL_BASIS_CONSENT)
    grant(acme, purpose)
    assert list(acme.analyst.read(purpose)) == []
    acme.admin.privacy.set_consent(names[0], purpose, given=True)
    acme.admin.privacy.set_consent(names[1], purpose, given=True)
    session = open_session(acme.analyst, acme, purpose)
    acme.admin.privacy.set_consent(names[1], purpose, given=False)
    assert names_in(acme.analyst, session) == [names[0]]
    assert [one.given for one in acme.admin.privacy.consents(names[1])] == [False]


def test_session_belongs_to_who_opened_it(acme: Tenant, other: Tenant) -> None:
    add_people(acme, 2)
    session = open_session(acme.analyst, acme, f"{acme.name}/purposes/analysis")
    with pytest.raises(NotFoundError):
        names_in(acme.service, session)
    with pytest.raises(PermissionDeniedError):
        names_in(other.analyst, session)
    with pytest.raises(PermissionDeniedError):
        open_session(other.analyst, acme, f"{acme.name}/purposes/analysis")
    with pytest.raises(PermissionDeniedError):
        open_session(other.analyst, other, f"{acme.name}/purposes/analysis")


def test_purpose_id_means_one_purpose(acme: Tenant) -> None:
    add_purpose(acme, "mail", CATEGORY_CONTACT)
    add_purpose(acme, "mail", CATEGORY_CONTACT)
    with pytest.raises(Exception, match="another purpose"):
        add_purpose(acme, "mail", CATEGORY_IDENTITY)


def test_grants_whose_names_meet_do_not_replace_each_other(acme: Tenant) -> None:
    purposes = [add_purpose(acme, one, CATEGORY_CONTACT) for one in ("c", "b.c")]
    for principal, purpose in (("a.b", purposes[0]), ("a", purposes[1])):
        acme.admin.access.put_principal(Principal(name=f"{acme.name}/principals/{principal}"))
        made = Grant(principal=f"{acme.name}/principals/{principal}", purpose=purpose)
        if principal == "a":
            with pytest.raises(Exception, match="another principal"):
                acme.admin.access.create_grant(made)
        else:
            acme.admin.access.create_grant(made)
    assert [one.principal for one in acme.admin.access.grants() if one.purpose == purposes[0]] == [
        f"{acme.name}/principals/a.b"
    ]


def test_erased_customer_is_gone_everywhere_and_for_ever(acme: Tenant) -> None:
    names = add_people(acme, 3)
    sale = Transaction(kind=TRANSACTION_KIND_PURCHASE, currency="EUR")
    sale.time.seconds = 1_700_000_000
    made = acme.admin.transactions.create(names[1], sale)
    session = open_session(acme.analyst, acme, f"{acme.name}/purposes/analysis")
    assert acme.admin.customers.erase(names[1], validate_only=True).records == 0
    assert acme.admin.customers.get(names[1]).given_name == "Ada1"
    assert acme.admin.customers.erase(names[1]).records == 1
    assert acme.admin.customers.erase(names[1]).records == 0
    for refusal in (
        lambda: acme.admin.customers.get(names[1]),
        lambda: acme.admin.customers.update(Customer(name=names[1], given_name="Back")),
        lambda: acme.admin.customers.undelete(names[1]),
        lambda: acme.admin.transactions.get(made.name),
        lambda: acme.admin.transactions.create(names[1], sale),
    ):
        with pytest.raises(FailedPreconditionError) as refused:
            refusal()
        assert refused.value.reason == "ERASED"
    assert list(acme.admin.customers.batch_get([names[1]]).missing) == [names[1]]
    assert [one.name for one in acme.admin.customers.list(show_deleted=True)] == [names[0], names[2]]
    assert not acme.admin.customers.search(email="a1@example.com")
    assert list(acme.admin.transactions.list()) == []
    assert names_in(acme.analyst, session) == [names[0], names[2]]
    with pytest.raises(NotFoundError):
        acme.admin.customers.erase(f"{acme.name}/customers/00000000-0000-7000-8000-000000000000")


def test_transactions_are_read_under_a_purpose_for_them(acme: Tenant) -> None:
    names = add_people(acme, 1)
    sale = Transaction(kind=TRANSACTION_KIND_PURCHASE, currency="EUR", total_minor=5)
    sale.time.seconds = 1_700_000_000
    acme.admin.transactions.create(names[0], sale)
    rows = list(acme.analyst.read("analysis", kind=RECORD_KIND_TRANSACTION, fields=["total_minor"]))
    assert [row.record.total_minor for row in rows] == [5]  # type: ignore[union-attr]  # a read of transactions
