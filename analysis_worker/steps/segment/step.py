"""The segment step: customers grouped by what they have in common, or the honest verdict that nothing groups them.

Rules: the same rows, options and seed give the same bits, in whatever order the rows come; segments are numbered from 1 by
value to the company, so number 1 is the best customers, unless a run before has given numbers that go on; names and profiles
come from aggregates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.cluster import MiniBatchKMeans
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

from analysis_worker.steps.segment.choice import Candidate, Choice, Labels, choose, fit, nearest
from analysis_worker.steps.segment.encoding import Encoded, Matrix, encode
from analysis_worker.steps.segment.identity import lasting_numbers
from analysis_worker.steps.segment.moves import Moves, moves
from analysis_worker.steps.segment.naming import names
from analysis_worker.steps.segment.options import SegmentOptions
from analysis_worker.steps.segment.profiles import profiles

# Columns that say what a customer is worth, the best first; segments are numbered by the first that is there, else by size.
_VALUE_COLUMNS = ("monetary", "frequency", "income")
_BATCH_ROWS = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment: its number, its name, how many customers and which share of all."""

    segment: int
    name: str
    customers: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSummary:
    """How the segments came to be; aggregates only.

    `structured` is False when all customers are one segment; `reason` says why. `left_out` maps unused columns to reasons.
    `carried` is how many segments go on from the run before, `movable` how many customers one change would move to another.
    """

    customers: int
    structured: bool
    reason: str
    segments: tuple[Segment, ...]
    candidates: tuple[Candidate, ...]
    silhouette: float
    stability: float
    shuffled_silhouette: float
    features: tuple[str, ...]
    left_out: dict[str, str]
    carried: int
    movable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentResult:
    """What the step found.

    Attributes:
        assignments: row_id, segment (int32, from 1), label, confidence (0..1: how much nearer the own centre is than the
            next one), distance (to the own centre, in scaled units), and what would move the customer to the nearest other
            segment: move_segment, move_label, move_feature, move_change (in the feature's own unit), null where no single
            number would; in the order of the input.
        profiles: `profiles.PROFILE_SCHEMA`.
        summary: Counts, names, verdict.
    """

    assignments: pa.Table
    profiles: pa.Table
    summary: SegmentSummary


