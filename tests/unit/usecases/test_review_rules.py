"""The rules of the review queue without a vault: votes, calibration, ids."""

from __future__ import annotations

import random

import pytest

from strongroom.api.v1.review_service_pb2 import VERDICT_ACCEPT, VERDICT_REJECT, ReviewVote, Verdict
from vault_server.errors import FailedPreconditionError
from vault_server.ports.proposals import ScoreBin, StoredState
from vault_server.usecases.review.calibration import LEAST_DECISIONS, calibrate, probability_of
from vault_server.usecases.review.rounds import Round, after_reopening, after_vote
from vault_server.usecases.review.sealed_proposals import Pair, doubt_ppm

WAITING, ONE_VOTE = Round(StoredState.PENDING, 0), Round(StoredState.PENDING, 1)


def vote(principal: str, verdict: Verdict.ValueType = VERDICT_ACCEPT) -> ReviewVote:
    return ReviewVote(principal=principal, verdict=verdict)


def test_one_vote_decides_unless_two_people_must_agree() -> None:
    assert after_vote(WAITING, [], vote("ada"), two_person=False) == Round(StoredState.ACCEPTED, 0)
    assert after_vote(WAITING, [], vote("ada", VERDICT_REJECT), two_person=False) == Round(StoredState.REJECTED, 0)
    assert after_vote(WAITING, [], vote("ada"), two_person=True) == ONE_VOTE
    assert after_vote(ONE_VOTE, [vote("ada")], vote("bob"), two_person=True) == Round(StoredState.ACCEPTED, 0)


def test_the_same_person_twice_is_refused_and_disagreement_waits_again() -> None:
    with pytest.raises(FailedPreconditionError) as refused:
        after_vote(ONE_VOTE, [vote("ada")], vote("ada"), two_person=True)
    assert refused.value.reason == "SAME_PRINCIPAL"
    with pytest.raises(FailedPreconditionError):
        after_vote(ONE_VOTE, [vote("ada")], vote("ada", VERDICT_REJECT), two_person=True)
    assert after_vote(ONE_VOTE, [vote("ada")], vote("bob", VERDICT_REJECT), two_person=True) == WAITING


@pytest.mark.parametrize("state", [StoredState.ACCEPTED, StoredState.REJECTED, StoredState.WITHDRAWN])
def test_only_what_waits_can_be_decided(state: StoredState) -> None:
    with pytest.raises(FailedPreconditionError):
        after_vote(Round(state, 0), [], vote("ada"), two_person=False)


def test_a_decision_and_ones_own_waiting_vote_can_be_taken_back_and_nothing_else() -> None:
    assert after_reopening(Round(StoredState.REJECTED, 0), [vote("ada")], "bob") == WAITING
    assert after_reopening(ONE_VOTE, [vote("ada")], "ada") == WAITING
    for before, reason in (
        (ONE_VOTE, "NOT_YOUR_VOTE"),
        (WAITING, "NOT_DECIDED"),
        (Round(StoredState.WITHDRAWN, 0), "NOT_DECIDED"),
    ):
        with pytest.raises(FailedPreconditionError) as refused:
            after_reopening(before, [vote("ada")], "bob")
        assert refused.value.reason == reason


def test_nothing_is_calibrated_before_there_are_enough_decisions() -> None:
    assert calibrate([ScoreBin(500_000, 90, LEAST_DECISIONS - 1)]) is None
    assert calibrate([ScoreBin(500_000, 50, LEAST_DECISIONS)]) is not None


def test_a_calibration_rises_with_the_score_and_keeps_the_number_of_acceptances() -> None:
    random_bits = random.Random(7)
    bins = []
    for score in range(0, 1_000_000, 20_000):
        decided = random_bits.randrange(1, 20)
        accepted = sum(random_bits.random() < score / 1_000_000 for _ in range(decided))
        bins.append(ScoreBin(score, accepted, decided))
    found = calibrate(bins)
    assert found is not None
    said = [probability_of(found, one.score_ppm / 1_000_000) for one in bins]
    assert said == sorted(said)
    assert sum(p * one.decided for p, one in zip(said, bins, strict=True)) == pytest.approx(sum(one.accepted for one in bins))
    assert found.decisions == sum(one.decided for one in bins)
    assert probability_of(found, -1.0) == said[0]
    assert probability_of(found, 2.0) == said[-1]
    assert calibrate(bins) == found


def test_between_two_points_of_a_calibration_the_probability_is_interpolated() -> None:
    found = calibrate([ScoreBin(200_000, 0, 100), ScoreBin(400_000, 100, 100)])
    assert found is not None
    assert probability_of(found, 0.3) == pytest.approx(0.5)


def test_a_pair_is_one_question_whichever_comes_first() -> None:
    one, two = b"1" * 16, b"2" * 16
    assert Pair.of(one, two) == Pair.of(two, one)
    assert Pair.of(one, two).proposal_id("acme") == Pair.of(two, one).proposal_id("acme")
    assert Pair.of(one, two).proposal_id("acme") != Pair.of(one, two).proposal_id("globex")


def test_doubt_is_greatest_where_the_run_is_torn() -> None:
    assert [doubt_ppm(score) for score in (0.0, 0.25, 0.5, 1.0)] == [0, 500_000, 1_000_000, 0]
