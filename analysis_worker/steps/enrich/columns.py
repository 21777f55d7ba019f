"""Fields by path as plain columns: `language`, `attributes.tier`, `addresses[0].city`, `emails[0]`, `income.currency`.

Rules: an empty text is a gap; what people type to say nothing (`n/a`, `unknown`) is no gap, but never a value for another's;
a field that the table does not have is None, which is not the same as a column of gaps: it may be withheld, and what is
withheld is not filled.
"""

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.enrich.policy import INCOME_AMOUNT, INCOME_CURRENCY

_ITEM = re.compile(r"(?P<column>[a-z_]+)\[(?P<index>\d)\](?:\.(?P<part>[a-z_0-9]+))?")
_COLUMN_OF = {INCOME_AMOUNT: "income_minor", INCOME_CURRENCY: "income_currency"}

_SAYS_NOTHING = frozenset(
    "na n/a n.a. none null nil nan unknown unbekannt inconnu - -- --- . ? ?? x xx xxx tbd tba todo test missing empty".split()  # noqa: SIM905 - reads as one line
)

Value = str | int | float | bool | None


def column_of(field: str) -> str:
    """Return the table's column that holds the field."""
    item = _ITEM.fullmatch(field)
    return item["column"] if item else _COLUMN_OF.get(field, field)


def cells_of(table: pa.Table, field: str) -> list[Value] | None:
    """Return the field of every row, None for a gap; None altogether where the table does not have it."""
    name = column_of(field)
    if name not in table.column_names:
        return None
    item = _ITEM.fullmatch(field)
    column = _item(table.column(name), int(item["index"]), item["part"]) if item else table.column(name)
    if column is None:
        return None
    return [None if isinstance(cell, str) and not cell.strip() else cell for cell in column.to_pylist()]


def kind_of(table: pa.Table, field: str) -> str:
    """Return the kind of the field's values, one of `result.KINDS`."""
    kind = table.schema.field(column_of(field)).type
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_integer(kind):
        return "int"
    return "double" if pa.types.is_floating(kind) else "text"


def _item(column: pa.ChunkedArray, index: int, part: str | None) -> pa.Array | None:
    lists = column.combine_chunks()
    if not pa.types.is_list(lists.type) and not pa.types.is_large_list(lists.type):
        return None
    long_enough = pc.fill_null(pc.greater(pc.list_value_length(lists), index), fill_value=False)
    places = pc.if_else(long_enough, pc.add(lists.offsets.slice(0, len(lists)), index), None)
    values = lists.values
    if part is not None:
        if not pa.types.is_struct(values.type) or values.type.get_field_index(part) < 0:
            return None
        values = pc.struct_field(values, part)
    return values.take(places)


def says_nothing(value: Value) -> bool:
    """Say whether the value only stands for one that somebody did not have."""
    return isinstance(value, str) and value.strip().casefold() in _SAYS_NOTHING


def compared(value: Value) -> str:
    """Return what two values must have in common to be equal: letters and digits, without case and accents."""
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    folded = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ø", "o"))
    return "".join(char for char in folded if char.isalnum())


def parsed(text: str, kind: str) -> Value:
    """Return the text as a value of the kind, None where it is none."""
    stripped = text.strip()
    if kind == "text":
        return stripped or None
    if kind == "bool":
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(stripped.lower())
    try:
        return int(stripped) if kind == "int" else float(stripped)
    except ValueError:
        return None
