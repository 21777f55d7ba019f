"""The model's numbers: m and u of every level, and the prior; how they are smoothed.

Fellegi and Sunter 1969: weight of a level = log2(m / u). Rules: no probability is ever 0 or 1, because a level that a
sample did not happen to show is rare, not impossible; m leans on its start value where few matches were seen; matches
that slipped in among the strangers are taken out of u again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from analysis_worker.steps.match.comparisons import Comparison

_M_START_PAIRS = 5.0
_U_START_PAIRS = 1000.0
M_MIN = 1e-4
_TELLING_M_MIN = 0.1
_LEAST_U_SHARE = 1 / 8


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOdds:
    """m: share of true matches at this level; u: share of strangers at this level."""

    m: float
    u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """m and u by comparison name, levels in the comparison's order; `prior` is the chance that a random pair matches."""

    levels: dict[str, tuple[LevelOdds, ...]]
    prior: float


def untrained(comparisons: tuple[Comparison, ...], *, prior: float) -> Parameters:
    """Start values only."""
    return smoothed(comparisons, {}, {}, matches_seen=0.0, strangers_seen=0.0, prior=prior)


def smoothed(
    comparisons: tuple[Comparison, ...],
    m: dict[str, list[float | None]],
    u: dict[str, list[float | None]],
    *,
    matches_seen: float,
    strangers_seen: float,
    prior: float,
) -> Parameters:
    """Trained proportions to usable parameters; None is a level never observed, a missing comparison one never trained."""
    levels: dict[str, tuple[LevelOdds, ...]] = {}
    for comparison in comparisons:
        starts = [level.start_m for level in comparison.levels]
        nothing: list[float | None] = [None] * len(starts)
        m_values = _leaning(m.get(comparison.name, nothing), starts, seen=matches_seen)
        u_starts = [level.start_u for level in comparison.levels]
        u_values = _never_zero(u.get(comparison.name, nothing), u_starts, seen=strangers_seen)
        levels[comparison.name] = tuple(LevelOdds(m=a, u=b) for a, b in zip(m_values, u_values, strict=True))
    return Parameters(levels=levels, prior=prior)


def without_matches(comparisons: tuple[Comparison, ...], parameters: Parameters) -> Parameters:
    """Take the matches out of u that were among the strangers it was learnt from.

    Strangers are rows that do not visibly agree, so in a file of many slips some of them are one person. If a share e of
    their pairs is, the u that was learnt is (1 - e) u + e m; and as strangers do not share a mailbox, e is about the least
    u / m of what only one person has. Levels with term frequencies stay: their weight comes from how often the value occurs.
    """
    share = min(_shares_of_matches(comparisons, parameters), default=0.0)
    levels = dict(parameters.levels)
    for comparison in comparisons:
        levels[comparison.name] = tuple(
            odds
            if level.frequency_column is not None
            else LevelOdds(m=odds.m, u=max(odds.u - share * odds.m, odds.u * _LEAST_U_SHARE) / (1.0 - share))
            for level, odds in zip(comparison.levels, levels[comparison.name], strict=True)
        )
    return replace(parameters, levels=levels)


def _shares_of_matches(comparisons: tuple[Comparison, ...], parameters: Parameters) -> Iterator[float]:
    for comparison in comparisons:
        if comparison.unshared:
            agreeing = parameters.levels[comparison.name][:-1]
            yield from (min(odds.u / odds.m, 0.5) for odds in agreeing if odds.m >= _TELLING_M_MIN)


def _leaning(trained: list[float | None], starts: list[float], *, seen: float) -> list[float]:
    """Average of what was learnt and where it started, as if the start had been seen on a few pairs."""
    start_sum = sum(starts)
    if all(value is None for value in trained):
        return [start / start_sum for start in starts]
    mixed = [
        max(M_MIN, ((value or 0.0) * seen + _M_START_PAIRS * start / start_sum) / (seen + _M_START_PAIRS))
        for value, start in zip(trained, starts, strict=True)
    ]
    total = sum(mixed)
    return [value / total for value in mixed]


def _never_zero(trained: list[float | None], starts: list[float], *, seen: float) -> list[float]:
    """Start values where few strangers were seen; half a pair more than was seen where many were."""
    half = 0.5 * seen / (seen + _U_START_PAIRS)
    starts = [*starts[:-1], 1.0 - sum(starts[:-1])]  # the last level is everything else
    counts = [(value or 0.0) * seen + half + _U_START_PAIRS * start for value, start in zip(trained, starts, strict=True)]
    total = sum(counts)
    return [count / total for count in counts]