def segment(
    table: pa.Table,
    options: SegmentOptions,
    previous: pa.ChunkedArray | None = None,
    previous_names: Mapping[int, str] | None = None,
) -> SegmentResult:
    """Group the customers of `table` (`row_id` and feature columns, see `rfm.with_rfm`).

    Args:
        table: One row per customer, `row_id` unique.
        options: Seed, columns, limits.
        previous: Number of each row's segment in the run before, null for none; numbers go on, nothing else depends on it.
        previous_names: Names of the run before by number; a name goes on with its number while it is true.

    Returns:
        A segment for every row, profiles, and the verdict.
    """
    # Sorted by id, so that sampling does not see the order in which rows arrived.
    order = np.asarray(pc.sort_indices(table.column("row_id")), np.int64)
    encoded = encode(table.take(pa.array(order)), options)
    # One thread: parallel sums round differently from run to run.
    with threadpool_limits(limits=1):
        choice = _choice(encoded, options)
        centres = _centres(encoded, choice, options)
        labels, distances = nearest(encoded.matrix, centres)
        moved = moves(encoded, labels, centres)
    place = _canonical(encoded, labels, choice.segments)
    labels = np.asarray(place[labels], np.int64)
    before = None if previous is None else np.asarray(pc.fill_null(previous, 0).to_numpy(), np.int64)[order]
    numbers, carried = lasting_numbers(labels, choice.segments, before)
    found = _Found(
        encoded=encoded,
        choice=choice,
        labels=labels,
        distances=distances,
        moves=replace(moved, other=np.asarray(place[moved.other], np.int64)),
        names=names(encoded, labels, choice.segments, [(previous_names or {}).get(int(number), "") for number in numbers]),
        numbers=numbers,
    )
    return SegmentResult(
        assignments=_assignments(table, order, found),
        profiles=profiles(encoded, labels, numbers),
        summary=_summary(found, carried),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Everything known of the segments: labels are places in `names` and `numbers`, rows those of `encoded`."""

    encoded: Encoded
    choice: Choice
    labels: Labels
    distances: Matrix
    moves: Moves
    names: tuple[str, ...]
    numbers: Labels


def _sample(encoded: Encoded, options: SegmentOptions) -> Matrix:
    rows = len(encoded.matrix)
    if rows <= options.sample_rows:
        return encoded.matrix
    chosen = np.random.default_rng(options.seed).choice(rows, options.sample_rows, replace=False)
    return encoded.matrix[np.sort(chosen)]


def _choice(encoded: Encoded, options: SegmentOptions) -> Choice:
    rows, columns = encoded.matrix.shape
    if rows < options.min_customers:
        return Choice(segments=1, candidates=(), reason="too few customers")
    if not columns:
        return Choice(segments=1, candidates=(), reason="no column that differs between customers")
    return choose(_sample(encoded, options), encoded.features, options)


def _centres(encoded: Encoded, choice: Choice, options: SegmentOptions) -> Matrix:
    if choice.segments == 1:
        return encoded.matrix.mean(axis=0, keepdims=True) if len(encoded.matrix) else np.zeros((1, encoded.matrix.shape[1]))
    if len(encoded.matrix) <= options.full_fit_rows:
        return fit(encoded.matrix, choice.segments, options.seed, starts=8)
    start = fit(_sample(encoded, options), choice.segments, options.seed, starts=8)
    model = MiniBatchKMeans(
        n_clusters=choice.segments,
        init=start,
        n_init=1,
        batch_size=_BATCH_ROWS,
        random_state=options.seed,
        reassignment_ratio=0,
    )
    return np.asarray(model.fit(encoded.matrix).cluster_centers_, np.float64)


def _canonical(encoded: Encoded, labels: Labels, segments: int) -> Labels:
    """Return the rank of each label from 0: by value, then size, then place in the table's first columns."""
    numeric = {feature.name for feature in encoded.features if feature.kind == "numeric"}
    value = next((name for name in _VALUE_COLUMNS if name in numeric), None)

    def rank(number: int) -> tuple[float, int, tuple[float, ...]]:
        inside = labels == number
        if not inside.any():
            return (np.inf, 0, ())
        worth = float(np.nan_to_num(encoded.values[value][inside]).mean()) if value else 0.0
        return (-worth, -int(inside.sum()), tuple(encoded.matrix[inside].mean(axis=0)))

    ranked = sorted(range(segments), key=rank)
    place = np.empty(segments, np.int64)
    place[ranked] = np.arange(segments)
    return place


def _assignments(table: pa.Table, order: np.ndarray, found: _Found) -> pa.Table:
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    own, other = found.distances[back, 0], found.distances[back, 1]
    alone = len(found.names) == 1
    confidence = np.ones(len(own)) if alone else 1 - np.divide(own, other, out=np.zeros(len(own)), where=other > 0)
    mine = found.labels[back]
    to, feature, stays = found.moves.other[back], found.moves.feature[back], found.moves.feature[back] < 0
    labels, features = pa.array(found.names, pa.string()), pa.array(found.moves.features, pa.string())
    return pa.table(
        {
            "row_id": table.column("row_id"),
            "segment": pa.array(found.numbers[mine].astype(np.int32)),
            "label": labels.take(pa.array(mine)),
            "confidence": pa.array(confidence),
            "distance": pa.array(own),
            "move_segment": pa.array(found.numbers[to].astype(np.int32), mask=stays),
            "move_label": labels.take(pa.array(to, mask=stays)),
            "move_feature": features.take(pa.array(feature, mask=stays)),
            "move_change": pa.array(found.moves.change[back], mask=stays),
        }
    )


def _summary(found: _Found, carried: int) -> SegmentSummary:
    choice, labels = found.choice, found.labels
    sizes = np.bincount(labels, minlength=choice.segments)
    chosen = next((item for item in choice.candidates if item.segments == choice.segments), None)
    segments = tuple(
        Segment(
            segment=int(found.numbers[place]),
            name=name,
            customers=int(sizes[place]),
            share=float(sizes[place] / max(1, len(labels))),
        )
        for place, name in enumerate(found.names)
    )
    return SegmentSummary(
        customers=len(labels),
        structured=choice.segments > 1,
        reason=choice.reason,
        segments=segments,
        candidates=choice.candidates,
        silhouette=chosen.silhouette if chosen else 0.0,
        stability=chosen.stability if chosen else 0.0,
        shuffled_silhouette=chosen.shuffled if chosen else 0.0,
        features=tuple(feature.name for feature in found.encoded.features),
        left_out=found.encoded.left_out,
        carried=carried,
        movable=int((found.moves.feature >= 0).sum()),
    )
