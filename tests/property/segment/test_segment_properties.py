import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis_worker.steps.segment import SegmentOptions, segment

SETTINGS = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
OPTIONS = SegmentOptions(seed=4, resamples=2, silhouette_rows=150, max_segments=4, min_customers=20)


@st.composite
def customers(draw: st.DrawFn) -> pa.Table:
    """Any mixture of humps, noise, ties, holes and categories."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    rows = draw(st.integers(0, 150))
    group = random.integers(0, draw(st.integers(1, 4)), rows)
    apart = draw(st.sampled_from([0.0, 1.0, 8.0]))
    holes = random.random(rows) < draw(st.sampled_from([0.0, 0.3, 1.0]))
    return pa.table(
        {
            "row_id": pa.array([f"c{index:04d}" for index in random.permutation(rows)], pa.string()),
            "monetary": pa.array(np.exp(apart * group + random.normal(size=rows))),
            "frequency": pa.array(random.integers(0, 3, rows)),
            "visits": pa.array(apart * group + random.normal(size=rows), mask=holes),
            "plan": pa.array(np.array(["a", "b", "c", "d"])[group], pa.string()),
            "active": pa.array(random.random(rows) < 0.5),
        }
    )


@SETTINGS
@given(customers())
def test_every_customer_is_in_exactly_one_numbered_segment(table: pa.Table) -> None:
    result = segment(table, OPTIONS)
    numbers = [item.segment for item in result.summary.segments]
    assert numbers == list(range(1, len(numbers) + 1))
    assert result.assignments.column("row_id").equals(table.column("row_id"))
    assert set(result.assignments.column("segment").to_pylist()) <= set(numbers)
    assert sum(item.customers for item in result.summary.segments) == table.num_rows


@SETTINGS
@given(customers())
def test_names_are_unique_and_profiles_cover_every_segment(table: pa.Table) -> None:
    result = segment(table, OPTIONS)
    names = [item.name for item in result.summary.segments]
    assert len(set(names)) == len(names)
    assert all(0 < len(name) <= 200 for name in names)
    if result.summary.features:
        assert set(result.profiles.column("segment").to_pylist()) == {item.segment for item in result.summary.segments}


@SETTINGS
@given(customers())
def test_reversed_rows_get_the_same_segments(table: pa.Table) -> None:
    backwards = table.take(pa.array(range(table.num_rows - 1, -1, -1), pa.int64()))
    first, second = (segment(part, OPTIONS).assignments.sort_by("row_id").to_pylist() for part in (table, backwards))
    assert first == second


@SETTINGS
@given(customers(), st.floats(0.01, 1000.0))
def test_confidence_stays_between_nothing_and_certain(table: pa.Table, scale: float) -> None:
    scaled = table.set_column(1, "monetary", pa.array(table.column("monetary").to_numpy() * scale))
    confidence = segment(scaled, OPTIONS).assignments.column("confidence").to_numpy()
    assert ((confidence >= 0) & (confidence <= 1)).all()
