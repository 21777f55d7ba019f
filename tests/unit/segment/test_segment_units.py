"""Profiles and moves of segments are said in units: days, money in its currency, what an attribute declares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.currencies import minor_per_major
from analysis_worker.pipeline.adapters.segment import SegmentAdapter, features
from analysis_worker.pipeline.step_adapter import StepInputs
from analysis_worker.pipeline.units import Unit, units_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROWS = 120


def _inputs(currency: str = "EUR") -> StepInputs:
    """Half of the customers are rich and use much, half are poor and use little."""
    rich = np.arange(ROWS) % 2 == 0
    noise = np.random.default_rng(5).normal(1.0, 0.05, ROWS)
    fields = [
        pa.field("row_id", pa.int64()),
        pa.field("stated_age", pa.int64()),
        pa.field("income_minor", pa.int64()),
        pa.field("income_currency", pa.string()),
        pa.field("attributes.used", pa.float64(), metadata={"unit": "GB"}),
        pa.field("attributes.joined", pa.string()),
        pa.field("attributes.plan", pa.string()),
        pa.field("attributes.score", pa.float64()),
    ]
    columns = [
        range(ROWS),
        (np.where(rich, 60, 30) * noise).astype(int).tolist(),
        (np.where(rich, 9_000_000, 3_000_000) * noise).astype(int).tolist(),
        [currency] * ROWS,
        np.where(rich, 80.0, 8.0) * noise,
        [str((NOW - timedelta(days=1000 if one else 100)).date()) for one in rich],
        ["gold" if one else "basic" for one in rich],
        np.where(rich, 9.0, 2.0) * noise,
    ]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, fields, strict=True)]
    purchases = pa.table(
        {
            "row_id": pa.array(range(ROWS), pa.int64()),
            "kind": ["purchase"] * ROWS,
            "time": [NOW - timedelta(days=10 + row) for row in range(ROWS)],
            "total_minor": pa.array(np.where(rich, 500_000, 5_000) + np.arange(ROWS), pa.int64()),
            "currency": [currency] * ROWS,
        }
    )
    customers = pa.table(arrays, schema=pa.schema(fields))
    return StepInputs(customers=customers, transactions=purchases, options={"max_segments": 2.0}, seed=1, as_of=NOW, threads=1)


def test_features_have_the_units_that_people_read() -> None:
    inputs = _inputs()
    assert units_of(inputs, features(inputs)) == {
        **dict.fromkeys(("recency_days", "tenure_days", "days since joined"), Unit(text="days")),
        **dict.fromkeys(("monetary", "income"), Unit(text="EUR", divisor=100.0)),
        "frequency": Unit(text="purchases"),
        "stated_age": Unit(text="years"),
        "used": Unit(text="GB"),
    }


@pytest.mark.parametrize(("currency", "divisor"), [("EUR", 100), ("JPY", 1), ("KWD", 1000), ("", 100)])
def test_money_is_in_whole_units_of_its_currency(currency: str, divisor: int) -> None:
    inputs = _inputs(currency)
    assert minor_per_major(currency) == divisor
    assert units_of(inputs, features(inputs))["income"] == Unit(text=currency, divisor=float(divisor))


def _profile(report: Any) -> dict[str, list[dict[str, Any]]]:
    lines: dict[str, list[dict[str, Any]]] = {}
    for entry in report["entries"]:
        for line in entry["profile"]:
            lines.setdefault(line["feature"], []).append(line)
    return lines


def test_profiles_and_moves_carry_units_and_values_in_them() -> None:
    computed = SegmentAdapter().compute(_inputs())
    assert len(computed.report["entries"]) == 2  # type: ignore[arg-type]  # a list
    profile = _profile(computed.report)
    assert {line["unit"] for line in profile["used"]} == {"GB"}
    assert {line["unit"] for line in profile["plan"]} == {line["unit"] for line in profile["score"]} == {""}
    incomes = sorted(line["value"] for line in profile["income"])
    assert incomes == pytest.approx([30_000, 90_000], rel=0.1)
    assert {line["unit"] for line in profile["income"]} == {"EUR"}
    assert all(line["missing"] == 0.0 for line in profile["income"])
    assert profile["income"][0]["difference"] == pytest.approx(profile["income"][0]["value"] - profile["income"][0]["overall"])


def test_moves_are_said_in_units() -> None:
    inputs = replace(_inputs(), options={"max_segments": 2.0, "numeric": ["income"], "categorical": []})
    moved = [
        move
        for _, derived in SegmentAdapter().derive(_by_name(SegmentAdapter().compute(inputs).table))
        for move in derived.segment.moves
    ]
    assert len(moved) > ROWS / 2
    assert {(move.feature, move.unit) for move in moved} == {("income", "EUR")}
    assert all(5_000 < abs(move.change) < 80_000 for move in moved)


def test_lines_of_a_checkpoint_without_units_are_still_written() -> None:
    lines = _by_name(SegmentAdapter().compute(_inputs()).table).drop_columns(["move_unit"])
    assert all(not move.unit for _, derived in SegmentAdapter().derive(lines) for move in derived.segment.moves)


def test_features_without_any_unit_are_moved_in_bare_numbers() -> None:
    customers = _inputs().customers.select(["row_id", "attributes.plan", "attributes.score"])
    bare = StepInputs(customers=customers, transactions=None, options={"max_segments": 2.0}, seed=1, as_of=NOW, threads=1)
    lines = SegmentAdapter().compute(bare).table
    assert set(lines.column("move_unit").to_pylist()) == {""}


def test_a_name_of_the_run_before_goes_on_with_its_number() -> None:
    first = SegmentAdapter().compute(_inputs()).table
    renamed = pa.array([f"High used and {'gold' if number == 1 else 'basic'} plan" for number in first["segment"].to_pylist()])
    customers = _inputs().customers.append_column("segment", first["segment"]).append_column("segment_label", renamed)
    entries = SegmentAdapter().compute(replace(_inputs(), customers=customers)).report["entries"]
    assert isinstance(entries, list)
    assert entries[0]["name"] == "High used and gold plan" != entries[1]["name"]


def _by_name(lines: pa.Table) -> pa.Table:
    names = pa.array([row.to_bytes(16) for row in lines.column("row_id").to_pylist()], pa.binary(16))
    return lines.set_column(0, "row_id", names)
