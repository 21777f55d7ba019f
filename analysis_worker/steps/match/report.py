"""From rows and bits to the result: pairs with bands and field weights, and the summary."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.steps.match import cluster
from analysis_worker.steps.match.blocking import Candidates
from analysis_worker.steps.match.comparisons import Comparison
from analysis_worker.steps.match.constraints import Ties
from analysis_worker.steps.match.evidence import Prior, probability, weigh
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.identical import Identical
from analysis_worker.steps.match.leaders import leading_rows
from analysis_worker.steps.match.options import MatchOptions
from analysis_worker.steps.match.result import Band, LevelSummary, MatchResult, MatchSummary
from analysis_worker.steps.match.roles import ROW_ID, ColumnRole
from analysis_worker.steps.match.scoring import Scores
from analysis_worker.steps.match.settled import Settled
from analysis_worker.steps.match.strangers import components
from analysis_worker.steps.match.training import Trained

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Everything decided about one table, rows being ranks by row id."""

    entity: Rows
    scores: Scores
    identical: Identical
    candidates: Candidates
    trained: Trained
    prior: Prior
    comparisons: tuple[Comparison, ...]
    settled: Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """The pairs handed back; every array of shape (n_pairs,)."""

    left: Rows
    right: Rows
    total: Floats
    bands: npt.NDArray[np.object_]
    same: Flags
    weights: dict[str, Floats]


def unscored_result(table: pa.Table, features: Features, roles: tuple[ColumnRole, ...], settled: Settled) -> MatchResult:
    """Nothing to compare, or nobody to compare with: every row is its own entity but for what is settled."""
    entity = settled.ties.group
    sizes = np.unique(entity, return_counts=True)[1]
    summary = MatchSummary(
        rows=features.rows,
        entities=len(sizes),
        rows_in_shared_entities=int(sizes[sizes > 1].sum()),
        largest_entity=int(sizes.max(initial=0)),
        rows_kept=int(settled.kept.sum()),
        contradictions=len(settled.ties.contradictions),
        roles=_role_names(roles),
    )
    return MatchResult(
        row_id=table[ROW_ID],
        entity=_in_input_order(entity, features),
        leader=_in_input_order(leading_rows(entity, settled.earlier, settled.leads), features),
        pairs=_pair_table(table, features, _no_pairs()),
        summary=summary,
    )


def judged_result(
    table: pa.Table, features: Features, roles: tuple[ColumnRole, ...], judged: Judged, options: MatchOptions
) -> MatchResult:
    """The result of a table that was scored."""
    scores = _spread(judged)
    evidence = weigh(scores.weights, scores.levels, judged.comparisons, judged.trained.parameters)
    anew, total = evidence.anew(judged.prior), evidence.total(judged.prior)
    likely = probability(total)
    same = judged.entity[scores.left] == judged.entity[scores.right]
    bands = _bands(judged, scores, likely, same, options)
    kept = same | (likely >= options.pair_probability_min)
    weights = {_field_name(entry, features): anew.fields[n].weights[kept] for n, entry in enumerate(judged.comparisons)}
    weights["dependence"] = evidence.taken_back(judged.prior)[kept]
    pairs = _Pairs(
        left=scores.left[kept],
        right=scores.right[kept],
        total=total[kept],
        bands=bands[kept],
        same=same[kept],
        weights=weights,
    )
    return MatchResult(
        row_id=table[ROW_ID],
        entity=_in_input_order(judged.entity, features),
        leader=_in_input_order(leading_rows(judged.entity, judged.settled.earlier, judged.settled.leads), features),
        pairs=_pair_table(table, features, pairs),
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
        weights=np.concatenate([scores.weights[~itself], scores.weights[source]])[order],
        levels=np.concatenate([scores.levels[~itself], scores.levels[source]])[order],
    )


def _bands(judged: Judged, scores: Scores, likely: Floats, same: Flags, options: MatchOptions) -> npt.NDArray[np.object_]:
    """A pair is sure when sure pairs chain its rows and it does not itself say otherwise, or when a person decided it."""
    entity, ties = judged.entity, judged.settled.ties
    sure, tied = same & (likely >= options.accept_probability), ties.edges
    chain = components(len(entity), np.concatenate([scores.left[sure], tied[0]]), np.concatenate([scores.right[sure], tied[1]]))
    held = same & (chain[scores.left] == chain[scores.right]) & (likely >= options.reject_probability)
    doubtful = same | (likely >= options.reject_probability)
    bands = np.where(held, Band.MATCH.value, np.where(doubtful, Band.REVIEW.value, Band.DIFFERENT.value)).astype(object)
    one, other = ties.group[scores.left], ties.group[scores.right]
    bands[one == other] = Band.MATCH.value
    bands[_decided_apart(ties, one, other)] = Band.DIFFERENT.value
    return bands


def _decided_apart(ties: Ties, one: Rows, other: Rows) -> Flags:
    """Pairs of groups that must not meet, in either order."""
    rows = len(ties.group)
    codes = np.array([group * rows + far for group, others in ties.apart.items() for far in others], dtype=np.int64)
    apart: Flags = np.isin(one * rows + other, codes)
    return apart


def _pair_table(table: pa.Table, features: Features, pairs: _Pairs) -> pa.Table:
    ids, position = table[ROW_ID], features.source_positions
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        "row_a": ids.take(pa.array(position[pairs.left])),
        "row_b": ids.take(pa.array(position[pairs.right])),
        "probability": pa.array(probability(pairs.total)),
        "weight": pa.array(pairs.total),
        "band": pa.array(pairs.bands, pa.string()),
        "same_entity": pa.array(pairs.same, pa.bool_()),
    }
    return pa.table(columns | {f"weight.{name}": pa.array(bits) for name, bits in pairs.weights.items()})


def _summary(
    features: Features, roles: tuple[ColumnRole, ...], judged: Judged, bands: npt.NDArray[np.object_], options: MatchOptions
) -> MatchSummary:
    sizes = np.unique(judged.entity, return_counts=True)[1]
    active = int(judged.identical.active.sum())
    prior = float(probability(np.array([judged.prior.bits]))[0])
    return MatchSummary(
        rows=features.rows,
        identical_rows=features.rows - active,
        rows_kept=int(judged.settled.kept.sum()),
        contradictions=len(judged.settled.ties.contradictions),
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
            field=_field_name(entry, features),
            label=level.label,
            m=float(odds.m * np.exp2(gained)),
            u=odds.u,
            bits=float(np.log2(odds.m / odds.u) + gained),
        )
        for entry, bits in zip(judged.comparisons, judged.prior.matches, strict=True)
        for level, odds, gained in zip(entry.levels, judged.trained.parameters.levels[entry.name], bits, strict=True)
    ]


def _field_name(comparison: Comparison, features: Features) -> str:
    return features.origin.get(comparison.name, comparison.name)


def _role_names(roles: tuple[ColumnRole, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((entry.column, entry.role.value) for entry in roles)


def _in_input_order(by_rank: Rows, features: Features) -> Rows:
    placed = np.empty_like(by_rank)
    placed[features.source_positions] = by_rank
    return placed


def _no_pairs() -> _Pairs:
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0)
    no_band, no_flag = np.empty(0, dtype=object), np.empty(0, dtype=np.bool_)
    return _Pairs(left=none, right=none, total=nothing, bands=no_band, same=no_flag, weights={})
