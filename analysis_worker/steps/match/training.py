"""Learning m and u without a label: u from strangers, m by expectation-maximisation.

Rules: training sees no term frequencies (it would take rare names for the rule; scoring adds them); a session blocks on
equality of one field and teaches all others, so every comparison learns from pairs that were not chosen by it; the engine
must run on one thread here, because the order of float sums is part of "identical bits".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.steps.match.cells import joint_codes
from analysis_worker.steps.match.comparisons import Bearing, Comparison
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.parameters import Parameters, smoothed, untrained
from analysis_worker.steps.match.settings import define_levels, feature_table, model_settings, open_linker
from analysis_worker.steps.match.strangers import Grouping, draw_strangers

Rows = npt.NDArray[np.int64]
Proportions = dict[str, list[float | None]]

_SESSION_PAIRS_MIN = 20
_SESSIONS_MAX = 3
_SESSION_SHARE_MAX = 10
"""No single value may fill more than a tenth of a session: it would teach about itself."""
_PRIOR_ROWS_MIN = 200
_CERTAIN = "cast(inf as float8)"
"""What Splink 5.0 writes into its SQL, and the engine refuses, once every pair of a block is certain to be a match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What was learnt, and from which sessions (names of the fields they blocked on)."""

    parameters: Parameters
    sessions: tuple[str, ...]


def train(
    connection: Any,
    features: Features,
    comparisons: tuple[Comparison, ...],
    grouping: Grouping,
    active: Rows,
    *,
    sample_pairs: int,
    training_pairs: int,
    rng: np.random.Generator,
) -> Trained:
    """Estimate the model of one table from its active rows (int64, ascending)."""
    table = feature_table(features, comparisons)
    define_levels(connection, comparisons)
    blank = untrained(comparisons, prior=1 / max(len(active), _PRIOR_ROWS_MIN))
    strangers = active[draw_strangers(grouping.group[active], pairs=sample_pairs, rng=rng)]
    u, strangers_seen = _u_of_strangers(connection, table, comparisons, blank, strangers)
    sessions = _sessions(features, comparisons, grouping, active, pairs_max=training_pairs, rng=rng)
    start = smoothed(comparisons, {}, u, matches_seen=0.0, strangers_seen=strangers_seen, prior=blank.prior)
    learnt = [
        _m_of_session(connection, table.take(pa.array(rows)), comparisons=comparisons, start=start, columns=columns)
        for columns, rows in sessions
    ]
    m = _averaged([proportions for proportions in learnt if proportions is not None])
    parameters = smoothed(
        comparisons, m, u, matches_seen=float(grouping.agreeing_pairs), strangers_seen=strangers_seen, prior=blank.prior
    )
    return Trained(parameters=parameters, sessions=tuple(" + ".join(columns) for columns, _ in sessions))


def _u_of_strangers(
    connection: Any, table: pa.Table, comparisons: tuple[Comparison, ...], blank: Parameters, strangers: Rows
) -> tuple[Proportions, float]:
    if len(strangers) < 2:  # noqa: PLR2004 - it takes two to be strangers
        return {}, 0.0
    linker, _ = open_linker(connection, table.take(pa.array(strangers)), "strangers", model_settings(comparisons, blank))
    # every pair of the sample is compared: the sample is ours, so that no second, engine-side sampling decides
    linker.training.estimate_u_using_random_sampling(max_pairs=1e18, min_count_per_level=None, num_chunks=1)
    observed = _observed(_proportions(linker, "u_probability"), None)
    return observed, len(strangers) * (len(strangers) - 1) / 2


def _m_of_session(
    connection: Any,
    rows: pa.Table,
    *,
    comparisons: tuple[Comparison, ...],
    start: Parameters,
    columns: tuple[str, ...],
) -> Proportions | None:
    """What one session learnt of the comparisons that its blocking left free; None when it held no matches to learn from."""
    from splink.internals.exceptions import SplinkException

    linker, _ = open_linker(connection, rows, "training_" + "_".join(columns), model_settings(comparisons, start))
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            " AND ".join(f'l."{name}" = r."{name}"' for name in columns),
            estimate_without_term_frequencies=True,
            fix_u_probabilities=True,
        )
    except ValueError:  # how Splink 5.0 says that a proportion fell to zero: no pair of this block is a match
        return None
    except SplinkException as error:
        if _CERTAIN not in str(error):
            raise
        return None
    blocked = {entry.name for entry in comparisons if set(columns) & set(entry.columns)}
    observed = _observed(_proportions(linker, "m_probability"), start)
    return {name: values for name, values in observed.items() if name not in blocked}


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


def _proportions(linker: Any, which: str) -> Proportions:
    return {
        entry["output_column_name"]: [
            level.get(which) for level in entry["comparison_levels"] if not level.get("is_null_level", False)
        ]
        for entry in linker.misc.save_model_to_json()["comparisons"]
    }


def _observed(trained: Proportions, start: Parameters | None) -> Proportions:
    """Replace what Splink did not see by None: it leaves a level that never occurred at its start value."""
    if start is None:
        return trained
    return {
        name: [
            None if value is None or value == odds.m else value for value, odds in zip(values, start.levels[name], strict=True)
        ]
        for name, values in trained.items()
    }
