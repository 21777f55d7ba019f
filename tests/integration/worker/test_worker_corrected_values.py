"""A worker and a real vault: what was accepted is what every later step works on; the source's values stay as written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from analysis_worker.pipeline.adapters.registry import known_steps
from analysis_worker.vault_io.serving import Outcome
from helpers.running_vault import Tenant, VaultUnderTest, sqlite_vault, vault_template
from helpers.scripted_correct import Said, ScriptedCorrect
from helpers.worker_making import Worker
from helpers.worker_steps import RecordingStep
from strongroom import Client, Customer, Transaction
from strongroom.api.v1.access_service_pb2 import Grant
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER
from strongroom.api.v1.customer_pb2 import PROPOSAL_STATE_REJECTED
from strongroom.api.v1.privacy_service_pb2 import LEGAL_BASIS_CONTRACT, Purpose
from strongroom.api.v1.rules_pb2 import CATEGORY_CONTACT, CATEGORY_DEMOGRAPHIC, CATEGORY_IDENTITY

__all__ = ["sqlite_vault", "vault_template"]

SURE, DOUBTFUL = 0.99, 0.6


@dataclass(frozen=True)
class _Connected:
    tenant: Tenant

    def client(self) -> Client:
        return self.tenant.worker


@pytest.fixture
def shop(sqlite_vault: VaultUnderTest) -> Tenant:
    return sqlite_vault.tenant()


def _run(tenant: Tenant, *steps: str, said: list[Said] | None = None) -> dict[str, Any]:
    """Start a run and do it; what each step was handed, by name."""
    watched = {name: RecordingStep(known_steps()[name]) for name in steps if name != "correct"}
    script = ScriptedCorrect(said=said or [])
    tenant.analyst.analysis.start(list(steps))
    worker = Worker(_Connected(tenant), {**known_steps(), **watched, "correct": script})  # type: ignore[arg-type]  # anything that gives a client
    assert worker.loop.turn() is Outcome.COMMITTED, worker.stream.getvalue()
    return {name: step.handed[0] for name, step in watched.items()} | {"correct": script.handed[0] if script.handed else None}


def _column(handed: Any, name: str) -> list[Any]:
    return list(handed.customers.column(name).to_pylist())


AGE = Said("stated_age", "34", "36", SURE)
DOUBTED_AGE = AGE._replace(confidence=DOUBTFUL)


def test_what_a_rule_accepted_is_seen_by_later_steps_of_the_run_and_of_later_runs(shop: Tenant) -> None:
    name = shop.admin.customers.create(Customer(family_name="Holt", stated_age=34, emails=["mira@gmial.com"])).name
    mail = Said("emails", "mira@gmial.com", "mira@gmail.com", SURE, path="emails[0]")
    handed = _run(shop, "correct", "match", "segment", said=[AGE, mail])
    assert _column(handed["segment"], "stated_age") == [36]
    assert _column(handed["match"], "emails") == [["mira@gmail.com"]]
    assert _column(handed["correct"], "stated_age") == [34]
    later = _run(shop, "match", "enrich", "segment")
    assert _column(later["segment"], "stated_age") == [36]
    assert _column(later["match"], "emails") == [["mira@gmail.com"]]
    assert _column(later["enrich"], "emails") == [["mira@gmail.com"]]
    stored = shop.admin.customers.get(name)
    assert (stored.stated_age, list(stored.emails)) == (34, ["mira@gmial.com"])


def test_what_a_person_accepted_is_seen_by_later_runs_with_and_without_the_step(shop: Tenant) -> None:
    shop.admin.customers.create(Customer(family_name="Holt", stated_age=34))
    first = _run(shop, "correct", "segment", said=[DOUBTED_AGE])
    assert _column(first["segment"], "stated_age") == [34]
    assert _column(_run(shop, "segment")["segment"], "stated_age") == [34]
    (waiting,) = shop.analyst.review.list()
    shop.analyst.review.accept(waiting.name)
    assert _column(_run(shop, "segment")["segment"], "stated_age") == [36]
    assert _column(_run(shop, "correct", "segment", said=[DOUBTED_AGE])["segment"], "stated_age") == [36]
    assert not list(shop.analyst.review.list())
    shop.analyst.review.reopen(waiting.name)
    assert _column(_run(shop, "segment")["segment"], "stated_age") == [34]


def test_what_a_person_rejected_is_neither_applied_nor_asked_again_however_sure_a_later_run_is(shop: Tenant) -> None:
    name = shop.admin.customers.create(Customer(family_name="Holt", stated_age=34)).name
    _run(shop, "correct", said=[DOUBTED_AGE])
    (waiting,) = shop.analyst.review.list()
    shop.analyst.review.reject(waiting.name)
    assert _column(_run(shop, "correct", "segment", said=[AGE])["segment"], "stated_age") == [34]
    assert _column(_run(shop, "segment")["segment"], "stated_age") == [34]
    assert not list(shop.analyst.review.list())
    (kept,) = shop.analyst.customers.get_full(name).derived.corrections
    assert kept.state == PROPOSAL_STATE_REJECTED


def test_correction_of_a_value_that_the_source_has_changed_since_is_not_applied(shop: Tenant) -> None:
    customer = shop.admin.customers.create(Customer(family_name="Holt", stated_age=34))
    _run(shop, "correct", said=[AGE])
    customer.stated_age = 50
    shop.admin.customers.update(customer, fields=["stated_age"])
    assert _column(_run(shop, "segment")["segment"], "stated_age") == [50]


def test_text_that_did_not_parse_is_seen_corrected_as_long_as_the_source_says_it(shop: Tenant) -> None:
    customer = shop.admin.customers.create(Customer(family_name="Holt", unparsed={"gender": "Herr"}))
    _run(shop, "correct", said=[Said("gender", "Herr", "male", SURE)])
    assert _column(_run(shop, "segment")["segment"], "gender") == ["male"]
    customer.unparsed["gender"] = "unbekannt"
    shop.admin.customers.update(customer, fields=["unparsed"])
    assert _column(_run(shop, "segment")["segment"], "gender") == [None]


def test_total_that_a_person_accepted_is_counted_by_later_steps_and_runs(shop: Tenant) -> None:
    buyer = shop.admin.customers.create(Customer(family_name="Holt"))
    bought = Transaction(total_minor=120_000, currency="EUR")
    bought.time.FromJsonString("2026-05-01T10:00:00Z")
    shop.admin.transactions.create(buyer.name, bought)
    wrong = [Said("total_minor", "120000", "1200", DOUBTFUL)]
    _run(shop, "correct", said=wrong)
    (waiting,) = shop.analyst.review.list()
    found, masked = (shop.analyst.review.get(waiting.name, purpose=purpose) for purpose in ("analysis", ""))
    assert (found.before, found.after) == ("120000", "1200")
    assert not {masked.before, masked.after} & {"120000", "1200"}
    shop.analyst.review.accept(waiting.name)
    for steps, said in ((("value",), None), (("correct", "value"), wrong)):
        handed = _run(shop, *steps, said=said)["value"]
        assert handed.transactions.column("total_minor").to_pylist() == [1200]
    assert next(iter(shop.admin.transactions.list(customer=buyer.name))).total_minor == 120_000


def test_run_is_told_no_corrections_of_fields_that_it_does_not_read(shop: Tenant) -> None:
    shop.admin.customers.create(Customer(family_name="Quonkle", stated_age=34, emails=["quonkle@gmial.com"]))
    mail = Said("emails", "quonkle@gmial.com", "quonkle@gmail.com", SURE, path="emails[0]")
    _run(shop, "correct", said=[AGE, mail, AGE._replace(after="37", confidence=DOUBTFUL)])
    run = shop.analyst.analysis.start(["segment"])
    token = shop.worker.worker.claim(["segment"], lease_s=60).lease_token
    reader = shop.worker.read("analysis", fields=["stated_age", "corrections"], run=run.name, lease_token=token)
    (row,) = reader
    assert row.derived is not None
    assert [(one.field, one.after) for one in row.derived.corrections] == [("stated_age", "36")]


def test_purpose_without_derived_data_sees_what_the_source_says(shop: Tenant) -> None:
    shop.admin.customers.create(Customer(family_name="Holt", stated_age=34))
    _run(shop, "correct", said=[AGE])
    plain = Purpose(
        description="no derived data",
        legal_basis=LEGAL_BASIS_CONTRACT,
        categories=[CATEGORY_DEMOGRAPHIC, CATEGORY_IDENTITY, CATEGORY_CONTACT],
        kinds=[RECORD_KIND_CUSTOMER],
    )
    shop.admin.privacy.create_purpose("plain", plain)
    grant = Grant(principal=f"{shop.name}/principals/analyst", purpose=f"{shop.name}/purposes/plain")
    shop.admin.access.create_grant(grant)
    step = RecordingStep(known_steps()["segment"])
    shop.analyst.analysis.start(["segment"], purpose="plain")
    assert Worker(_Connected(shop), {"segment": step}).loop.turn() is Outcome.COMMITTED  # type: ignore[arg-type]  # as above
    assert _column(step.handed[0], "stated_age") == [34]
