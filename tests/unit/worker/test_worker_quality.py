"""Completeness is about what sources said, not about what earlier runs have derived."""

from __future__ import annotations

import pyarrow as pa

from analysis_worker.pipeline.quality import quality_of


def test_columns_that_runs_have_derived_do_not_count_as_gaps() -> None:
    customers = pa.table(
        {
            "row_id": pa.array([0, 1], pa.int64()),
            "given_name": ["Ada", None],
            "income_minor": pa.array([1, None], pa.int64()),
            "income_currency": ["EUR", None],
            "entity": pa.array([None, None], pa.string()),
            "entity_leads": pa.array([None, None], pa.bool_()),
            "segment": pa.array([None, None], pa.int32()),
            "segment_label": pa.array([None, None], pa.string()),
        }
    )
    assert [(one.column, one.present, one.rows) for one in quality_of(customers)] == [("given_name", 1, 2), ("income", 1, 2)]
