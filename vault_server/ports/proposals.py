"""The review queue as stored: proposals, and the drafts of runs under way.

A proposal's id is made of what it asks, so that the same question of a later run is the same row. Drafts are what an
uncommitted run proposes; `publish` turns them into proposals in the commit's own transaction. The rules of `ports.store` hold;
evidence and history are sealed under the keys of every customer that they speak of.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple, Protocol

SCORE_BIN_PPM = 100


class StoredState(IntEnum):
    """States as stored; equal to the API's `ProposalState`."""

    PENDING = 1
    ACCEPTED = 2
    REJECTED = 3
    WITHDRAWN = 4


class DraftRow(NamedTuple):
    """What a run under way proposes.

    Attributes:
        other_id: the second customer of a pair; b"" for a correction.
        score_ppm: how sure the run is, in millionths.
        doubt_ppm: how much a person's answer would tell, in millionths; the queue is ordered by it.
    """

    proposal_id: bytes
    kind: int
    customer_id: bytes
    other_id: bytes
    score_ppm: int
    doubt_ppm: int
    schema_revision: int
    evidence: bytes


class ProposalRow(NamedTuple):
    """One proposal.

    Attributes:
        run_id: the run that proposed it last; b"" if a person asked.
        assignee: id of a principal, or "".
        open_votes: votes of the present round that wait for another person's.
        votes: how many votes the sealed history holds; 0 with an empty history.
        version: grows by one with every write, from 1.
    """

    proposal_id: bytes
    kind: int
    state: int
    customer_id: bytes
    other_id: bytes
    run_id: bytes
    step: str
    score_ppm: int
    doubt_ppm: int
    assignee: str
    open_votes: int
    votes: int
    version: int
    created_us: int
    updated_us: int
    schema_revision: int
    evidence: bytes
    history: bytes


class Published(NamedTuple):
    """What became of one step's drafts.

    Attributes:
        waiting: proposals of the run that wait for a person.
        standing: were decided before and are not asked again.
        left_out: beyond what a run may ask.
        withdrawn: undecided ones of earlier runs that this run does not propose any more.
    """

    waiting: int
    standing: int
    left_out: int
    withdrawn: int


class DecidedPair(NamedTuple):
    """A standing decision about two customers."""

    proposal_id: bytes
    customer_id: bytes
    other_id: bytes
    same: bool


class ScoreBin(NamedTuple):
    """Decided proposals of about one score: its lower end, how many were accepted, how many decided."""

    score_ppm: int
    accepted: int
    decided: int


class ProposalRepository(Protocol):
    """Proposals and drafts of one tenant at a time."""

    def append_drafts(
        self, tenant: str, run_id: bytes, step: str, *, offset: int | None, count: int, rows: Sequence[DraftRow]
    ) -> None:
        """The bulk path: adds drafts and moves the step's stream of proposals from `offset` by `count`.

        Without an offset nothing is moved (the caller's own stream guards against repeats). A draft that is there stays as it
        is; drafts about customers erased meanwhile are dropped.

        Raises AlreadyExistsError(reason OFFSET_EXISTS) if offset < end, OutOfRangeError if offset > end.
        """
        ...

    def draft_offsets(self, tenant: str, run_id: bytes) -> dict[str, int]:
        """Pairs written so far by step."""
        ...

    def publish(self, tenant: str, run_id: bytes, step: str, *, most: int, withdraw: bool, now_us: int) -> Published:
        """Turn a step's drafts into proposals, the most doubtful `most` of those that are not decided; drop the drafts.

        A decided proposal stays as it is, a withdrawn one waits again. If `withdraw`, pending ones of the step's earlier runs
        on which nobody has voted are withdrawn: not where the run looked at a part of the customers only.
        """
        ...

    def swap_runs(self, tenant: str, step: str, *, hidden: bytes, seen: bytes, now_us: int) -> None:
        """Follow a change of which run's results of a step are seen; b"" is no run.

        Undecided proposals of the run that is not seen any more are withdrawn unless somebody has voted, withdrawn ones of the
        run that is seen wait again.
        """
        ...

    def get(self, tenant: str, proposal_id: bytes) -> ProposalRow | None: ...

    def states(self, tenant: str, proposal_ids: Sequence[bytes]) -> dict[bytes, int]:
        """State by id of those that exist."""
        ...

    def page(
        self, tenant: str, state: int, *, kind: int, assignee: str, after: tuple[int, bytes] | None, limit: int
    ) -> list[ProposalRow]:
        """Proposals of one state by falling doubt, then id, behind `after`; kind 0 and assignee "" mean every one."""
        ...

    def put(self, tenant: str, row: ProposalRow) -> None:
        """Insert a row of version 1, or write one over that of the version before.

        Raises ConflictError(reason ETAG_MISMATCH) if another version is there, ErasedError for an erased customer.
        """
        ...

    def decided_pairs(self, tenant: str, *, kind: int, after: bytes, limit: int) -> list[DecidedPair]:
        """Decided proposals of a kind about two customers, by id behind `after`."""
        ...

    def decided_scores(self, tenant: str, *, kind: int) -> list[ScoreBin]:
        """How people decided what runs proposed, by rising score, in bins of `SCORE_BIN_PPM`."""
        ...
