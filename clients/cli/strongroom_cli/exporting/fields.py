"""One row of a read as named cells: the field names of the session are the column names.

Rules: text that a spreadsheet would run as a formula is neutralised with an apostrophe in CSV; numbers are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from google.protobuf.message import Message

from strongroom_cli.derived_data import PARTS, derived_cell, derived_plain
from strongroom_cli.output import plain

if TYPE_CHECKING:
    from strongroom._sync.reads import Row
    from strongroom.api.v1.customer_pb2 import AttributeValue

DERIVED = frozenset(PARTS)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Value = object


def neutralised(text: str) -> str:
    """Return text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def json_row(row: Row, fields: Sequence[str]) -> dict[str, Value]:
    """Return the fields of a row as plain JSON values, unset ones left out."""
    record = plain(row.record)
    derived = derived_plain(row.derived) if row.derived is not None else {}
    found: dict[str, Value] = {}
    for field in fields:
        if field == "customer_id":
            found[field] = _customer_id(row.record)
        elif field in DERIVED:
            if field in derived:
                found[field] = derived[field]
        elif field.startswith("attributes."):
            value = getattr(row.record, "attributes").get(field.removeprefix("attributes."))  # noqa: B009 - every kind has it
            if value is not None:
                found[field] = attribute_plain(value)
        elif field in record:
            found[field] = record[field]
    return found


def csv_cell(row: Row, field: str, *, one_source: bool) -> str:
    """Return one cell of a CSV file."""
    if field == "customer_id":
        return _customer_id(row.record)
    if field in DERIVED:
        return "" if row.derived is None else neutralised(derived_cell(row.derived, field))
    if field.startswith("attributes."):
        value = getattr(row.record, "attributes").get(field.removeprefix("attributes."))  # noqa: B009 - every kind has it
        return "" if value is None else _plain_cell(attribute_plain(value))
    record = row.record
    if field not in record.DESCRIPTOR.fields_by_name:
        return ""
    if field in {"external_ids", "external_id"}:
        ids = list(getattr(record, field)) if field == "external_ids" else [getattr(record, field)]
        return neutralised(";".join(item.id if one_source else f"{item.source}:{item.id}" for item in ids if item.id))
    value = getattr(record, field)
    if isinstance(value, Message):
        return _message_cell(value) if any(found.name == field for found, _ in record.ListFields()) else ""
    if isinstance(value, str | int | float):
        return _scalar_cell(record, field, value)
    items = list(value)
    if items and all(isinstance(item, str) for item in items) and not hasattr(value, "items"):
        return neutralised(";".join(items))
    return json.dumps(plain(record).get(field), ensure_ascii=False) if items else ""


def attribute_plain(value: AttributeValue) -> Value:
    """Return what an attribute holds."""
    chosen = value.WhichOneof("value")
    return None if chosen is None else getattr(value, chosen)


def _customer_id(record: Message) -> str:
    name: str = getattr(record, "name")  # noqa: B009 - every kind of record has a name
    parts = name.split("/")
    return parts[parts.index("customers") + 1] if "customers" in parts else name


def _scalar_cell(record: Message, field: str, value: str | float) -> str:
    descriptor = record.DESCRIPTOR.fields_by_name[field]
    if descriptor.has_presence and all(found is not descriptor for found, _ in record.ListFields()):
        return ""
    if descriptor.enum_type is not None and isinstance(value, int):
        name = descriptor.enum_type.values_by_number[value].name
        return "" if name.endswith("_UNSPECIFIED") else name
    return _plain_cell(value)


def _plain_cell(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return neutralised(value) if isinstance(value, str) else "" if value is None else str(value)


def _message_cell(value: Message) -> str:
    to_json: Callable[[], str] | None = getattr(value, "ToJsonString", None)
    if to_json is not None:
        return to_json()
    return json.dumps(plain(value), ensure_ascii=False)
