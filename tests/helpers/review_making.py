"""Runs that propose pairs and corrections, made the way a worker makes them."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.struct_pb2 import Struct

from helpers.running_vault import Tenant
from strongroom import Customer
from strongroom.api.v1 import analysis_worker_service_pb2 as worker_api
from strongroom.api.v1.analysis_service_pb2 import Run
from strongroom.api.v1.customer_pb2 import PROPOSAL_STATE_PENDING, Correction, DerivedData
from strongroom.api.v1.review_service_pb2 import FieldWeight, Proposal

NAMES = (("Ilse", "Brandt"), ("Ilse", "Brand"), ("Otto", "Wessel"), ("Otto", "Vessel"))


class MatchRun:
    """A claimed run of `match` and `correct`, and how its worker sees the customers."""

    def __init__(self, tenant: Tenant, *, incremental: bool = False) -> None:
        tenant.analyst.analysis.start(["correct", "match"], options={"match": {"incremental": incremental}})
        self.worker = tenant.worker.worker
        answer = self.worker.claim(["correct", "match"], lease_s=60)
        self.run: Run = answer.run
        self.token = answer.lease_token
        rows = tenant.worker.read("analysis", fields=["family_name"], run=self.run.name, lease_token=self.token)
        self.ids = {row.customer.family_name: bytes.fromhex(row.customer.name.removeprefix("rows/")) for row in rows}

    def pair(self, one: str, two: str, score: float = 0.6) -> worker_api.PairProposal:
        weights = [FieldWeight(field="given_name", weight=2.0), FieldWeight(field="family_name", weight=-3.5)]
        return worker_api.PairProposal(row_id=self.ids[one], other_row_id=self.ids[two], score=score, weights=weights)

    def propose(self, *pairs: worker_api.PairProposal, offset: int = 0) -> int:
        return self.worker.write_proposals(self.run.name, self.token, step="match", offset=offset, proposals=pairs)

    def correct(self, whose: str, *corrections: Correction) -> int:
        result = worker_api.RowResult(row_id=self.ids[whose], derived=DerivedData(corrections=corrections))
        return self.worker.write_results(self.run.name, self.token, step="correct", offset=0, results=[result])

    def decisions(self) -> set[tuple[str, str, bool]]:
        known = {row_id: name for name, row_id in self.ids.items()}
        found = self.worker.decisions(self.run.name, self.token)
        return {(*sorted((known[one.row_id], known[one.other_row_id])), one.same) for one in found}  # type: ignore[misc]  # two names

    def commit(self, *, pairs: int = 0, corrections: int = 0) -> Run:
        return self.worker.commit(
            self.run.name,
            self.token,
            summary=Struct(),
            expected_offsets={"correct": corrections, "match": 0},
            expected_proposals={"match": pairs},
        )


def made_people(tenant: Tenant) -> dict[str, str]:
    """Two pairs of customers who may be one person each: resource names by family name."""
    return {
        family: tenant.admin.customers.create(
            Customer(given_name=given, family_name=family, emails=[f"{family}@mail.example"], birth_date="1980-02-03")
        ).name
        for given, family in NAMES
    }


def proposed(acme: Tenant, *pairs: tuple[str, str, float]) -> list[Proposal]:
    """What waits after a run has proposed these pairs."""
    run = MatchRun(acme)
    run.propose(*(run.pair(*pair) for pair in pairs))
    run.commit(pairs=len(pairs))
    return list(acme.analyst.review.list())


def correction(**changes: object) -> Correction:
    given = {"field": "family_name", "rule": "name_case", "before": "Brandt", "after": "Brandl", "confidence": 0.8}
    return Correction(**{"state": PROPOSAL_STATE_PENDING, **given, **changes})  # type: ignore[arg-type]  # fields of a test


def corrections_of(acme: Tenant, customer: str) -> Sequence[Correction]:
    return acme.analyst.customers.get_full(customer).derived.corrections
