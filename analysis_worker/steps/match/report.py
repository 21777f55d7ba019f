"""From rows and bits to the result: pairs with bands and field weights, and the summary."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.steps.match import cluster
from analysis_worker.steps.match.blocking import Candidates
from analysis_worker.steps.match.comparisons import Comparison
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.identical import Identical
from analysis_worker.steps.match.options import MatchOptions
from analysis_worker.steps.match.result import Band, LevelSummary, MatchResult, MatchSummary
from analysis_worker.steps.match.roles import ROW_ID, ColumnRole
from analysis_worker.steps.match.scoring import Scores
from analysis_worker.steps.match.strangers import components
from analysis_worker.steps.match.training import Trained

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Everything decided about one table, rows being ranks by row id."""

    entity: Rows
    scores: Scores
    identical: Identical
    candidates: Candidates
    trained: Trained
    prior_bits: float
    comparisons: tuple[Comparison, ...]


def empty_result(table: pa.Table, features: Features, roles: tuple[ColumnRole, ...]) -> MatchResult:
    """Every row its own entity: nothing to compare, or nobody to compare with."""
    summary = MatchSummary(
        rows=features.rows, entities=features.rows, largest_entity=min(features.rows, 1), roles=_role_names(roles)
    )
    ranks = np.arange(features.rows)
    pairs = _pair_table(
        table,
        features,
        _no_scores(),
        bands=np.empty(0, dtype=object),
        same=np.empty(0, dtype=np.bool_),
        fields=(),
    )
    return MatchResult(row_id=table[ROW_ID], entity=_in_input_order(ranks, features), pairs=pairs, summary=summary)


def judged_result(
    table: pa.Table, features: Features, roles: tuple[ColumnRole, ...], judged: Judged, options: MatchOptions
) -> MatchResult:
    """The result of a table that was scored."""
    scores = _spread(judged)
    likely = cluster.probability(scores.total)
    same = judged.entity[scores.left] == judged.entity[scores.right]
    bands = _bands(judged.entity, scores, likely, same, options)
    kept = same | (likely >= options.pair_probability_min)
    fields = tuple(_field_name(entry, features) for entry in judged.comparisons)
    pairs = _pair_table(table, features, scores.keep(kept), bands=bands[kept], same=same[kept], fields=fields)
    return MatchResult(
        row_id=table[ROW_ID],
        entity=_in_input_order(judged.entity, features),
        pairs=pairs,
        summary=_summary(features, roles, judged, bands[kept], options),
    )


def _spread(judged: Judged) -> Scores:
    """Pairs of a representative with itself become pairs of the representative with each row that repeats it."""
    scores, representative = judged.scores, judged.identical.representative
    itself = scores.left == scores.right
    place = np.full(len(representative), -1, dtype=np.int64)
    place[scores.left[itself]] = np.flatnonzero(itself)
    copies = np.flatnonzero(~judged.identical.active)
    source = place[representative[copies]]
    left = np.concatenate([scores.left[~itself], representative[copies]])
    right = np.concatenate([scores.right[~itself], copies])
    order = np.lexsort((right, left))
    return Scores(
        left=left[order],
        right=right[order],
        total=np.concatenate([scores.total[~itself], scores.total[source]])[order],
        weights=np.concatenate([scores.weights[~itself], scores.weights[source]])[order],
    )


def _bands(
    entity: Rows, scores: Scores, likely: npt.NDArray[np.float64], same: Flags, options: MatchOptions
) -> npt.NDArray[np.object_]:
    sure = same & (likely >= options.accept_probability)
    chain = components(len(entity), scores.left[sure], scores.right[sure])
    held = same & (chain[scores.left] == chain[scores.right])
    doubtful = same | (likely >= options.reject_probability)
    return np.where(held, Band.MATCH.value, np.where(doubtful, Band.REVIEW.value, Band.DIFFERENT.value)).astype(object)


def _pair_table(
    table: pa.Table,
    features: Features,
    scores: Scores,
    *,
    bands: npt.NDArray[np.object_],
    same: Flags,
    fields: tuple[str, ...],
) -> pa.Table:
    ids, position = table[ROW_ID], features.source_positions
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        "row_a": ids.take(pa.array(position[scores.left])),
        "row_b": ids.take(pa.array(position[scores.right])),
        "probability": pa.array(cluster.probability(scores.total)),
        "weight": pa.array(scores.total),
        "band": pa.array(bands, pa.string()),
        "same_entity": pa.array(same, pa.bool_()),
    }
    columns |= {f"weight.{name}": pa.array(scores.weights[:, number]) for number, name in enumerate(fields)}
    return pa.table(columns)


def _summary(
    features: Features, roles: tuple[ColumnRole, ...], judged: Judged, bands: npt.NDArray[np.object_], options: MatchOptions
) -> MatchSummary:
    sizes = np.unique(judged.entity, return_counts=True)[1]
    active = int(judged.identical.active.sum())
    prior = float(cluster.probability(np.array([judged.prior_bits]))[0])
    return MatchSummary(
        rows=features.rows,
        identical_rows=features.rows - active,
        entities=len(sizes),
        rows_in_shared_entities=int(sizes[sizes > 1].sum()),
        largest_entity=int(sizes.max()),
        comparisons=len(judged.candidates.left),
        comparison_budget=options.comparison_budget(features.rows),
        rules=judged.candidates.rules,
        rules_skipped=judged.candidates.rules_skipped,
        roles=_role_names(roles),
        training_sessions=judged.trained.sessions,
        prior=prior,
        expected_matches=prior * active * (active - 1) / 2,
        edge_probability=cluster.EDGE_PROBABILITY,
        cut_probability=cluster.CUT_PROBABILITY,
        pairs_by_band=tuple((band, int((bands == band.value).sum())) for band in Band),
        levels=tuple(_levels(features, judged)),
    )


def _levels(features: Features, judged: Judged) -> list[LevelSummary]:
    return [
        LevelSummary(
            field=_field_name(entry, features), label=level.label, m=odds.m, u=odds.u, bits=float(np.log2(odds.m / odds.u))
        )
        for entry in judged.comparisons
        for level, odds in zip(entry.levels, judged.trained.parameters.levels[entry.name], strict=True)
    ]


def _field_name(comparison: Comparison, features: Features) -> str:
    return features.origin.get(comparison.name, comparison.name)


def _role_names(roles: tuple[ColumnRole, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((entry.column, entry.role.value) for entry in roles)


def _in_input_order(by_rank: Rows, features: Features) -> Rows:
    placed = np.empty_like(by_rank)
    placed[features.source_positions] = by_rank
    return placed


def _no_scores() -> Scores:
    none = np.empty(0, dtype=np.int64)
    return Scores(left=none, right=none, total=np.empty(0), weights=np.empty((0, 0)))
