"""From transactions with nested lines, as the vault sends them, to recommendations and a report of rules."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from analysis_worker.pipeline.adapters.associate import AssociateAdapter, purchase_lines
from analysis_worker.pipeline.product_names import product_names
from analysis_worker.pipeline.step_adapter import StepInputs
from helpers.shopping import NOW, shopped
from strongroom.api.v1.transaction_pb2 import Transaction, TransactionLine
from vault_server.records.columns import field_columns

_FIELDS = Transaction.DESCRIPTOR.fields_by_name


def _sent(rows: Sequence[int], transactions: Sequence[Transaction]) -> pa.Table:
    """A table as a read session makes it: the vault's own columns, in two batches."""
    columns = [column for name in ("kind", "time", "lines") for column in field_columns(_FIELDS[name])]
    batches = [slice(0, len(rows) // 2), slice(len(rows) // 2, len(rows))]
    return pa.concat_tables(
        pa.table(
            [pa.array(rows[part], pa.int64()), *(column.array(transactions[part]) for column in columns)],
            names=["row_id", *(column.name for column in columns)],
        )
        for part in batches
    )


def _bought(*lines: TransactionLine, kind: int = 1) -> Transaction:
    one = Transaction(kind=kind, lines=lines)  # type: ignore[arg-type]  # an enum's number
    one.time.FromJsonString("2026-10-01T00:00:00Z")
    return one


def test_a_product_is_its_stock_keeping_unit_else_its_description() -> None:
    transactions = [
        _bought(TransactionLine(sku=" A1 ", description="Tea"), TransactionLine(description="Cup ")),
        _bought(),
        _bought(TransactionLine(sku="B2"), kind=2),
        _bought(TransactionLine(sku="C3", quantity_milli=-1000), TransactionLine(quantity_milli=1000), kind=0),
        _bought(TransactionLine(sku="D4"), kind=0),
    ]
    found = purchase_lines(_sent([7, 7, 8, 9, 9], transactions))
    assert found.select(["row_id", "transaction", "product"]).to_pylist() == [
        {"row_id": 7, "transaction": 0, "product": "A1"},
        {"row_id": 7, "transaction": 0, "product": "Cup"},
        {"row_id": 9, "transaction": 3, "product": "D4"},
    ]


def test_without_lines_there_is_nothing_to_go_by() -> None:
    assert purchase_lines(None).num_rows == 0
    assert purchase_lines(_sent([1], [_bought()]).drop_columns(["lines"])).num_rows == 0


@pytest.mark.parametrize("bundles", [True, False])
def test_recommendations_reach_customers_and_rules_the_report(*, bundles: bool) -> None:
    people = shopped(1_500, bundles=bundles)
    rows, products = (people.lines.column(name).to_pylist() for name in ("row_id", "product"))
    sent = _sent(rows, [_bought(TransactionLine(sku=product)) for product in products])
    customers = pa.table({"row_id": people.rows, "kind": pa.repeat("person", len(people.rows))})
    inputs = StepInputs(customers=customers, transactions=sent, options={}, seed=1, as_of=NOW, threads=1)
    computed = AssociateAdapter().compute(inputs)
    ids = pa.array([number.to_bytes(16, "big") for number in range(1_500)], pa.binary(16))
    lines = computed.table.set_column(0, "row_id", ids.take(computed.table.column("row_id").combine_chunks()))
    derived = list(AssociateAdapter().derive(lines))
    entries = computed.report["entries"]
    assert isinstance(entries, list)
    assert (len(derived) > 0) == (len(entries) > 0) == bundles
    assert len({row for row, _ in derived}) == len(derived) == computed.summary["recommended"]
    assert all(one.recommendations[0].because for _, one in derived)
    assert all(entry["customers"] >= 30 for entry in entries)


def test_a_product_is_called_what_most_customers_bought_it_as_and_never_what_few_did() -> None:
    def line(row: int, product: str, description: str | None) -> dict[str, object]:
        return {"row_id": row, "product": product, "description": description}

    lines = [line(row, "A1", "Green tea") for row in range(20)] + [line(99, "A1", "engraved for Ada")] * 30
    lines += [line(row, "B2", "Cup") for row in range(10)] + [line(row, "C3", "Cup") for row in range(12)]
    lines += [line(row, "D4", "Gift") for row in range(9)] + [line(row, "Salt", "Salt") for row in range(30)]
    lines += [line(row, "E5", None) for row in range(30)]
    table = pa.Table.from_pylist(
        lines, schema=pa.schema({"row_id": pa.int64(), "product": pa.string(), "description": pa.string()})
    )
    assert product_names(table, ["A1", "B2", "C3", "D4", "E5", "Salt"]) == {
        "A1": "Green tea",
        "B2": "Cup (B2)",
        "C3": "Cup (C3)",
    }
    assert product_names(table, ["B2"]) == {"B2": "Cup"}
    assert product_names(table, []) == {}


def test_recommendations_and_rules_are_told_by_name_and_keep_the_unit() -> None:
    people = shopped(1_500, bundles=True)
    rows, products = (people.lines.column(name).to_pylist() for name in ("row_id", "product"))
    sent = _sent(rows, [_bought(TransactionLine(sku=product, description=f"Thing {product}")) for product in products])
    customers = pa.table({"row_id": people.rows, "kind": pa.repeat("person", len(people.rows))})
    inputs = StepInputs(customers=customers, transactions=sent, options={}, seed=1, as_of=NOW, threads=1)
    computed = AssociateAdapter().compute(inputs)
    assert {one["head"][:6] for one in computed.report["entries"]} == {"Thing "}  # type: ignore[union-attr, index, call-overload]  # JSON
    ids = pa.array([number.to_bytes(16, "big") for number in range(1_500)], pa.binary(16))
    lines = computed.table.set_column(0, "row_id", ids.take(computed.table.column("row_id").combine_chunks()))
    for _, derived in AssociateAdapter().derive(lines):
        for one in derived.recommendations:
            assert one.product_name == f"Thing {one.product}"
            assert list(one.because_names) == [f"Thing {product}" for product in one.because]
