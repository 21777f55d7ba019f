"""What the impute step promises, on tables with known truth."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from analysis_worker.steps.impute import ColumnImputation, ImputeOptions, ImputeRefusedError, ImputeResult, impute

FAST = ImputeOptions(seed=7, max_training_rows=1_500)


def gappy(values: list[object], share: float, seed: int) -> list[object]:
    hidden = np.random.default_rng(seed).random(len(values)) < share
    return [None if h else v for v, h in zip(values, hidden, strict=True)]


def shop_table(rows: int = 1_500, seed: int = 0) -> tuple[pa.Table, pa.Table]:
    """A gappy table and its truth: plan drives price, price x months = total, luck is pure noise."""
    rng = np.random.default_rng(seed)
    plan = rng.choice(["basic", "plus", "pro"], rows, p=[0.5, 0.3, 0.2])
    price = np.select([plan == "basic", plan == "plus"], [10.0, 25.0], 60.0) + rng.normal(0, 1.5, rows).round(2)
    months = rng.integers(1, 60, rows)
    truth = {
        "plan": plan.tolist(),
        "price": np.maximum(price, 0).round(2).tolist(),
        "months": months.tolist(),
        "total": (np.maximum(price, 0) * months).round(2).tolist(),
        "pays_by_card": (price + rng.normal(0, 5, rows) > 30).tolist(),
        "since": [dt.date(2026, 1, 1) - dt.timedelta(days=int(30 * m)) for m in months],
        "luck": rng.choice(["heads", "tails"], rows).tolist(),
        "noise": rng.lognormal(3, 1, rows).round(1).tolist(),
    }
    ids = pa.array([f"r{i:05}" for i in range(rows)])
    holes = {name: gappy(values, 0.12, 50 + k) for k, (name, values) in enumerate(truth.items())}
    return pa.table({"row_id": ids, **holes}), pa.table({"row_id": ids, **truth})


@pytest.fixture(scope="module")
def shop() -> tuple[pa.Table, pa.Table, ImputeResult]:
    table, truth = shop_table()
    return table, truth, impute(table, FAST)


def verdict(result: ImputeResult, column: str) -> ColumnImputation:
    return next(c for c in result.summary.columns if c.column == column)


def cells_of(result: ImputeResult, column: str) -> pa.Table:
    return result.cells.filter(pc.equal(result.cells.column("column"), column))


def truth_of(truth: pa.Table, cells: pa.Table, column: str) -> list[object]:
    known = dict(zip(truth.column("row_id").to_pylist(), truth.column(column).to_pylist(), strict=True))
    return [known[row] for row in cells.column("row_id").to_pylist()]


def test_learnable_columns_are_filled_everywhere_and_noise_stays_empty(shop: tuple[pa.Table, pa.Table, ImputeResult]) -> None:
    table, _, result = shop
    for name in ("plan", "price", "months", "total", "since"):
        found = verdict(result, name)
        assert found.imputed == found.missing == table.column(name).null_count == cells_of(result, name).num_rows, name
        assert found.chosen_error is not None
        assert found.baseline_error is not None
        assert found.chosen_error < found.baseline_error
    for name in ("luck", "noise"):
        found = verdict(result, name)
        assert found.abstained
        assert found.reason == "no_better_than_baseline"
        assert found.imputed == 0 == cells_of(result, name).num_rows


def test_only_gaps_are_filled_and_each_once(shop: tuple[pa.Table, pa.Table, ImputeResult]) -> None:
    table, _, result = shop
    seen = list(zip(result.cells.column("column").to_pylist(), result.cells.column("row_id").to_pylist(), strict=True))
    assert len(seen) == len(set(seen)) == result.summary.imputed_cells
    for name in table.column_names[1:]:
        gaps = set(table.filter(pc.is_null(table.column(name))).column("row_id").to_pylist())
        assert set(cells_of(result, name).column("row_id").to_pylist()) <= gaps


def test_values_are_near_the_truth_and_intervals_hold_it(shop: tuple[pa.Table, pa.Table, ImputeResult]) -> None:
    _, truth, result = shop
    cells = cells_of(result, "total")
    right = np.array(truth_of(truth, cells, "total"), dtype=np.float64)
    guess = cells.column("value_number").to_numpy()
    assert np.sqrt(np.mean((guess - right) ** 2)) < 0.6 * right.std()
    inside = (cells.column("lower").to_numpy() <= right) & (right <= cells.column("upper").to_numpy())
    assert 0.8 <= inside.mean() <= 0.98
    plans = cells_of(result, "plan")
    hits = np.mean([a == b for a, b in zip(plans.column("value").to_pylist(), truth_of(truth, plans, "plan"), strict=True)])
    assert hits > 0.9
    assert abs(float(np.mean(plans.column("confidence").to_numpy())) - hits) < 0.1


def test_values_obey_type_range_and_precision(shop: tuple[pa.Table, pa.Table, ImputeResult]) -> None:
    table, _, result = shop
    months = cells_of(result, "months")
    assert all("." not in text for text in months.column("value").to_pylist())
    for name in ("months", "price", "total"):
        low, high = pc.min_max(table.column(name)).as_py().values()
        cells = cells_of(result, name)
        for column in ("value_number", "lower", "upper"):
            assert low <= pc.min(cells.column(column)).as_py() <= pc.max(cells.column(column)).as_py() <= high
        assert pc.all(pc.less_equal(cells.column("lower"), cells.column("value_number"))).as_py()
        assert pc.all(pc.less_equal(cells.column("value_number"), cells.column("upper"))).as_py()
    since = cells_of(result, "since")
    assert [d.isoformat() for d in since.column("value_date").to_pylist()] == since.column("value").to_pylist()
    cards = cells_of(result, "pays_by_card")
    assert set(cards.column("value").to_pylist()) <= {"true", "false"}
    assert [b == "true" for b in cards.column("value").to_pylist()] == cards.column("value_boolean").to_pylist()
    assert max(len(text.split(".")[-1]) for text in cells_of(result, "price").column("value").to_pylist() if "." in text) <= 2


def test_same_seed_gives_the_same_bits() -> None:
    table = shop_table(rows=500)[0].select(["row_id", "plan", "price", "months"])
    options = ImputeOptions(seed=3, max_training_rows=400)
    first, second = impute(table, options), impute(table, options)
    assert first.cells.equals(second.cells)
    assert first.summary == second.summary


@pytest.mark.parametrize(
    "name",
    [
        "email",
        "Emails",
        "attributes.phone",
        "birthDate",
        "given_name",
        "consent",
        "consent_marketing",
        "postal_addresses",
        "Full Name",
    ],
)
def test_identity_contact_and_consent_are_refused(name: str) -> None:
    with pytest.raises(ImputeRefusedError, match="never imputed"):
        impute(pa.table({"row_id": ["a", "b"], name: ["x", None]}), ImputeOptions())


def test_a_phone_plan_is_not_a_phone_number() -> None:
    result = impute(pa.table({"row_id": ["a", "b"], "phone_plan": ["x", None]}), ImputeOptions())
    assert verdict(result, "phone_plan").abstained


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"x": [1.0, None]}),
        pa.table({"row_id": ["a", "a"], "x": [1.0, None]}),
        pa.table({"row_id": ["a", None], "x": [1.0, None]}),
        pa.Table.from_arrays([pa.array(["a"]), pa.array([1]), pa.array([2])], names=["row_id", "x", "x"]),
    ],
)
def test_unsound_tables_are_refused(table: pa.Table) -> None:
    with pytest.raises(ImputeRefusedError):
        impute(table, ImputeOptions())


def test_meaningless_options_are_refused() -> None:
    with pytest.raises(ImputeRefusedError, match="level"):
        ImputeOptions(level=1.5)


def test_empty_tiny_and_hopeless_columns_are_left_alone_with_a_reason() -> None:
    empty = pa.table({"row_id": pa.array([], pa.string()), "x": pa.array([], pa.float64())})
    assert impute(empty, ImputeOptions()).cells.num_rows == 0
    one = impute(pa.table({"row_id": ["a"], "x": pa.array([None], pa.float64()), "y": [1]}), ImputeOptions())
    assert verdict(one, "x").reason == "no_observed_values"
    rows = 400
    table = pa.table(
        {
            "row_id": [str(i) for i in range(rows)],
            "nothing": pa.nulls(rows),
            "empty_number": pa.nulls(rows, pa.float64()),
            "constant": gappy([5] * rows, 0.2, 1),
            "login": gappy([f"user-{i}" for i in range(rows)], 0.2, 2),
            "nested": pa.array([[1]] * (rows - 1) + [None]),
            "rare": [None] * 10 + ["a"] * (rows - 13) + ["b"] * 3,
            "full": list(range(rows)),
        },
    )
    result = impute(table, ImputeOptions())
    reasons = {c.column: c.reason for c in result.summary.columns}
    assert reasons == {
        "nothing": "no_observed_values",
        "empty_number": "no_observed_values",
        "constant": "constant",
        "login": "high_cardinality",
        "nested": "unsupported_type",
        "rare": "too_few_observed",
        "full": "no_gaps",
    }
    assert result.cells.num_rows == 0


def test_hostile_values_pass_through_unharmed() -> None:
    rng = np.random.default_rng(4)
    rows = 600
    side = rng.random(rows) < 0.5
    words = np.where(side, "<script>alert(1)</script>", "=cmd|' /C calc'!A0 \u202e\n{}%s")
    numbers = np.where(side, 1.0, 9.0) + rng.random(rows)
    numbers[:6] = [np.inf, -np.inf, 1e308, -1e308, np.nan, 1e31]
    table = pa.table(
        {
            "row_id": [f"{i}'; --" for i in range(rows)],
            "words": gappy(words.tolist(), 0.2, 5),
            "numbers": gappy(numbers.tolist(), 0.2, 6),
        },
    )
    result = impute(table, ImputeOptions())
    assert set(cells_of(result, "words").column("value").to_pylist()) <= set(words.tolist())
    assert pc.max(cells_of(result, "numbers").column("value_number")).as_py() <= 10.0
    assert verdict(result, "numbers").missing == table.column("numbers").null_count + int(
        numbers[4] != numbers[4] and table.column("numbers")[4].is_valid
    )


def test_values_are_learnt_from_a_sample_however_long_the_table_is() -> None:
    rows = 60_000
    rng = np.random.default_rng(8)
    x = rng.normal(size=rows)
    table = pa.table({"row_id": pa.array(np.arange(rows)).cast(pa.string()), "x": x, "y": gappy((2 * x).tolist(), 0.3, 9)})
    result = impute(table, ImputeOptions(max_training_rows=1_000, chunk_rows=5_000))
    assert result.summary.training_rows == 1_000
    assert verdict(result, "y").imputed == table.column("y").null_count


def test_gaps_beyond_the_column_budget_are_left_with_that_reason() -> None:
    table = shop_table(rows=600)[0].select(["row_id", "plan", "price", "months"])
    result = impute(table, ImputeOptions(max_target_columns=1, max_training_rows=600))
    assert sum(c.reason == "column_budget" for c in result.summary.columns) == len(table.column_names) - 2
