"""Columns without a field become attributes: a key, a type that the values support, and a category.

Rules: a type is taken when at least 95 % of the sampled values have it, so a few bad cells do not turn numbers into text;
digits with leading zeros are text; what the vault already defines is used as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from strongroom.api.v1 import attribute_service_pb2 as api
from strongroom.api.v1.customer_pb2 import AttributeValue
from strongroom.api.v1.rules_pb2 import (
    CATEGORY_BEHAVIOUR,
    CATEGORY_DEMOGRAPHIC,
    CATEGORY_FINANCIAL,
    CATEGORY_NEED,
    CATEGORY_SPECIAL,
    Category,
)
from strongroom_cli.faults import BadFileError
from strongroom_cli.importing import cells
from strongroom_cli.importing.mapping import AttributeChoice
from strongroom_cli.importing.words import folded

_LONGEST_KEY = 63
_ENOUGH = 0.95
_LONGEST_TEXT = 10_000
_TYPE_BY_NAME = {
    "string": api.ATTRIBUTE_TYPE_STRING,
    "int": api.ATTRIBUTE_TYPE_INT,
    "double": api.ATTRIBUTE_TYPE_DOUBLE,
    "bool": api.ATTRIBUTE_TYPE_BOOL,
    "date": api.ATTRIBUTE_TYPE_DATE,
}
NAME_BY_TYPE = {value: name for name, value in _TYPE_BY_NAME.items()}
_SPECIAL = re.compile(
    r"relig|health|gesundh|ethnic|\brace\b|disab|behinder|union|gewerk|sexual|orientation|politic|biometr|diagnos|medic"
)
_FINANCIAL = re.compile(r"income|salar|charge|spend|amount|price|balance|credit|iban|account|revenue|budget|cost|payment")
_BEHAVIOUR = re.compile(
    r"churn|contract|usage|visit|login|tenure|service|plan|subscri|newsletter|channel|loyal|signup|click|order|purchase|last_|internet|stream"
    r"|satisf|device|backup|security|support|billing|lines|raffle|campaign|score"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeColumn:
    """One column that becomes an attribute; `unit` is what the map file says and the vault does not know yet."""

    column: str
    key: str
    type: api.AttributeType.ValueType
    category: Category.ValueType
    new: bool
    unit: str = ""


def attribute_columns(
    columns: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    choices: Mapping[str, AttributeChoice],
    defined: Mapping[str, api.AttributeDefinition],
    *,
    kind: api.RecordKind.ValueType,
    elsewhere: frozenset[str] = frozenset(),
) -> list[AttributeColumn]:
    """Return what each column becomes.

    Args:
        columns: the columns without a field.
        samples: their values, by column.
        choices: what the map file says, by column.
        defined: the vault's definitions of this kind, by key.
        kind: kind of record.
        elsewhere: keys that the vault defines for other kinds of record; one key means one thing.
    """
    found: list[AttributeColumn] = []
    taken: set[str] = set()
    prefix = api.RecordKind.Name(kind).removeprefix("RECORD_KIND_").lower()
    for column in columns:
        choice = choices.get(column)
        key = choice.key if choice is not None else _key(column, taken)
        if choice is None and key in elsewhere:
            key = _key(f"{prefix}_{key}", taken)
        taken.add(key)
        known = defined.get(key)
        found.append(
            AttributeColumn(
                column=column,
                key=key,
                type=known.type if known is not None else _type(samples[column], choice),
                category=known.category if known is not None else _category(key, choice, kind),
                new=known is None,
                unit=_unit_to_tell(choice, known),
            )
        )
    return found


def _unit_to_tell(choice: AttributeChoice | None, known: api.AttributeDefinition | None) -> str:
    if choice is None or (known is not None and choice.unit == known.unit):
        return ""
    return choice.unit


def inferred_type(values: Sequence[str]) -> api.AttributeType.ValueType:
    """Return the narrowest type that nearly all values have."""
    given = [value for value in values if value and not cells.is_placeholder(value)]
    if not given:
        return api.ATTRIBUTE_TYPE_STRING
    needed = _ENOUGH * len(given)
    padded = sum(len(value) > 1 and value[0] == "0" and value.isdigit() for value in given)
    if not padded and sum(cells.parse_int(value) is not None for value in given) >= needed:
        return api.ATTRIBUTE_TYPE_INT
    if not padded and sum(cells.parse_number(value) is not None for value in given) >= needed:
        return api.ATTRIBUTE_TYPE_DOUBLE
    if sum(cells.parse_bool(value) is not None for value in given) >= needed:
        return api.ATTRIBUTE_TYPE_BOOL
    order = cells.date_order(list(given))
    if sum(cells.parse_date(value, order) is not None for value in given) >= needed:
        return api.ATTRIBUTE_TYPE_DATE
    return api.ATTRIBUTE_TYPE_STRING


def attribute_value(text: str, type_: api.AttributeType.ValueType, order: cells.DateOrder) -> AttributeValue | None:
    """Return a cell as a value of the type, None where it is none."""
    if type_ == api.ATTRIBUTE_TYPE_INT:
        whole = cells.parse_int(text)
        return AttributeValue(int_value=whole) if whole is not None else None
    if type_ == api.ATTRIBUTE_TYPE_DOUBLE:
        number = cells.parse_number(text)
        return AttributeValue(double_value=number) if number is not None else None
    if type_ == api.ATTRIBUTE_TYPE_BOOL:
        truth = cells.parse_bool(text)
        return AttributeValue(bool_value=truth) if truth is not None else None
    if type_ == api.ATTRIBUTE_TYPE_DATE:
        day = cells.parse_date(text, order)
        return AttributeValue(date_value=day) if day is not None else None
    return AttributeValue(string_value=text) if len(text) <= _LONGEST_TEXT and not cells.is_sure_placeholder(text) else None


def _key(column: str, taken: set[str]) -> str:
    plain = folded(column.removeprefix("attributes."))
    name = (plain if plain[:1].isalpha() else f"column_{plain}".rstrip("_"))[:_LONGEST_KEY]
    number = 2
    unique = name
    while unique in taken:
        suffix = f"_{number}"
        unique = name[: _LONGEST_KEY - len(suffix)] + suffix
        number += 1
    return unique


def _type(values: Sequence[str], choice: AttributeChoice | None) -> api.AttributeType.ValueType:
    if choice is None or not choice.type_name:
        return inferred_type(values)
    if choice.type_name not in _TYPE_BY_NAME:
        raise BadFileError(f"Attribute type `{choice.type_name}` does not exist.", hint=f"Types: {', '.join(_TYPE_BY_NAME)}.")
    return _TYPE_BY_NAME[choice.type_name]


def _category(key: str, choice: AttributeChoice | None, kind: api.RecordKind.ValueType) -> Category.ValueType:
    if choice is not None and choice.category:
        name = f"CATEGORY_{choice.category.upper()}"
        names = list(Category.keys())
        if name not in names:
            known = ", ".join(other.removeprefix("CATEGORY_").lower() for other in names[1:])
            raise BadFileError(f"Category `{choice.category}` does not exist.", hint=f"Categories: {known}.")
        return Category.Value(name)
    if kind == api.RECORD_KIND_TRANSACTION:
        return CATEGORY_BEHAVIOUR
    if kind == api.RECORD_KIND_NEED:
        return CATEGORY_NEED
    for pattern, category in ((_SPECIAL, CATEGORY_SPECIAL), (_BEHAVIOUR, CATEGORY_BEHAVIOUR), (_FINANCIAL, CATEGORY_FINANCIAL)):
        if pattern.search(key):
            return category
    return CATEGORY_DEMOGRAPHIC
