"""Learning m and u without a label: u from strangers, m by expectation-maximisation.

Rules: training sees no term frequencies (it would take rare names for the rule; scoring adds them); a session blocks on
equality of one field and teaches all others, so every comparison learns from pairs that were not chosen by it. Which level
holds for a pair is found elsewhere, by this worker or another; here is arithmetic alone (`expectation.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.blocking import pair_codes
from analysis_worker.steps.match.cells import joint_codes
from analysis_worker.steps.match.comparisons import Bearing, Comparison
from analysis_worker.steps.match.expectation import maximised, shares_of
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.parameters import Parameters, smoothed, untrained, without_matches
from analysis_worker.steps.match.strangers import Grouping, draw_strangers

Rows = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]
Proportions = dict[str, list[float | None]]

_SESSION_PAIRS_MIN = 20
_SESSIONS_MAX = 3
_SESSION_SHARE_MAX = 10
"""No single value may fill more than a tenth of a session: it would teach about itself."""
_PRIOR_ROWS_MIN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What was learnt, and from which sessions (names of the fields they blocked on)."""

    parameters: Parameters
    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Pairs to learn from: of strangers, if `columns` is empty, else all that share the values of these fields."""

    columns: tuple[str, ...]
    left: Rows
    right: Rows


def draw_lessons(
    features: Features,
    comparisons: tuple[Comparison, ...],
    grouping: Grouping,
    active: Rows,
    *,
    sample_pairs: int,
    training_pairs: int,
    rng: np.random.Generator,
) -> tuple[Lesson, ...]:
    """Pairs of active rows (int64, ascending) for the model of one table: of strangers, then of every session."""
    strangers = active[draw_strangers(grouping.group[active], pairs=sample_pairs, rng=rng)]
    first, second = np.triu_indices(len(strangers), 1)
    lessons = [Lesson(columns=(), left=strangers[first], right=strangers[second])]
    for columns, rows in _sessions(features, comparisons, grouping, active, pairs_max=training_pairs, rng=rng):
        codes = joint_codes([features.scalars[name].codes[rows] for name in columns])
        left, right = np.divmod(pair_codes(rows, codes, features.rows), features.rows)
        lessons.append(Lesson(columns=columns, left=left, right=right))
    return tuple(lessons)


def train(
    lessons: tuple[Lesson, ...],
    comparisons: tuple[Comparison, ...],
    levels_of: Callable[[Rows, Rows], Levels],
    *,
    agreeing_pairs: int,
    active_rows: int,
) -> Trained:
    """Estimate the model of one table.

    Args:
        lessons: as they were drawn.
        levels_of: which level of every comparison holds for pairs, int8, shape (n_pairs, n_fields).
        agreeing_pairs: how many pairs seem to be matches.
        active_rows: how many rows stand for themselves.
    """
    seen = levels_of(*(np.concatenate([getattr(lesson, side) for lesson in lessons]) for side in ("left", "right")))
    of_strangers, *of_sessions = np.split(seen, np.cumsum([len(lesson.left) for lesson in lessons])[:-1])
    counts = tuple(len(entry.levels) for entry in comparisons)
    prior = untrained(comparisons, prior=1 / max(active_rows, _PRIOR_ROWS_MIN)).prior
    u = _named(comparisons, shares_of(of_strangers, np.ones(len(of_strangers)), counts))
    strangers_seen = float(len(of_strangers))
    start = smoothed(comparisons, {}, u, matches_seen=0.0, strangers_seen=strangers_seen, prior=prior)
    learnt = [
        _m_of_session(lesson.columns, levels, comparisons, start)
        for lesson, levels in zip(lessons[1:], of_sessions, strict=True)
    ]
    m = _averaged([proportions for proportions in learnt if proportions is not None])
    parameters = smoothed(comparisons, m, u, matches_seen=float(agreeing_pairs), strangers_seen=strangers_seen, prior=prior)
    return Trained(
        parameters=without_matches(comparisons, parameters),
        sessions=tuple(" + ".join(lesson.columns) for lesson in lessons[1:]),
    )


def _m_of_session(
    columns: tuple[str, ...], levels: Levels, comparisons: tuple[Comparison, ...], start: Parameters
) -> Proportions | None:
    """What one session learnt of the comparisons that its blocking left free; None when it held no matches to learn from."""
    free = [number for number, entry in enumerate(comparisons) if not set(columns) & set(entry.columns)]
    odds = [start.levels[comparisons[number].name] for number in free]
    found = maximised(
        levels[:, free],
        m=[[level.m for level in one] for one in odds],
        u=[[level.u for level in one] for one in odds],
        prior_odds=start.prior / (1 - start.prior) * _odds_of_agreement(columns, comparisons, start),
    )
    return None if found is None else _named([comparisons[number] for number in free], found)


def _odds_of_agreement(columns: tuple[str, ...], comparisons: tuple[Comparison, ...], start: Parameters) -> float:
    """How many times likelier a match is among pairs that agree in these fields."""
    odds = 1.0
    for column in columns:
        equal = (
            level_odds
            for entry in comparisons
            for level, level_odds in zip(entry.levels, start.levels[entry.name], strict=True)
            if level.is_equality and level.frequency_column == column
        )
        found = next(equal, None)
        odds *= found.m / found.u if found else 1.0
    return odds


def _named(comparisons: Sequence[Comparison], shares: Sequence[list[float] | None]) -> Proportions:
    nothing = ([None] * len(entry.levels) for entry in comparisons)
    return {entry.name: list(found or none) for entry, found, none in zip(comparisons, shares, nothing, strict=True)}


def _averaged(learnt: list[Proportions]) -> Proportions:
    """Mean of the sessions, level by level; a level that a session did not observe counts as never there."""
    names = sorted({name for proportions in learnt for name in proportions})
    averaged: Proportions = {}
    for name in names:
        rows = [proportions[name] for proportions in learnt if name in proportions]
        averaged[name] = [sum(value or 0.0 for value in values) / len(values) for values in zip(*rows, strict=True)]
    return averaged


def _sessions(
    features: Features,
    comparisons: tuple[Comparison, ...],
    grouping: Grouping,
    active: Rows,
    *,
    pairs_max: int,
    rng: np.random.Generator,
) -> list[tuple[tuple[str, ...], Rows]]:
    """Fields to block sessions on, those first that bring the most likely matches together, each with the rows it looks at."""
    ranked: list[tuple[int, int, tuple[str, ...], Rows]] = []
    group = grouping.group[active]
    for number, columns in enumerate(_session_choices(comparisons)):
        codes = joint_codes([features.scalars[name].codes[active] for name in columns])
        rows = _drawn(codes, pairs_max=pairs_max, rng=rng)
        together = pair_count(joint_codes([np.unique(codes[rows], return_inverse=True)[1], group[rows]]))
        if together >= _SESSION_PAIRS_MIN:
            ranked.append((-together, number, columns, active[rows]))
    return [(columns, rows) for _, _, columns, rows in sorted(ranked, key=lambda entry: entry[:2])[:_SESSIONS_MAX]]


def _drawn(codes: Rows, *, pairs_max: int, rng: np.random.Generator) -> Rows:
    """Positions of the rows that share a code with another; of a seeded sample of the codes where there are too many pairs."""
    distinct, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    pairs = np.where(distinct >= 0, counts * (counts - 1) // 2, 0)
    order = rng.permutation(len(distinct))
    order = order[(pairs[order] > 0) & (pairs[order] <= pairs_max // _SESSION_SHARE_MAX)]
    chosen = np.zeros(len(distinct), dtype=np.bool_)
    chosen[order[np.cumsum(pairs[order]) <= pairs_max]] = True
    return np.flatnonzero(chosen[inverse])


def _session_choices(comparisons: tuple[Comparison, ...]) -> Iterator[tuple[str, ...]]:
    """Fields of one person: a block of one household would teach that matches differ in given name and birth date."""
    names = [entry.name for entry in comparisons if entry.bearing is Bearing.PERSON and entry.name != "given"]
    if {"given", "family"} <= {entry.name for entry in comparisons}:
        yield ("given", "family")
    for name in names:
        yield (name,)


def pair_count(codes: Rows) -> int:
    """How many pairs share a code."""
    counts = np.unique(codes[codes >= 0], return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())
