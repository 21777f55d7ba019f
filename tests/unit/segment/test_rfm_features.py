from datetime import UTC, datetime

import pyarrow as pa

from analysis_worker.steps.segment import RFM_COLUMNS, rfm_features, with_rfm

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)


def transactions(*rows: tuple[str, str, int | None, str, str]) -> pa.Table:
    """Rows are customer, day in 2026 as MM-DD, minor units, currency, kind."""
    times = [datetime.fromisoformat(f"2026-{day}T00:00:00+00:00") for _, day, *_ in rows]
    return pa.table(
        {
            "row_id": pa.array([row[0] for row in rows], pa.string()),
            "time": pa.array(times, pa.timestamp("us", "UTC")),
            "amount_minor": pa.array([row[2] for row in rows], pa.int64()),
            "currency": pa.array([row[3] for row in rows], pa.string()),
            "kind": pa.array([row[4] for row in rows], pa.string()),
        }
    )


def features(customers: list[str], *rows: tuple[str, str, int | None, str, str]) -> list[tuple[object, ...]]:
    table = rfm_features(pa.chunked_array([pa.array(customers)]), transactions(*rows), AS_OF)
    return [tuple(row[name] for name in RFM_COLUMNS) for row in table.to_pylist()]


def test_purchases_give_recency_frequency_money_and_tenure() -> None:
    rows = [("a", "06-20", 1000, "EUR", "PURCHASE"), ("a", "06-10", 500, "EUR", "PURCHASE")]
    assert features(["a"], *rows) == [(10.0, 2, 1500.0, 20.0)]


def test_refund_reduces_money_and_nothing_else_whatever_its_sign() -> None:
    rows = [
        ("a", "06-20", 1000, "EUR", "PURCHASE"),
        ("a", "06-25", 300, "EUR", "REFUND"),
        ("a", "06-26", -200, "EUR", "REFUND"),
    ]
    assert features(["a"], *rows) == [(10.0, 1, 500.0, 10.0)]


def test_customer_without_purchase_has_no_recency() -> None:
    assert features(["a", "b"], ("a", "06-20", 1000, "EUR", "PURCHASE"))[1] == (None, 0, 0.0, None)


def test_money_of_a_rare_currency_is_never_added() -> None:
    rows = [
        ("a", "06-20", 1000, "EUR", "PURCHASE"),
        ("a", "06-20", 9000, "USD", "PURCHASE"),
        ("b", "06-20", 100, "USD", "PURCHASE"),
        ("c", "06-20", 100, "EUR", "PURCHASE"),
        ("c", "06-21", 100, "EUR", "PURCHASE"),
    ]
    assert [row[2] for row in features(["a", "b", "c"], *rows)] == [1000.0, None, 200.0]


def test_the_median_purchase_of_a_frequent_currency_counts_like_the_main_ones() -> None:
    main = [("c", "06-01", 2000, "EUR", "PURCHASE")] * 40
    other = [("d", "06-01", 9000, "PLN", "PURCHASE")] * 30
    rows = [*main, *other, ("a", "06-20", 18_000, "PLN", "PURCHASE"), ("a", "06-21", 4500, "PLN", "REFUND")]
    assert features(["a", "c", "d"], *rows)[0][2] == 3000.0


def test_what_happens_after_the_as_of_moment_is_not_known() -> None:
    assert features(["a"], ("a", "07-01", 1000, "EUR", "PURCHASE")) == [(None, 0, 0.0, None)]


def test_transactions_of_strangers_are_ignored_and_order_is_kept() -> None:
    rows = [("z", "06-20", 7, "EUR", "PURCHASE"), ("b", "06-29", 5, "EUR", "PURCHASE")]
    assert features(["b", "a"], *rows) == [(1.0, 1, 5.0, 1.0), (None, 0, 0.0, None)]


def test_no_transactions_at_all_give_zeroes() -> None:
    assert features(["a"]) == [(None, 0, 0.0, None)]


def test_features_are_appended_to_the_customers() -> None:
    customers = pa.table({"row_id": ["a"], "age": [40]})
    table = with_rfm(customers, transactions(("a", "06-20", 1000, "EUR", "PURCHASE")), AS_OF)
    assert table.column_names == ["row_id", "age", *RFM_COLUMNS]


def test_absent_currency_is_the_tenants_own() -> None:
    table = transactions(("a", "06-20", 1000, "", "PURCHASE"))
    unsaid = table.set_column(3, "currency", pa.nulls(1, pa.string()))
    assert rfm_features(pa.chunked_array([["a"]]), unsaid, AS_OF).column("monetary").to_pylist() == [1000.0]
