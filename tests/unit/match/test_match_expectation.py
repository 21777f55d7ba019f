"""Expectation-maximisation finds what made the pairs, and says so when there is nothing to find."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from analysis_worker.steps.match.evidence import ABSENT
from analysis_worker.steps.match.expectation import maximised, shares_of

M = [[0.8, 0.15, 0.05], [0.7, 0.3], [0.9, 0.1]]
U = [[0.01, 0.09, 0.9], [0.05, 0.95], [0.2, 0.8]]
STARTS = [[0.6, 0.2, 0.2], [0.5, 0.5], [0.6, 0.4]]


def drawn(odds: list[list[float]], pairs: int, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    return np.column_stack([rng.choice(len(one), size=pairs, p=one) for one in odds]).astype(np.int8)


def mixed(matches: int, strangers: int, seed: int = 1) -> npt.NDArray[np.int8]:
    rng = np.random.default_rng(seed)
    pairs = np.concatenate([drawn(M, matches, rng), drawn(U, strangers, rng)])
    return pairs[rng.permutation(len(pairs))]


def test_m_is_found_whatever_share_of_the_pairs_matches() -> None:
    for matches, strangers in ((2_000, 8_000), (8_000, 2_000)):
        found = maximised(mixed(matches, strangers), m=STARTS, u=U, prior_odds=0.5)
        assert found is not None
        for learnt, true in zip(found, M, strict=True):
            assert learnt == pytest.approx(true, abs=0.05)


def test_the_order_of_the_pairs_changes_no_bit() -> None:
    pairs = mixed(300, 900)
    found = maximised(pairs, m=STARTS, u=U, prior_odds=0.1)
    assert found == maximised(pairs[::-1], m=STARTS, u=U, prior_odds=0.1)


def test_an_absent_field_says_nothing_and_one_that_is_absent_everywhere_learns_nothing() -> None:
    pairs = mixed(2_000, 8_000)
    gaps = pairs.copy()
    gaps[::2, 1] = ABSENT
    gaps[:, 2] = ABSENT
    found = maximised(gaps, m=STARTS, u=U, prior_odds=0.5)
    assert found is not None
    assert found[2] is None
    assert found[0] == pytest.approx(M[0], abs=0.05)
    assert found[1] == pytest.approx(M[1], abs=0.08)


def test_where_everybody_matches_m_is_what_is_seen() -> None:
    pairs = drawn(M, 1_000, np.random.default_rng(2))
    found = maximised(pairs, m=STARTS, u=[[1e-5, 1e-4, 1.0], [1e-5, 1.0], [1e-5, 1.0]], prior_odds=1e5)
    assert found is not None
    assert found[0] == pytest.approx((np.bincount(pairs[:, 0]) / 1_000).tolist(), abs=0.01)


def test_a_session_without_pairs_or_without_matches_teaches_nothing() -> None:
    assert maximised(np.empty((0, 3), dtype=np.int8), m=STARTS, u=U, prior_odds=0.5) is None
    strangers = np.full((100, 3), 1, dtype=np.int8)
    surely = [[0.5, 1e-9, 0.5], [0.5, 1e-9], [0.5, 1e-9]]
    assert maximised(strangers, m=surely, u=U, prior_odds=1e-9) is None


def test_one_round_is_bayes_rule_and_a_weighted_count() -> None:
    """Against the textbook, pair by pair."""
    pairs = mixed(40, 60)
    odds = 0.25 * np.prod([np.array(STARTS[n])[pairs[:, n]] / np.array(U[n])[pairs[:, n]] for n in range(3)], axis=0)
    weights = odds / (1 + odds)
    expected = [[float(weights[pairs[:, n] == level].sum() / weights.sum()) for level in range(len(M[n]))] for n in range(3)]
    found = shares_of(pairs, weights, [3, 2, 2])
    for learnt, one in zip(found, expected, strict=True):
        assert learnt == pytest.approx(one)
    again = maximised(pairs, m=expected, u=U, prior_odds=float(weights.mean() / (1 - weights.mean())))
    straight = maximised(pairs, m=STARTS, u=U, prior_odds=0.25)
    assert again is not None
    assert straight is not None
    for learnt, other in zip(again, straight, strict=True):
        assert learnt == pytest.approx(other, abs=2e-3)
