"""The input as typed rows: what the step reads of each customer, absent columns as absent values.

Rules: rows are read a slice at a time, so memory is bounded by the slice; `unparsed` cells belong to the field they
failed to become.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

INPUT_FIELDS = (
    "row_id", "given_name", "family_name", "full_name", "gender", "birth_date", "stated_age",
    "emails", "phones", "addresses", "language", "unparsed",
)  # fmt: skip
ADDRESS_PARTS = ("street", "line2", "city", "region", "postal_code", "country")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The parts of a postal address that rules read."""

    street: str | None
    line2: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One customer; `position` is its row in the input."""

    position: int
    given_name: str | None
    family_name: str | None
    full_name: str | None
    gender: str | None
    birth_date: str | None
    stated_age: int | None
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    addresses: tuple[Address, ...]
    language: str | None
    unparsed: Mapping[str, str]


def people(table: pa.Table, slice_rows: int) -> Iterator[Person]:
    """Yield the rows of `table` in order."""
    for start in range(0, table.num_rows, slice_rows):
        yield from _slice(table.slice(start, slice_rows), start)


def _cells(part: pa.Table, name: str) -> list[object]:
    return part.column(name).to_pylist() if name in part.column_names else [None] * part.num_rows


def _slice(part: pa.Table, start: int) -> Iterator[Person]:
    columns = [_cells(part, name) for name in INPUT_FIELDS[1:]]
    for offset, cells in enumerate(zip(*columns, strict=True)):
        given, family, full, gender, birth, age, emails, phones, addresses, language, unparsed = cells
        yield Person(
            position=start + offset,
            given_name=_text(given),
            family_name=_text(family),
            full_name=_text(full),
            gender=_text(gender),
            birth_date=_text(birth),
            stated_age=age if isinstance(age, int) else None,
            emails=_texts(emails),
            phones=_texts(phones),
            addresses=tuple(_address(item) for item in addresses) if isinstance(addresses, list) else (),
            language=_text(language),
            unparsed=_mapping(unparsed),
        )


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) and cell else None


def _texts(cell: object) -> tuple[str, ...]:
    return tuple(item if isinstance(item, str) else "" for item in cell) if isinstance(cell, list) else ()


def _address(cell: object) -> Address:
    parts = cell if isinstance(cell, dict) else {}
    return Address(**{name: _text(parts.get(name)) for name in ADDRESS_PARTS})


def _mapping(cell: object) -> dict[str, str]:
    if not isinstance(cell, list):
        return {}
    return {key: value for key, value in cell if isinstance(key, str) and isinstance(value, str)}


def value_counts(column: pa.ChunkedArray) -> dict[str, int]:
    """Return how often each text occurs in a text or list-of-text column, nulls aside."""
    flat = pc.list_flatten(column) if pa.types.is_list(column.type) or pa.types.is_large_list(column.type) else column
    counted = flat.drop_null().value_counts()
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
