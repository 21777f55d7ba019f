"""A worker and a real vault: pairs reach the queue with the commit, decisions reach the next run's step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from analysis_worker.vault_io.serving import Outcome
from helpers.running_vault import Tenant, VaultUnderTest, sqlite_vault, vault_template
from helpers.worker_making import Worker
from helpers.worker_people import small_crm
from helpers.worker_steps import CheapMatch
from strongroom import Client, Customer, PostalAddress

__all__ = ["sqlite_vault", "vault_template"]


@dataclass(frozen=True)
class _Connected:
    """What the worker connects to."""

    tenant: Tenant

    def client(self) -> Client:
        return self.tenant.worker


def _run(tenant: Tenant) -> CheapMatch:
    step = CheapMatch()
    tenant.analyst.analysis.start(["match"])
    worker = Worker(_Connected(tenant), {"match": step})  # type: ignore[arg-type]  # anything that gives a client
    assert worker.loop.turn() is Outcome.COMMITTED, worker.stream.getvalue()
    return step


def test_pairs_of_a_worker_wait_and_what_was_decided_is_told_to_its_next_run(sqlite_vault: VaultUnderTest) -> None:
    tenant = sqlite_vault.tenant()
    names = sorted(tenant.admin.customers.create(Customer(family_name=f"Dunwoody{n}")).name for n in range(6))
    assert _run(tenant).told == [None]
    waiting = list(tenant.analyst.review.list())
    assert {(one.customer, one.other_customer) for one in waiting} == {
        (names[0], names[1]), (names[2], names[3]), (names[4], names[5])
    }  # fmt: skip
    by_customer = {one.customer: one for one in waiting}
    tenant.analyst.review.accept(by_customer[names[0]].name)
    tenant.analyst.review.split(names[5], names[2])
    (told,) = _run(tenant).told
    assert told is not None
    assert told.to_pylist() == [
        {"row_id": 0, "other_row_id": 1, "same": True},
        {"row_id": 2, "other_row_id": 5, "same": False},
    ]
    assert {one.customer for one in tenant.analyst.review.list()} == {names[2], names[4]}


def test_second_report_says_what_changed_since_the_first(sqlite_vault: VaultUnderTest) -> None:
    tenant = sqlite_vault.tenant()
    for number in range(20):
        tenant.admin.customers.create(Customer(family_name=f"Dunwoody{number}"))
    _run(tenant)
    assert "No earlier run" in _newest_report(tenant)
    for number in range(20):
        tenant.admin.customers.create(Customer(family_name=f"Farnaby{number}"))
    _run(tenant)
    page = _newest_report(tenant)
    assert "No earlier run" not in page
    assert "up 100%" in page


def _newest_report(tenant: Tenant) -> str:
    newest = next(iter(tenant.analyst.analysis.list()))
    return tenant.analyst.analysis.report(newest.name, format="html").decode()


def _doubtful_crm() -> list[Customer]:
    """A small CRM, and eight records that repeat somebody without contacts and with half of what they said."""
    columns = small_crm().customers
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    for number in range(8):
        twin = {**rows[number * 7], "emails": [], "phones": [], "addresses": []}
        rows.append(twin | ({"birth_date": None} if number % 2 else {"given_name": twin["given_name"][:1]}))
    return [_customer(row) for row in rows]


def _customer(row: dict[str, Any]) -> Customer:
    made = Customer(emails=row["emails"], phones=row["phones"])
    for name in ("given_name", "family_name", "birth_date", "stated_age"):
        if row[name] is not None:
            setattr(made, name, row[name])
    for address in row["addresses"]:
        made.addresses.append(PostalAddress(**{part: text for part, text in address.items() if text}))
    return made


def _matched(tenant: Tenant) -> dict[str, str]:
    """Entity by customer after a run of the real step."""
    run = tenant.analyst.analysis.start(["match"])
    worker = Worker(_Connected(tenant))  # type: ignore[arg-type]  # anything that gives a client
    assert worker.loop.turn() is Outcome.COMMITTED, worker.stream.getvalue()
    found = tenant.analyst.analysis.results(run.name)
    return {one.customer: one.derived.entity.entity for one in found if one.derived.entity.entity}


def test_decisions_about_doubtful_pairs_bind_the_next_match(sqlite_vault: VaultUnderTest) -> None:
    tenant = sqlite_vault.tenant()
    for customer in _doubtful_crm():
        tenant.admin.customers.create(customer)
    _matched(tenant)
    review = tenant.analyst.review
    waiting = list(review.list(kind="match"))
    assert len(waiting) >= 2
    assert all(0 < one.score < 1 and one.weights for one in waiting)
    same, never = waiting[0], waiting[-1]
    review.accept(same.name)
    review.reject(never.name)
    entities = _matched(tenant)
    assert entities[same.customer] == entities[same.other_customer]
    assert entities[never.customer] != entities[never.other_customer]
    assert {same.name, never.name}.isdisjoint(one.name for one in review.list())
