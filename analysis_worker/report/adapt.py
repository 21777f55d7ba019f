"""Turns the steps' summaries into report input, by shape and not by import: the report knows no step.

The Protocols below name exactly the attributes that are read; the steps' own frozen summaries fit them as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.report.model import (
    BandCount,
    ClusterSize,
    CorrectionRule,
    Duplicates,
    ImputedColumn,
    ProfileLine,
    QualityColumn,
    ScoreBin,
    SegmentEntry,
    Segments,
)

_BINS = 20


class CorrectSummaryShape(Protocol):
    """What is read of the correct step's summary."""

    @property
    def by_rule(self) -> Mapping[str, int]: ...


class ImputedShape(Protocol):
    """What is read of one column of the impute step's summary."""

    @property
    def column(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def missing(self) -> int: ...
    @property
    def imputed(self) -> int: ...
    @property
    def abstained(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def baseline_error(self) -> float | None: ...
    @property
    def chosen_error(self) -> float | None: ...
    @property
    def coverage(self) -> float | None: ...
    @property
    def mean_width(self) -> float | None: ...
    @property
    def mean_confidence(self) -> float | None: ...


class SegmentShape(Protocol):
    """What is read of one segment."""

    @property
    def segment(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def customers(self) -> int: ...


class SegmentSummaryShape(Protocol):
    """What is read of the segment step's summary."""

    @property
    def customers(self) -> int: ...
    @property
    def structured(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def silhouette(self) -> float: ...
    @property
    def stability(self) -> float: ...
    @property
    def segments(self) -> Sequence[SegmentShape]: ...


def quality_of(table: pa.Table, unparsed: Mapping[str, int] | None = None) -> tuple[QualityColumn, ...]:
    """Completeness of every column but `row_id`; empty lists and empty texts count as missing."""
    kept = unparsed or {}
    return tuple(
        QualityColumn(column=name, rows=table.num_rows, present=_present(table.column(name)), unparsed=kept.get(name, 0))
        for name in table.column_names
        if name != "row_id"
    )


def _present(column: pa.ChunkedArray) -> int:
    kind = column.type
    sized = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not sized:
        return len(column) - int(column.null_count)
    measure = pc.list_value_length if pa.types.is_nested(kind) else pc.binary_length
    return int(pc.sum(pc.greater(measure(column), 0)).as_py() or 0)


def corrections_of(summary: CorrectSummaryShape, waiting: Mapping[str, int] | None = None) -> tuple[CorrectionRule, ...]:
    """One entry per rule; what does not wait for a person counts as applied."""
    queue = waiting or {}
    return tuple(
        CorrectionRule(rule=rule, proposals=n, applied=n - queue.get(rule, 0), waiting=queue.get(rule, 0))
        for rule, n in sorted(summary.by_rule.items())
    )


def duplicates_of(entity: Iterable[int], probability: Iterable[float], bands: Mapping[str, tuple[float, float]]) -> Duplicates:
    """From one entity number per row and the scores of the kept pairs.

    Args:
        entity: entity of each row.
        probability: match probability of each kept pair, 0..1.
        bands: "auto", "review", "no" -> where the band starts and ends.
    """
    _, sizes = np.unique(np.asarray(entity, dtype=np.int64), return_counts=True)
    lengths, entities = np.unique(sizes, return_counts=True)
    scores = np.asarray(probability, dtype=np.float64)
    counts, edges = np.histogram(scores, bins=_BINS, range=(0.0, 1.0))
    return Duplicates(
        rows=int(sizes.sum()),
        entities=len(sizes),
        histogram=tuple(ScoreBin(lower=float(edges[i]), upper=float(edges[i + 1]), pairs=int(n)) for i, n in enumerate(counts)),
        bands=tuple(
            BandCount(band=name, lower=low, upper=high, pairs=int(((scores >= low) & ((scores < high) | (high >= 1.0))).sum()))
            for name, (low, high) in bands.items()
        ),
        cluster_sizes=tuple(ClusterSize(size=int(s), entities=int(n)) for s, n in zip(lengths, entities, strict=True)),
    )


def imputation_of(columns: Iterable[ImputedShape]) -> tuple[ImputedColumn, ...]:
    """The impute step's columns as they are."""
    return tuple(
        ImputedColumn(
            column=c.column,
            kind=c.kind,
            missing=c.missing,
            imputed=c.imputed,
            abstained=c.abstained,
            reason=c.reason,
            method=c.method,
            baseline_error=c.baseline_error,
            chosen_error=c.chosen_error,
            coverage=c.coverage,
            mean_width=c.mean_width,
            mean_confidence=c.mean_confidence,
        )
        for c in columns
    )


def segments_of(summary: SegmentSummaryShape, profiles: pa.Table) -> Segments:
    """Segments with their profile lines (columns segment, feature, level, value, overall, difference)."""
    lines: dict[int, list[ProfileLine]] = {}
    for row in profiles.to_pylist():
        line = ProfileLine(
            feature=str(row["feature"]),
            level=str(row["level"] or ""),
            value=row["value"],
            overall=row["overall"],
            difference=float(row["difference"] or 0.0),
        )
        lines.setdefault(int(row["segment"]), []).append(line)
    return Segments(
        customers=summary.customers,
        structured=summary.structured,
        reason=summary.reason,
        silhouette=summary.silhouette,
        stability=summary.stability,
        entries=tuple(
            SegmentEntry(name=s.name, customers=s.customers, profile=tuple(lines.get(s.segment, ()))) for s in summary.segments
        ),
    )
