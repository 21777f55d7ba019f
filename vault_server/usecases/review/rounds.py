"""What a vote does to a proposal: a state machine without I/O.

A proposal waits (PENDING) until it is decided (ACCEPTED or REJECTED); reopening makes it wait again. With two-person review a
first vote waits for a second of another principal: equal votes decide, unequal ones end the round, and both stay on record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from strongroom.api.v1.review_service_pb2 import VERDICT_ACCEPT, VERDICT_REJECT, ReviewVote, Verdict
from vault_server.errors import FailedPreconditionError, InvalidArgumentError
from vault_server.ports.proposals import StoredState

_STATE_OF = {VERDICT_ACCEPT: StoredState.ACCEPTED, VERDICT_REJECT: StoredState.REJECTED}
DECIDED = frozenset(_STATE_OF.values())


class Round(NamedTuple):
    """Where a proposal stands.

    Attributes:
        open_votes: 0, or 1 while the last vote waits for another person's.
    """

    state: StoredState
    open_votes: int


def require_verdict(verdict: Verdict.ValueType) -> Verdict.ValueType:
    """Raises InvalidArgumentError: neither accept nor reject."""
    if verdict not in _STATE_OF:
        raise InvalidArgumentError("say accept or reject", reason="INVALID_VERDICT", metadata={"field": "verdict"})
    return verdict


def after_vote(before: Round, votes: Sequence[ReviewVote], vote: ReviewVote, *, two_person: bool) -> Round:
    """The round after one more vote.

    Args:
        votes: every vote before, the oldest first.

    Raises:
        FailedPreconditionError: ALREADY_DECIDED, WITHDRAWN, or SAME_PRINCIPAL for the second vote of one person.
    """
    _require_pending(before)
    decided = _STATE_OF[vote.verdict]
    if not two_person:
        return Round(decided, 0)
    if not before.open_votes:
        return Round(StoredState.PENDING, 1)
    first = votes[-1]
    if first.principal == vote.principal:
        raise FailedPreconditionError(
            "another person must confirm this decision",
            reason="SAME_PRINCIPAL",
            hint="two-person review is on: ask somebody else to look",
        )
    return Round(decided if first.verdict == vote.verdict else StoredState.PENDING, 0)


def after_reopening(before: Round, votes: Sequence[ReviewVote], principal: str) -> Round:
    """The round after a decision, or one's own open vote, was taken back.

    Raises:
        FailedPreconditionError: NOT_DECIDED, or NOT_YOUR_VOTE if the vote that waits is another person's.
    """
    if before.state in DECIDED:
        return Round(StoredState.PENDING, 0)
    if not before.open_votes:
        raise FailedPreconditionError("nothing was decided that could be taken back", reason="NOT_DECIDED")
    if votes[-1].principal != principal:
        raise FailedPreconditionError(
            "the vote that waits is another person's", reason="NOT_YOUR_VOTE", hint="vote yourself: the second vote decides"
        )
    return Round(StoredState.PENDING, 0)


def _require_pending(before: Round) -> None:
    if before.state in DECIDED:
        raise FailedPreconditionError(
            "this was decided before", reason="ALREADY_DECIDED", hint="`strongroom review reopen` takes a decision back"
        )
    if before.state == StoredState.WITHDRAWN:
        raise FailedPreconditionError("no run proposes this any more", reason="WITHDRAWN")
