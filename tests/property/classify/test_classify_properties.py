"""Whatever the table holds, the step predicts possible classes with possible chances, abstains, or refuses."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from analysis_worker.steps.classify import ClassifyOptions, ClassifyRefusedError, classify

REPEATS = 6
COLUMN = st.one_of(
    st.lists(st.one_of(st.none(), st.floats(width=64)), min_size=20, max_size=20).map(lambda v: pa.array(v, pa.float64())),
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=20, max_size=20).map(
        lambda v: pa.array(v, pa.int64())
    ),
    st.lists(st.one_of(st.none(), st.booleans()), min_size=20, max_size=20).map(lambda v: pa.array(v, pa.bool_())),
    st.lists(st.one_of(st.none(), st.sampled_from(["", "a", "<b>", "\u0000", "é"])), min_size=20, max_size=20).map(
        lambda v: pa.array(v, pa.string()),
    ),
    st.lists(st.one_of(st.none(), st.dates()), min_size=20, max_size=20).map(lambda v: pa.array(v, pa.date32())),
)
EAGER = ClassifyOptions(
    target="target", min_rows=50, min_class_rows=10, min_gain=0.0, min_z=0.0, folds=3, resamples=20, leak_auc=1.0, reasons=2
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(COLUMN, min_size=1, max_size=2), COLUMN)
@example(  # a slope of millions against a gap: contributions that cancel
    columns=[
        pa.array([-409143215, 33159, *[None] * 4, -250, *[None] * 6, -354417735, -878, *[None] * 5], pa.int64()),
        pa.array(
            [None, None, None, False, None, None, None, True, None, None, False, *[True] * 2, False, None, True, *[None] * 4]
        ),
    ],
    target=pa.array(
        [True, True, False, True, None, None, False, *[None] * 4, False, None, True, True, None, False, None, False, None]
    ),
)
def test_a_line_is_a_known_class_with_a_chance_or_an_abstention(columns: list[pa.Array], target: pa.Array) -> None:
    named = {f"c{i}": pa.concat_arrays([column] * REPEATS) for i, column in enumerate(columns)}
    table = pa.table({"row_id": range(20 * REPEATS), **named, "target": pa.concat_arrays([target] * REPEATS)})
    try:
        result = classify(table, EAGER)
    except ClassifyRefusedError:
        return
    assert result.lines.num_rows == table.num_rows
    for line in result.lines.to_pylist():
        if line["abstained"]:
            assert (line["label"], line["probability"], line["reasons"]) == (None, None, [])
        else:
            assert line["label"] in result.summary.classes
            assert 0.0 <= line["probability"] <= 1.0
            assert all(abs(reason["effect"]) <= 1.0 for reason in line["reasons"])
