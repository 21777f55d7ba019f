"""Columns that describe a customer: money by currency, dates as dates, transactions that do not say what they are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from analysis_worker.pipeline import features
from analysis_worker.pipeline.adapters.impute import ImputeAdapter, predictors
from analysis_worker.pipeline.adapters.segment import features as segment_features
from analysis_worker.pipeline.customers import Customers, restricted
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.step_adapter import StepInputs

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def _inputs(customers: dict[str, Any], transactions: dict[str, Any] | None = None) -> StepInputs:
    rows = len(next(iter(customers.values())))
    table = pa.table({"row_id": pa.array(range(rows), pa.int64()), **customers})
    bought = None if transactions is None else pa.table(transactions)
    return StepInputs(customers=table, transactions=bought, options={}, seed=1, as_of=AS_OF, threads=1)


def _bought(*lines: tuple[int, str | None, int, str]) -> dict[str, Any]:
    return {
        "row_id": pa.array([line[0] for line in lines], pa.int64()),
        "kind": pa.array([line[1] for line in lines], pa.string()),
        "time": pa.array([datetime(2026, 10, 22, tzinfo=UTC)] * len(lines), pa.timestamp("us", tz="UTC")),
        "total_minor": pa.array([line[2] for line in lines], pa.int64()),
        "currency": pa.array([line[3] for line in lines], pa.string()),
    }


def test_a_transaction_that_does_not_say_what_it_is_counts_by_its_sign() -> None:
    inputs = _inputs({"language": ["en"]}, _bought((0, None, 500, "GBP"), (0, None, -200, "GBP"), (0, "refund", 100, "GBP")))
    found = features.purchase_features(inputs)
    assert found is not None
    assert found.to_pylist() == [{"row_id": 0, "recency_days": 10.0, "frequency": 1, "monetary": 200.0, "tenure_days": 10.0}]


def test_a_purpose_that_withholds_the_money_leaves_purchases_out() -> None:
    bought = _bought((0, "purchase", 500, "GBP"))
    del bought["total_minor"]
    assert features.purchase_features(_inputs({"language": ["en"]}, bought)) is None


def test_an_attribute_is_a_date_only_if_every_cell_is_one() -> None:
    inputs = _inputs(
        {
            "attributes.since": ["2020-01-31", None],
            "attributes.note": ["2020-01-31", "soon"],
            "attributes.never": ["2020-02-31", None],
        }
    )
    table = features.with_dates(inputs.customers)
    assert [str(kind) for kind in table.schema.types] == ["int64", "date32[day]", "string", "string"]
    assert table.column("attributes.since").to_pylist() == [date(2020, 1, 31), None]


def test_segment_leaves_incomes_in_other_currencies_out() -> None:
    inputs = _inputs({"income_minor": [100, 200, 999], "income_currency": ["GBP", "GBP", "PLN"]})
    assert segment_features(inputs).column("income").to_pylist() == [100, 200, None]


def test_earlier_segments_are_no_feature() -> None:
    earlier = {"segment": pa.array([3], pa.int32()), "segment_label": ["Frequent"]}
    inputs = _inputs({"language": ["en"], "attributes.segment": ["b2b"], **earlier})
    assert segment_features(inputs).to_pylist() == [{"row_id": 0, "language": "en", "segment": "b2b"}]
    assert set(restricted(inputs.customers, {"segment"}).column_names) == {"row_id", "segment", "segment_label"}


def test_segment_reads_attributes_under_their_keys_unless_a_field_has_that_name() -> None:
    inputs = _inputs({"language": ["en"], "attributes.language": ["de"], "attributes.tier": ["gold"]})
    assert segment_features(inputs).column_names == ["row_id", "language", "attributes.language", "tier"]


def test_impute_knows_the_currency_of_a_missing_income_from_what_the_customer_pays_in() -> None:
    customers = {"income_minor": [100, 100, None, None], "income_currency": ["PLN", "GBP", None, None]}
    inputs = _inputs(customers, _bought((2, "purchase", 1, "GBP"), (2, "purchase", 1, "GBP"), (2, "purchase", 1, "PLN")))
    assert predictors(inputs).column("income_currency").to_pylist() == ["PLN", "GBP", "GBP", "not said"]


def test_impute_takes_the_only_currency_there_is() -> None:
    inputs = _inputs({"income_minor": [100, None], "income_currency": ["PLN", None]})
    assert predictors(inputs).column("income_currency").to_pylist() == ["PLN", "PLN"]


def test_the_currency_that_an_import_kept_beside_an_absent_income_is_used() -> None:
    customers = {
        "income_minor": [100, 100, None],
        "income_currency": ["PLN", "GBP", None],
        "attributes.currency": [None, None, "PLN"],
    }
    table = predictors(_inputs(customers))
    assert table.column("income_currency").to_pylist() == ["PLN", "GBP", "PLN"]
    assert "attributes.currency" not in table.column_names


def test_helping_columns_have_no_gaps_and_identity_no_estimate() -> None:
    inputs = _inputs({"kind": ["person", None], "gender": [None, "female"]}, _bought((1, "purchase", 5, "GBP")))
    table = predictors(inputs)
    assert table.column("gender").to_pylist() == ["not said", "female"]
    assert all(table.column(name).null_count == 0 for name in table.column_names)


def test_attributes_that_hold_contact_never_come_near_impute() -> None:
    assert predictors(_inputs({"attributes.mobile": ["0113"], "attributes.tier": ["gold"]})).column_names == [
        "row_id",
        "attributes.tier",
    ]


def test_estimates_fill_gaps_in_the_type_of_their_column() -> None:
    customers = pa.table({"row_id": [0, 1], "stated_age": pa.array([None, 44], pa.int32()), "language": ["en", None]})
    lines = pa.table({"row_id": [0, 1], "column": ["stated_age", "language"], "value": ["31", "de"]})
    filled = ImputeAdapter().apply(customers, lines)
    assert filled.schema == customers.schema
    assert filled.to_pylist() == [
        {"row_id": 0, "stated_age": 31, "language": "en"},
        {"row_id": 1, "stated_age": 44, "language": "de"},
    ]


def test_rows_are_places_for_steps_and_pseudonyms_for_the_vault() -> None:
    names = [bytes([9]) * 16, bytes([3]) * 16]
    customers = Customers.of(pa.table({"row_id": pa.array(names, pa.binary(16)), "language": ["en", "de"]}))
    assert customers.table.column("row_id").to_pylist() == [0, 1]
    named = customers.named(pa.table({"row_id": [1, 0], "entity_row_id": [0, 0]}))
    assert named.column("row_id").to_pylist() == [names[1], names[0]]
    assert named.column("entity_row_id").to_pylist() == [names[0], names[0]]
    stranger = pa.table({"row_id": pa.array([bytes(16), names[1]], pa.binary(16)), "x": [1, 2]})
    assert customers.placed(stranger).to_pylist() == [{"row_id": 1, "x": 2}]


def test_a_row_that_comes_twice_is_refused() -> None:
    with pytest.raises(RunFailureError, match="twice"):
        Customers.of(pa.table({"row_id": pa.array([bytes(16)] * 2, pa.binary(16))}))


def test_nobody_to_read_is_an_empty_table() -> None:
    empty = Customers.of(pa.table({"row_id": pa.array([], pa.binary(16)), "language": pa.array([], pa.string())}))
    assert empty.table.num_rows == 0


def test_a_field_covers_its_attributes_and_the_two_columns_of_money() -> None:
    table = pa.table({"row_id": [1], "attributes.a": [1], "income_minor": [1], "income_currency": ["GBP"], "emails": [["x"]]})
    assert restricted(table, {"attributes", "income"}).column_names == [
        "row_id",
        "attributes.a",
        "income_minor",
        "income_currency",
    ]
