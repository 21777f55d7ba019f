"""Between proposals and rows: the ids of questions, and what is sealed under which keys.

An id is made of what is asked, so that the same question of a later run is the same proposal. That of a pair is a hash of two
random ids; that of a correction is keyed, because it depends on the proposed value. What a run says (evidence) and what people
say (history) is sealed under the first customer's key and, for a pair, again under the other's: either one's erasure makes it
unreadable, in old backups too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from strongroom.api.v1.customer_pb2 import Correction
from strongroom.api.v1.review_service_pb2 import (
    PROPOSAL_KIND_MATCH,
    Proposal,
    ProposalEvidence,
    ReviewHistory,
)
from vault_server.errors import IntegrityError
from vault_server.ports.keys import BatchCipher, RecordRef
from vault_server.ports.proposals import ProposalRow, StoredState
from vault_server.ports.records import RecordKind
from vault_server.ports.sealed_values import BlindIndex
from vault_server.records.sealing import etag
from vault_server.usecases import names
from vault_server.usecases.call import timestamp
from vault_server.usecases.vault import Vault

CORRECTION_FIELD = 9002  # of keyed tokens: neither a record's field nor that of entities
MILLION = 1_000_000
_PAIR = b"strongroom/proposal/pair/1\0"


class Pair(NamedTuple):
    """Two customers, the smaller id first."""

    customer_id: bytes
    other_id: bytes

    @classmethod
    def of(cls, one: bytes, two: bytes) -> Pair:
        return cls(min(one, two), max(one, two))

    def proposal_id(self, tenant: str) -> bytes:
        return hashlib.sha256(_PAIR + tenant.encode() + b"\0" + self.customer_id + self.other_id).digest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedProposal:
    """A row with what its envelopes hold."""

    row: ProposalRow
    evidence: ProposalEvidence
    history: ReviewHistory


def after_digest(index: BlindIndex, correction: Correction) -> bytes:
    return index.token(CORRECTION_FIELD, b"after\0" + correction.after.encode())


def correction_ids(index: BlindIndex, corrections: Sequence[tuple[bytes, Correction]]) -> list[bytes]:
    """Ids of the questions whether each customer's correction is right."""
    return index.tokens(CORRECTION_FIELD, [_asked(customer_id, correction) for customer_id, correction in corrections])


def _asked(customer_id: bytes, correction: Correction) -> bytes:
    texts = (correction.field.encode(), correction.rule.encode(), correction.after.encode())
    return b"id\0" + customer_id + b"".join(len(text).to_bytes(4) + text for text in texts)


def doubt_ppm(score: float) -> int:
    """How much an answer would tell: most where the run itself is torn, nothing where it is sure."""
    return round((1.0 - abs(2.0 * score - 1.0)) * MILLION)


def seal(
    cipher: BatchCipher, proposal_id: bytes, people: tuple[bytes, bytes], version: int, revision: int, plaintext: bytes
) -> bytes:
    """Seal for one customer or two; `version` is 0 for evidence and the number of votes for a history."""
    for customer_id in filter(None, people):
        plaintext = cipher.seal(_reference(cipher, customer_id, proposal_id, version, revision), plaintext)
    return plaintext


def _open(cipher: BatchCipher, row: ProposalRow, version: int, sealed: bytes) -> bytes:
    for customer_id in filter(None, (row.other_id, row.customer_id)):
        sealed = cipher.open(_reference(cipher, customer_id, row.proposal_id, version, row.schema_revision), sealed)
    return sealed


def _reference(cipher: BatchCipher, customer_id: bytes, proposal_id: bytes, version: int, revision: int) -> RecordRef:
    return RecordRef(cipher.tenant, customer_id, RecordKind.PROPOSAL, proposal_id, version, revision)


def people_of(rows: Sequence[ProposalRow]) -> list[bytes]:
    """The customers that the proposals are about, each once."""
    return list(dict.fromkeys(one for row in rows for one in (row.customer_id, row.other_id) if one))


def open_proposals(vault: Vault, tenant: str, rows: Sequence[ProposalRow]) -> list[OpenedProposal]:
    """Open rows, in order; those of customers that were erased a moment ago are left out.

    Raises:
        IntegrityError: a row does not say what was sealed: another run, another state.
    """
    if not rows:
        return []
    with vault.store.read() as view:
        deks = view.records.deks(tenant, people_of(rows))
    with vault.keyring.batch(tenant) as cipher:
        cipher.load_deks(deks)
        return [open_row(cipher, row) for row in rows if all(map(cipher.has_dek, people_of([row])))]


def open_row(cipher: BatchCipher, row: ProposalRow) -> OpenedProposal:
    """A row with what its envelopes hold; the cipher holds the keys of its customers."""
    evidence = ProposalEvidence.FromString(_open(cipher, row, 0, row.evidence))
    history = ReviewHistory.FromString(_open(cipher, row, row.votes, row.history)) if row.votes else ReviewHistory()
    if evidence.run != run_name(cipher.tenant, row.run_id) or len(history.votes) != row.votes:
        raise IntegrityError("a proposal is not what was sealed")
    if row.state not in (history.state or StoredState.PENDING, StoredState.WITHDRAWN):
        raise IntegrityError("a proposal's state is not what was decided")
    return OpenedProposal(row=row, evidence=evidence, history=history)


def run_name(tenant: str, run_id: bytes) -> str:
    return names.child_name(tenant, "runs", names.uuid_text(run_id)) if run_id else ""


def proposal_name(tenant: str, proposal_id: bytes) -> str:
    return names.child_name(tenant, "proposals", names.uuid_text(proposal_id))


def as_proposal(tenant: str, opened: OpenedProposal) -> Proposal:
    """A proposal as a caller sees it."""
    row, evidence = opened.row, opened.evidence
    weights = sorted(evidence.weights, key=lambda one: (-abs(one.weight), one.field))
    return Proposal(
        name=proposal_name(tenant, row.proposal_id),
        kind=row.kind,  # type: ignore[arg-type]  # stored as the API's number
        state=row.state,  # type: ignore[arg-type]  # as above
        customer=names.customer_name(tenant, row.customer_id),
        other_customer=names.customer_name(tenant, row.other_id) if row.kind == PROPOSAL_KIND_MATCH else "",
        field=evidence.field,
        rule=evidence.rule,
        score=row.score_ppm / MILLION,
        weights=weights,
        assignee=names.child_name(tenant, "principals", row.assignee) if row.assignee else "",
        votes=opened.history.votes,
        open_votes=row.open_votes,
        run=evidence.run,
        step=row.step,
        create_time=timestamp(row.created_us),
        update_time=timestamp(row.updated_us),
        etag=etag(row.proposal_id, row.version),
    )
