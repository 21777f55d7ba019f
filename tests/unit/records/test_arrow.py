"""Rows as Arrow record batches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from helpers.records import attribute_definitions, customer, need, transaction
from strongroom.api.v1.customer_pb2 import (
    PROPOSAL_STATE_ACCEPTED,
    AttributeValue,
    Correction,
    DerivedData,
    EntityAssignment,
    ImputedValue,
    SegmentAssignment,
)
from vault_server.errors import InvalidArgumentError
from vault_server.ports.records import RecordKind
from vault_server.records.arrow import ArrowEncoder, schema
from vault_server.records.dictionary import Dictionary, Record
from vault_server.records.projection import field_names
from vault_server.records.sealing import canonical

DICTIONARY = Dictionary()
ATTRIBUTES = attribute_definitions()
IDS = [bytes([number]) * 16 for number in range(3)]


def rows(kind: RecordKind, fields: tuple[str, ...], plaintexts: list[bytes], **options: Any) -> list[dict[str, Any]]:
    """Encodes as the vault does, decodes as a client does."""
    encoder = ArrowEncoder(DICTIONARY, kind, fields, ATTRIBUTES, visible_fields=options.pop("visible_fields", ()))
    message = encoder.encode(plaintexts, row_ids=IDS[: len(plaintexts)], **options)
    read_schema = pa.ipc.read_schema(pa.py_buffer(encoder.schema_bytes))
    batch = pa.ipc.read_record_batch(pa.py_buffer(message), read_schema)
    batch.validate(full=True)
    assert read_schema == schema(DICTIONARY, kind, fields, ATTRIBUTES)
    decoded: list[dict[str, Any]] = batch.to_pylist()
    return decoded


def test_scalar_fields_in_the_order_asked_for() -> None:
    [row] = rows(RecordKind.CUSTOMER, ("emails", "given_name", "gender", "kind"), [canonical(customer())])
    assert list(row) == ["row_id", "emails", "given_name", "gender", "kind"]
    assert row == {
        "row_id": IDS[0],
        "emails": ["Anna.Bergmann@example.org"],
        "given_name": "Anna",
        "gender": "female",
        "kind": None,
    }


@pytest.mark.parametrize("kind", [RecordKind.CUSTOMER, RecordKind.TRANSACTION, RecordKind.NEED])
def test_empty_record_of_every_kind_has_nulls_and_empty_lists(kind: RecordKind) -> None:
    [row] = rows(kind, field_names(DICTIONARY, kind, ATTRIBUTES), [b""])
    values = [value for name, value in row.items() if name not in {"row_id", "customer_id", "total_minor"}]
    assert all(value is None or value == [] for value in values)


@pytest.mark.parametrize(
    ("kind", "record"),
    [(RecordKind.CUSTOMER, customer()), (RecordKind.TRANSACTION, transaction()), (RecordKind.NEED, need())],
)
def test_batch_without_rows_and_batch_of_mixed_rows(kind: RecordKind, record: Record) -> None:
    fields = field_names(DICTIONARY, kind, ATTRIBUTES)
    assert rows(kind, fields, []) == []
    full = canonical(record)
    first, second, third = rows(kind, fields, [full, b"", full])
    assert {**first, "row_id": None, "customer_id": None} == {**third, "row_id": None, "customer_id": None}
    assert second != first


def test_nested_fields_are_structs_in_lists() -> None:
    [row] = rows(RecordKind.CUSTOMER, ("addresses", "external_ids", "provenance"), [canonical(customer())])
    assert row["addresses"] == [
        {"street": "Lange Str. 5", "line2": None, "city": "Berlin", "region": None, "postal_code": "10115", "country": "DE"}
    ]
    assert row["external_ids"] == [{"source": "crm", "id": "C-12345"}]
    assert row["provenance"] == {"source": "crm", "import_batch": "b1", "line": 4}


def test_transaction_with_lines_and_time() -> None:
    fields = ("customer_id", "time", "kind", "total_minor", "currency", "lines", "external_id")
    [row] = rows(RecordKind.TRANSACTION, fields, [canonical(transaction())], customer_ids=[IDS[2]])
    assert row["customer_id"] == IDS[2]
    assert row["time"].astimezone(UTC) == datetime.fromtimestamp(1_700_000_000, UTC)
    assert (row["kind"], row["total_minor"], row["currency"]) == ("purchase", 2999, "EUR")
    assert row["lines"] == [{"sku": "sku-1", "description": "Garden hose", "quantity_milli": 1500, "unit_price_minor": 1999}]
    assert row["external_id"] == {"source": "shop", "id": "T-1"}


def test_income_is_two_columns_and_zero_is_not_nothing() -> None:
    record = customer(stated_age=0)
    record.income.amount_minor = 0
    [row] = rows(RecordKind.CUSTOMER, ("income", "stated_age"), [canonical(record)])
    assert (row["income_minor"], row["income_currency"], row["stated_age"]) == (0, None, 0)


def test_attributes_have_their_declared_types() -> None:
    record = customer(
        attributes={
            "visits": AttributeValue(int_value=0),
            "score": AttributeValue(double_value=0.5),
            "member": AttributeValue(bool_value=False),
            "joined": AttributeValue(date_value="2020-02-29"),
        }
    )
    names = tuple(f"attributes.{key}" for key in ("visits", "score", "member", "joined", "nickname"))
    first, second = rows(RecordKind.CUSTOMER, names, [canonical(record), canonical(customer())])
    assert [first[name] for name in names] == [0, 0.5, False, "2020-02-29", None]
    assert [second[name] for name in names] == [None] * 5


def test_unparsed_cells_are_a_map() -> None:
    [row] = rows(RecordKind.CUSTOMER, ("unparsed",), [canonical(customer(unparsed={"b": "2", "a": "1"}))])
    assert row["unparsed"] == [("a", "1"), ("b", "2")]


def test_derived_data_and_rows_without_any() -> None:
    derived = DerivedData(
        entity=EntityAssignment(entity="e1"),
        segment=SegmentAssignment(segment=2, label="loyal"),
        imputed=[
            ImputedValue(field="stated_age", value=AttributeValue(int_value=40), lower=30.0),
            ImputedValue(field="income", value=AttributeValue(int_value=1)),
        ],
        corrections=[Correction(field="emails[0]", before="a", after="b", state=PROPOSAL_STATE_ACCEPTED)],
    )
    first, second = rows(
        RecordKind.CUSTOMER,
        ("entity", "segment", "imputed", "corrections"),
        [b"", b""],
        derived=[derived.SerializeToString(), None],
        visible_fields=("stated_age", "emails"),
    )
    assert (first["entity"], first["segment"], first["segment_label"]) == ("e1", 2, "loyal")
    assert [(one["field"], one["value"], one["lower"], one["upper"]) for one in first["imputed"]] == [
        ("stated_age", "40", 30.0, None)
    ]
    assert first["corrections"][0]["state"] == "accepted"
    assert (second["entity"], second["segment"], second["imputed"]) == (None, None, [])


@pytest.mark.parametrize("name", ["name", "nope", "attributes", "attributes.undefined"])
def test_unknown_column_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        ArrowEncoder(DICTIONARY, RecordKind.CUSTOMER, (name,), ATTRIBUTES)


def test_batch_holds_no_bytes_of_other_fields() -> None:
    encoder = ArrowEncoder(DICTIONARY, RecordKind.CUSTOMER, ("given_name",), ATTRIBUTES)
    assert b"Bergmann" not in encoder.encode([canonical(customer())], row_ids=IDS[:1])
