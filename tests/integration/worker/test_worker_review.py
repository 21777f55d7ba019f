"""A worker and a real vault: pairs reach the queue with the commit, decisions reach the next run's step."""

from __future__ import annotations

from dataclasses import dataclass

from analysis_worker.vault_io.serving import Outcome
from helpers.running_vault import Tenant, VaultUnderTest, sqlite_vault, vault_template
from helpers.worker_making import Worker
from helpers.worker_steps import CheapMatch
from strongroom import Client, Customer

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
