"""Reading the review queue: lists without values, one proposal with the records it is about."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.customer_pb2 import ProposalState
from strongroom.api.v1.review_service_pb2 import (
    PROPOSAL_KIND_CORRECTION,
    PROPOSAL_KIND_MATCH,
    Calibration,
    GetProposalResponse,
    ListProposalsRequest,
    ListProposalsResponse,
    Proposal,
    ProposalKind,
)
from vault_server.errors import InvalidArgumentError, NotFoundError
from vault_server.ports.proposals import ProposalRow, StoredState
from vault_server.ports.store import ReadView
from vault_server.usecases import names
from vault_server.usecases.call import Call
from vault_server.usecases.paging import Pages
from vault_server.usecases.review.calibration import calibrate, probability_of
from vault_server.usecases.review.corrections import CORRECTION_STEP, find_correction
from vault_server.usecases.review.sealed_proposals import OpenedProposal, as_proposal, open_proposals, people_of
from vault_server.usecases.review.shown_records import Sight, consented, show_records, show_value, sight_of
from vault_server.usecases.sealed_rows import open_derived
from vault_server.usecases.vault import Vault

MAX_PROPOSALS, DEFAULT_PROPOSALS = 500, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQueue:
    """The reader's side of the review queue."""

    vault: Vault

    def list_proposals(self, call: Call, request: ListProposalsRequest) -> ListProposalsResponse:
        """One page of proposals of one state, the most doubtful first."""
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        state, kind = _state(request.state), _kind(request.kind)
        assignee = parse_principal(call, request.assignee)
        pages = Pages(self.vault, tenant, f"proposals:{request.parent}:{state}:{kind}:{assignee}")
        limit = pages.size(request.page_size, default=DEFAULT_PROPOSALS, most=MAX_PROPOSALS)
        start = pages.start(request.page_token)
        with self.vault.store.read() as view:
            rows = view.proposals.page(
                tenant, state, kind=kind, assignee=assignee, after=_place(start) if start else None, limit=limit + 1
            )
            calibration = calibration_of(view, tenant)
        opened = open_proposals(self.vault, tenant, rows[:limit])
        call.audit([request.parent], records=len(opened))
        more = pages.token(_key(rows[limit - 1])) if len(rows) > limit else ""
        proposals = [_calibrated(as_proposal(tenant, one), calibration) for one in opened]
        return ListProposalsResponse(proposals=proposals, next_page_token=more, calibration=calibration)

    def get(self, call: Call, name: str, purpose: str) -> GetProposalResponse:
        """One proposal, with both records masked as the caller's right to the purpose says.

        Raises:
            NotFoundError: there is no such proposal, or no such purpose.
            PermissionDeniedError: the purpose is not the caller's to use.
        """
        tenant, opened = self.opened(call, name)
        sight = sight_of(self.vault, call, purpose)
        people = people_of([opened.row])
        records = show_records(self.vault, tenant, people, sight)
        shown = sorted({field for record in records for field in record.shown_fields})
        call.audit([name, *(names.customer_name(tenant, one) for one in people)], purpose=purpose, fields=shown)
        with self.vault.store.read() as view:
            calibration = calibration_of(view, tenant)
        answer = GetProposalResponse(proposal=_calibrated(as_proposal(tenant, opened), calibration), records=records)
        if opened.row.kind == PROPOSAL_KIND_CORRECTION and len(records) == len(people):
            answer.before, answer.after = self._values(tenant, opened, consented(self.vault, tenant, people[0], sight))
        return answer

    def opened(self, call: Call, name: str) -> tuple[str, OpenedProposal]:
        """Tenant and proposal. Raises NotFoundError."""
        tenant, proposal_id = names.parse_uuid_child(name, "proposals")
        call.require_tenant(tenant)
        with self.vault.store.read() as view:
            row = view.proposals.get(tenant, proposal_id)
        opened = open_proposals(self.vault, tenant, [row]) if row is not None else []
        if not opened:
            raise NotFoundError("there is no such proposal", hint="`strongroom review list` shows them")
        return tenant, opened[0]

    def _values(self, tenant: str, opened: OpenedProposal, sight: Sight) -> tuple[str, str]:
        """What the source says and what it should say, from the run's results."""
        row = opened.row
        with self.vault.store.read() as view:
            rows = [one for one in view.runs.results_of(tenant, row.customer_id, CORRECTION_STEP) if one.run_id == row.run_id]
            deks = view.records.deks(tenant, [row.customer_id])
        derived = open_derived(self.vault.keyring, tenant, rows, deks).get(row.customer_id)
        correction = find_correction(self.vault, tenant, derived, opened.evidence) if derived is not None else None
        if correction is None:
            return "", ""
        before, after = (
            show_value(self.vault, correction.field, text, sight) for text in (correction.before, correction.after)
        )
        return before, after


def calibration_of(view: ReadView, tenant: str) -> Calibration | None:
    """Of the tenant's decided matches, if there are enough."""
    return calibrate(view.proposals.decided_scores(tenant, kind=PROPOSAL_KIND_MATCH))


def parse_principal(call: Call, name: str) -> str:
    """The id of a principal of the caller's tenant; "" for no name."""
    if not name:
        return ""
    tenant, principal = names.parse_child(name, "principals")
    call.require_tenant(tenant)
    return principal


def _calibrated(proposal: Proposal, calibration: Calibration | None) -> Proposal:
    if calibration is not None and proposal.kind == PROPOSAL_KIND_MATCH and proposal.run:
        proposal.accept_probability = probability_of(calibration, proposal.score)
    return proposal


def _state(state: int) -> StoredState:
    if state not in ProposalState.values():
        raise InvalidArgumentError("no such state", reason="INVALID_STATE", metadata={"field": "state"})
    return StoredState(state or StoredState.PENDING)


def _kind(kind: int) -> int:
    if kind not in ProposalKind.values():
        raise InvalidArgumentError("no such kind of proposal", reason="INVALID_KIND", metadata={"field": "kind"})
    return kind


def _key(row: ProposalRow) -> bytes:
    return row.doubt_ppm.to_bytes(8) + row.proposal_id


def _place(key: bytes) -> tuple[int, bytes]:
    return int.from_bytes(key[:8]), key[8:]
