"""Review as workers see it: pairs that they propose, decisions that they must respect. Row ids are the run's pseudonyms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.api.v1.analysis_service_pb2 import Run
from strongroom.api.v1.analysis_worker_service_pb2 import (
    ListDecisionsRequest,
    ListDecisionsResponse,
    PairDecision,
    PairProposal,
    WriteProposalsRequest,
)
from strongroom.api.v1.review_service_pb2 import PROPOSAL_KIND_MATCH, ProposalEvidence
from vault_server.errors import InvalidArgumentError
from vault_server.ports.keys import WrappedDek
from vault_server.ports.proposals import DraftRow
from vault_server.ports.run_secrets import Pseudonyms
from vault_server.ports.runs import RunRow
from vault_server.ports.store import WriteView
from vault_server.usecases.call import Call
from vault_server.usecases.paging import Pages
from vault_server.usecases.review.sealed_proposals import MILLION, Pair, doubt_ppm, seal
from vault_server.usecases.sealed_rows import SCHEMA_REVISION
from vault_server.usecases.vault import Vault
from vault_server.usecases.worker_runs import WorkerRuns

PAIR_STEP = "match"
MAX_PAIRS, MAX_PAIRS_OF_RUN = 5_000, 20_000
MAX_WEIGHTS, MAX_FIELD_CHARS = 100, 200
DECISIONS_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerProposals:
    """The worker's side of the review queue."""

    worker_runs: WorkerRuns

    @property
    def vault(self) -> Vault:
        return self.worker_runs.vault

    def write(self, call: Call, request: WriteProposalsRequest) -> int:
        """Append pairs to the run's drafts; returns the offset behind them. A pair that is there counts and stays as it is.

        Raises:
            AlreadyExistsError: the offset was written before (a repeat).
            OutOfRangeError: the offset lies beyond what was written.
            InvalidArgumentError: a row id is not of this run, a score is none, there are too many pairs.
        """
        tenant, row = self.worker_runs.leased_run(call, request.name, request.lease_token)
        _require_pair_step(row, request.step)
        if len(request.proposals) > MAX_PAIRS or request.offset + len(request.proposals) > MAX_PAIRS_OF_RUN:
            raise InvalidArgumentError(
                f"at most {MAX_PAIRS} pairs in one call and {MAX_PAIRS_OF_RUN} in a run", reason="TOO_MANY_PROPOSALS"
            )
        for proposal in request.proposals:
            _check(proposal)
        pairs = self._pairs(self._pseudonyms(tenant, row), request.proposals)
        deks = self._deks(tenant, pairs)
        call.audit([request.name], records=len(pairs))
        drafts = self._sealed(tenant, request, pairs, deks)

        def work(view: WriteView, locked: RunRow) -> int:
            view.proposals.append_drafts(
                tenant, locked.run_id, request.step, offset=request.offset, count=len(pairs), rows=drafts
            )
            return request.offset + len(pairs)

        return self.worker_runs.with_lease(call, request.name, request.lease_token, work)

    def decisions(self, call: Call, request: ListDecisionsRequest) -> ListDecisionsResponse:
        """Standing decisions about pairs of customers, in the run's row ids; only for a run that compares customers."""
        tenant, row = self.worker_runs.leased_run(call, request.name, request.lease_token)
        _require_pair_step(row, PAIR_STEP)
        pages = Pages(self.vault, tenant, f"decisions:{request.name}")
        after = pages.start(request.page_token)
        with self.vault.store.read() as view:
            found = view.proposals.decided_pairs(tenant, kind=PROPOSAL_KIND_MATCH, after=after, limit=DECISIONS_PAGE)
        call.audit([request.name], records=len(found))
        pseudonyms = self._pseudonyms(tenant, row)
        ones = pseudonyms.encode_many([pair.customer_id for pair in found])
        others = pseudonyms.encode_many([pair.other_id for pair in found])
        decisions = [
            PairDecision(row_id=one, other_row_id=other, same=pair.same)
            for one, other, pair in zip(ones, others, found, strict=True)
        ]
        token = pages.token(found[-1].proposal_id) if len(found) == DECISIONS_PAGE else ""
        return ListDecisionsResponse(decisions=decisions, next_page_token=token)

    def _pseudonyms(self, tenant: str, row: RunRow) -> Pseudonyms:
        return self.vault.keyring.run_secrets(tenant).pseudonyms(row.run_id, row.pseudonym_key)

    @staticmethod
    def _pairs(pseudonyms: Pseudonyms, proposals: Sequence[PairProposal]) -> list[Pair]:
        ones = pseudonyms.decode_many([proposal.row_id for proposal in proposals])
        others = pseudonyms.decode_many([proposal.other_row_id for proposal in proposals])
        if any(one == other for one, other in zip(ones, others, strict=True)):
            raise InvalidArgumentError("a pair is two customers", reason="INVALID_ROW_ID", metadata={"field": "other_row_id"})
        return list(map(Pair.of, ones, others))

    def _deks(self, tenant: str, pairs: Sequence[Pair]) -> list[WrappedDek]:
        people = list({one for pair in pairs for one in pair})
        with self.vault.store.read() as view:
            deks = view.records.deks(tenant, people) if people else []
            keyless = set(people) - {dek.customer_id for dek in deks}
            unknown = keyless - view.records.erased(tenant, list(keyless)) if keyless else keyless
        if unknown:
            raise InvalidArgumentError("a row id is not of this run", reason="INVALID_ROW_ID", metadata={"field": "row_id"})
        return deks

    def _sealed(
        self, tenant: str, request: WriteProposalsRequest, pairs: Sequence[Pair], deks: Sequence[WrappedDek]
    ) -> list[DraftRow]:
        """Drafts of the pairs of which nobody was erased meanwhile."""
        drafts = []
        with self.vault.keyring.batch(tenant) as cipher:
            cipher.load_deks(deks)
            for pair, proposal in zip(pairs, request.proposals, strict=True):
                if not all(map(cipher.has_dek, pair)):
                    continue
                proposal_id = pair.proposal_id(tenant)
                evidence = ProposalEvidence(run=request.name, weights=proposal.weights)
                sealed = seal(cipher, proposal_id, pair, 0, SCHEMA_REVISION, evidence.SerializeToString(deterministic=True))
                drafts.append(
                    DraftRow(
                        proposal_id=proposal_id,
                        kind=PROPOSAL_KIND_MATCH,
                        customer_id=pair.customer_id,
                        other_id=pair.other_id,
                        score_ppm=round(proposal.score * MILLION),
                        doubt_ppm=doubt_ppm(proposal.score),
                        schema_revision=SCHEMA_REVISION,
                        evidence=sealed,
                    )
                )
        return drafts


def _require_pair_step(row: RunRow, step: str) -> None:
    if step != PAIR_STEP or step not in [one.step for one in Run.FromString(row.payload).steps]:
        raise InvalidArgumentError("the run has no such step", reason="STEP_NOT_OF_RUN", metadata={"field": "step"})


def _check(proposal: PairProposal) -> None:
    if not 0.0 <= proposal.score <= 1.0:  # nor is a number that is none
        raise InvalidArgumentError("a score is 0 to 1", reason="INVALID_SCORE", metadata={"field": "score"})
    sound = all(
        math.isfinite(one.weight) and one.field.isprintable() and 0 < len(one.field) <= MAX_FIELD_CHARS
        for one in proposal.weights
    )
    if not sound or len(proposal.weights) > MAX_WEIGHTS:
        raise InvalidArgumentError(
            f"at most {MAX_WEIGHTS} finite weights, each with a field", reason="INVALID_WEIGHT", metadata={"field": "weights"}
        )
