"""Expectation-maximisation over agreement patterns: how often matches show each level, from pairs that nobody has labelled.

Pairs with the same levels of all comparisons are one pattern with a count, so a round costs as much as there are patterns,
not pairs. The model is Fellegi and Sunter's with independent fields, u fixed, m and the share of matches free (Dempster, Laird
and Rubin 1977; Winkler 1988). Rules: only products, sums and quotients, in a fixed order, so the bits depend on no library
of functions; a field that is absent in a pair says nothing there.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.evidence import ABSENT

Levels = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]
Shares = list[list[float] | None]

_ROUNDS_MAX = 25
_CONVERGED = 1e-4
_LEAST_MATCHES = 1e-6
"""With less than a millionth of a pair, nobody of the session is a match."""
_MOST_SHARE = 1.0 - 1e-9
"""So far may everybody of the session be a match."""


def maximised(
    levels: Levels, *, m: Sequence[Sequence[float]], u: Sequence[Sequence[float]], prior_odds: float
) -> Shares | None:
    """M of every level of every field; of a field that is absent in all pairs, None.

    Args:
        levels: shape (n_pairs, n_fields), ABSENT where a value is missing.
        m, u: where it starts, and what is fixed: by field and level.
        prior_odds: that a pair of these is a match.

    Returns:
        None if no pair seems to be a match.
    """
    if not levels.size:
        return None
    patterns, counts = _patterns(levels)
    pairs = float(counts.sum())
    counted = [len(one) for one in m]
    unlikely = [np.array([*one, 1.0]) for one in u]  # ABSENT is the last place
    likely = [np.array([*one, 1.0]) for one in m]
    share = min(prior_odds / (1.0 + prior_odds), _MOST_SHARE)
    for _ in range(_ROUNDS_MAX):
        odds = np.full(len(patterns), share / (1.0 - share))
        for field, (of_match, of_stranger) in enumerate(zip(likely, unlikely, strict=True)):
            odds *= (of_match / of_stranger)[patterns[:, field]]
        weights = counts * (odds / (1.0 + odds))
        matches = float(weights.sum())
        if not matches > _LEAST_MATCHES:
            return None
        found = shares_of(patterns, weights, counted)
        learnt = [np.array([*one, 1.0]) if one else before for one, before in zip(found, likely, strict=True)]
        again = min(matches / pairs, _MOST_SHARE)
        moved = max(abs(again - share), *(float(np.abs(a - b).max()) for a, b in zip(learnt, likely, strict=True)))
        likely, share = learnt, again
        if moved < _CONVERGED:
            break
    return found


def shares_of(levels: Levels, weights: Floats, counted: Sequence[int]) -> Shares:
    """By field, which share of the weight each level has where the field is there; None of a field that nowhere is."""
    shares: Shares = []
    for field, count in enumerate(counted):
        there = levels[:, field] != ABSENT
        of_level = np.bincount(levels[there, field], weights=weights[there], minlength=count)
        total = float(of_level.sum())
        shares.append((of_level / total).tolist() if total > 0.0 else None)
    return shares


def _patterns(levels: Levels) -> tuple[Levels, Floats]:
    """Distinct rows, in a fixed order, and how often each comes."""
    rows = np.ascontiguousarray(levels)
    keys = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
    distinct, counts = np.unique(keys, return_counts=True)
    return distinct.view(np.int8).reshape(-1, rows.shape[1]), counts.astype(np.float64)
