"""Corrections and the queue: what a run proposes is settled by standing decisions, and what people decide reaches the results.

A correction that the worker left pending becomes a draft. The same field, rule and value proposed by a later run is one
question: the standing decision is written into the result before it is sealed, whatever the worker said of it. A decision is
written over the results of every run that proposed the correction, so that it is seen wherever the correction is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from strongroom.api.v1.analysis_worker_service_pb2 import RowResult
from strongroom.api.v1.customer_pb2 import (
    PROPOSAL_STATE_ACCEPTED,
    PROPOSAL_STATE_PENDING,
    PROPOSAL_STATE_REJECTED,
    Correction,
    DerivedData,
    ProposalState,
)
from strongroom.api.v1.review_service_pb2 import PROPOSAL_KIND_CORRECTION, ProposalEvidence
from vault_server.errors import UnavailableError
from vault_server.ports.keys import BatchCipher
from vault_server.ports.proposals import DraftRow
from vault_server.ports.records import DerivedRow
from vault_server.ports.store import WriteView
from vault_server.usecases.review.sealed_proposals import MILLION, after_digest, correction_ids, doubt_ppm, seal
from vault_server.usecases.sealed_rows import SCHEMA_REVISION, derived_reference
from vault_server.usecases.vault import Vault

CORRECTION_STEP = "correct"
_STANDING = frozenset({PROPOSAL_STATE_ACCEPTED, PROPOSAL_STATE_REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledCorrections:
    """Corrections of one call, with standing decisions in them.

    Attributes:
        asked: customer, proposal id and correction of those that wait for a person.
        states: state by proposal id as it was looked up, for every correction.
    """

    ids: Sequence[bytes] = ()
    asked: Sequence[tuple[bytes, bytes, Correction]] = ()
    states: dict[bytes, int] = field(default_factory=dict)

    def drafts(self, vault: Vault, cipher: BatchCipher, run: str) -> list[DraftRow]:
        """Sealed drafts; those of customers without a key are left out."""
        index = vault.keyring.blind_index(cipher.tenant)
        return [
            _draft(cipher, run, customer_id, proposal_id, correction, after_digest(index, correction))
            for customer_id, proposal_id, correction in self.asked
            if cipher.has_dek(customer_id)
        ]

    def store(self, view: WriteView, tenant: str, run_id: bytes, drafts: Sequence[DraftRow]) -> None:
        """Append the drafts beside the results.

        Raises:
            UnavailableError: somebody decided about one of the corrections meanwhile; send the results again.
        """
        if self.ids and view.proposals.states(tenant, self.ids) != self.states:
            raise UnavailableError("a correction was decided meanwhile", reason="DECIDED_MEANWHILE", hint="send it again")
        if drafts:
            view.proposals.append_drafts(tenant, run_id, CORRECTION_STEP, offset=None, count=0, rows=drafts)


def settle(
    vault: Vault, tenant: str, step: str, customers: Sequence[bytes], results: Sequence[RowResult]
) -> SettledCorrections:
    """Write standing decisions into the corrections, in place, and say which ones are to be asked."""
    if step != CORRECTION_STEP:
        return SettledCorrections()
    found = [
        (customer_id, correction)
        for customer_id, result in zip(customers, results, strict=True)
        for correction in result.derived.corrections
    ]
    ids = correction_ids(vault.keyring.blind_index(tenant), found)
    with vault.store.read() as view:
        states = view.proposals.states(tenant, ids)
    asked = []
    for proposal_id, (customer_id, correction) in zip(ids, found, strict=True):
        if states.get(proposal_id) in _STANDING:
            correction.state = ProposalState.ValueType(states[proposal_id])
        elif correction.state == PROPOSAL_STATE_PENDING:
            asked.append((customer_id, proposal_id, correction))
    return SettledCorrections(ids=ids, asked=asked, states=states)


def _draft(
    cipher: BatchCipher, run: str, customer_id: bytes, proposal_id: bytes, correction: Correction, digest: bytes
) -> DraftRow:
    evidence = ProposalEvidence(run=run, field=correction.field, rule=correction.rule, after_digest=digest)
    score = min(max(correction.confidence, 0.0), 1.0)
    return DraftRow(
        proposal_id=proposal_id,
        kind=PROPOSAL_KIND_CORRECTION,
        customer_id=customer_id,
        other_id=b"",
        score_ppm=round(score * MILLION),
        doubt_ppm=doubt_ppm(score),
        schema_revision=SCHEMA_REVISION,
        evidence=seal(
            cipher, proposal_id, (customer_id, b""), 0, SCHEMA_REVISION, evidence.SerializeToString(deterministic=True)
        ),
    )


def find_correction(vault: Vault, tenant: str, derived: DerivedData, evidence: ProposalEvidence) -> Correction | None:
    """The correction that the evidence is about."""
    index = vault.keyring.blind_index(tenant)
    for correction in derived.corrections:
        asked = (correction.field, correction.rule) == (evidence.field, evidence.rule)
        if asked and after_digest(index, correction) == evidence.after_digest:
            return correction
    return None


def with_state(
    vault: Vault,
    cipher: BatchCipher,
    rows: Sequence[DerivedRow],
    evidence: ProposalEvidence,
    state: ProposalState.ValueType,
) -> list[tuple[DerivedRow, bytes]]:
    """Results in which the correction gets another state, each with its new envelope."""
    changes = []
    for row in rows:
        reference = derived_reference(cipher.tenant, row)
        derived = DerivedData.FromString(cipher.open(reference, row.sealed))
        correction = find_correction(vault, cipher.tenant, derived, evidence)
        if correction is not None and correction.state != state:
            correction.state = state
            changes.append((row, cipher.seal(reference, derived.SerializeToString(deterministic=True))))
    return changes
