"""Whatever the table holds, the step answers with gaps filled by possible values, or not at all."""

from __future__ import annotations

import contextlib

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_worker.steps.impute import ImputeOptions, ImputeRefusedError, impute

COLUMN = st.one_of(
    st.lists(st.one_of(st.none(), st.floats(width=64)), min_size=30, max_size=30).map(lambda v: pa.array(v, pa.float64())),
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=30, max_size=30).map(
        lambda v: pa.array(v, pa.int64())
    ),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=30, max_size=30).map(lambda v: pa.array(v, pa.bool_())),
    st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "<b>", "\u0000", "é"])), min_size=30, max_size=30).map(
        lambda v: pa.array(v, pa.string()),
    ),
    st.lists(st.one_of(st.none(), st.dates()), min_size=30, max_size=30).map(lambda v: pa.array(v, pa.date32())),
)
EAGER = ImputeOptions(min_holdout_cells=10, max_holdout_cells=20, max_training_rows=200, min_z=0.0, min_gain=0.0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(COLUMN, min_size=1, max_size=3))
def test_every_cell_filled_was_a_gap_and_holds_a_value_within_what_was_seen(columns: list[pa.Array]) -> None:
    repeated = [pa.concat_arrays([c] * 4) for c in columns]
    table = pa.table({"row_id": [str(i) for i in range(120)], **{f"c{i}": c for i, c in enumerate(repeated)}})
    result = impute(table, EAGER)
    for cell in result.cells.to_pylist():
        column = table.column(cell["column"])
        source = column[int(cell["row_id"])].as_py()
        assert source is None or source != source  # noqa: PLR0124 - NaN is the only value unequal to itself
        assert 0.0 <= cell["confidence"] <= 1.0
        if pa.types.is_string(column.type):
            assert cell["value"] in column.to_pylist()
        if cell["lower"] is not None:
            assert cell["lower"] <= cell["upper"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_column_name_is_taken_or_refused_with_the_same_error(name: str) -> None:
    table = pa.table({"row_id": ["a"], name: pa.array([None], pa.string())}) if name != "row_id" else pa.table({"x": ["a"]})
    with contextlib.suppress(ImputeRefusedError):
        assert impute(table, ImputeOptions()).cells.num_rows == 0
