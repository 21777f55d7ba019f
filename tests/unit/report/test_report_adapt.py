"""The steps' own summaries become report input without the report importing a step."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from analysis_worker.report import (
    QualityColumn,
    corrections_of,
    duplicates_of,
    imputation_of,
    quality_of,
    segments_of,
)
from analysis_worker.steps.correct.proposal import CorrectSummary
from analysis_worker.steps.impute import ColumnImputation
from analysis_worker.steps.segment.profiles import PROFILE_SCHEMA
from analysis_worker.steps.segment.step import Segment, SegmentSummary


def test_empty_texts_and_lists_count_as_missing() -> None:
    table = pa.table({"row_id": ["a", "b", "c"], "emails": [["x"], [], None], "note": ["", "y", None], "age": [1, None, 0]})
    assert quality_of(table, {"age": 4}) == (
        QualityColumn(column="emails", rows=3, present=1),
        QualityColumn(column="note", rows=3, present=1),
        QualityColumn(column="age", rows=3, present=2, unparsed=4),
    )


def test_corrections_that_do_not_wait_are_applied() -> None:
    summary = CorrectSummary(rows=100, rows_changed=40, proposals=50, by_rule={"name_case": 50}, by_field={"given_name": 50})
    (rule,) = corrections_of(summary, {"name_case": 12})
    assert (rule.proposals, rule.applied, rule.waiting) == (50, 38, 12)


def test_every_pair_falls_into_one_band_and_one_bin() -> None:
    scores = np.array([0.0, 0.3, 0.6, 0.95, 1.0])
    found = duplicates_of([1, 1, 2, 3, 3, 3], scores, {"no": (0.0, 0.6), "review": (0.6, 0.9), "auto": (0.9, 1.0)})
    assert (found.rows, found.entities) == (6, 3)
    assert sum(b.pairs for b in found.histogram) == 5
    assert {b.band: b.pairs for b in found.bands} == {"no": 2, "review": 1, "auto": 2}
    assert [(c.size, c.entities) for c in found.cluster_sizes] == [(1, 1), (2, 1), (3, 1)]


def test_imputed_columns_are_taken_as_they_are() -> None:
    (column,) = imputation_of(
        [ColumnImputation(column="income", kind="number", missing=3, imputed=3, abstained=False, method="linear")]
    )
    assert (column.column, column.missing, column.method) == ("income", 3, "linear")


def test_segments_get_their_own_profile_lines() -> None:
    line = {"segment": 2, "feature": "orders", "kind": "numeric", "value": 4.0, "overall": 2.0, "difference": 1.5}
    summary = SegmentSummary(
        customers=60,
        structured=True,
        reason="",
        segments=(Segment(segment=1, name="a", customers=40, share=0.7), Segment(segment=2, name="b", customers=20, share=0.3)),
        candidates=(),
        silhouette=0.5,
        stability=0.9,
        shuffled_silhouette=0.1,
        features=("orders",),
        left_out={},
    )
    found = segments_of(summary, pa.Table.from_pylist([line], schema=PROFILE_SCHEMA))
    assert [len(e.profile) for e in found.entries] == [0, 1]
