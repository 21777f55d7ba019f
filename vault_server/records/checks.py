"""Compiles what the dictionary says about a field into one function that finds what is wrong with a value.

A check is called with a value that is set, the list of findings and the path before the field; it builds a path or a message
only when it has found something, because validation is on the import's hot path. No message carries the value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from operator import attrgetter, gt
from typing import Any, NamedTuple

from vault_server.records.dictionary import FieldSpec
from vault_server.records.formats import FORMATS

MAX_KEY_CHARACTERS = 300
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
_NANOS_PER_SECOND = 1_000_000_000


class Violation(NamedTuple):
    """One broken rule.

    Attributes:
        field: path of the field, such as `addresses[0].postal_code`.
        reason: stable reason, such as `TOO_LONG`.
        message: what the rule is; never the value.
    """

    field: str
    reason: str
    message: str


Check = Callable[[Any, list[Violation], str], None]  # Any: the value of a protobuf field, whose type the spec says


def check_for(field: FieldSpec) -> Check | None:
    """The check of one field, or None if every value is right. Maps of attributes are checked elsewhere."""
    if field.is_map:
        return _string_map(field)
    single = _single(field)
    return _repeated(field, single) if field.repeated else single


def message_check(fields: Iterable[FieldSpec]) -> Check:
    """The check of a nested message; the path it is given ends with a dot.

    Plain fields are read one by one: 60 nanoseconds each, where `ListFields` costs 700 for an address.
    """
    checks = [(field.name, check_for(field), field.required) for field in fields]
    relevant = [(name, inner, required) for name, inner, required in checks if inner is not None or required]

    def check(value: Any, found: list[Violation], path: str) -> None:
        for name, inner, required in relevant:
            content = getattr(value, name)
            if not content:
                if required:
                    found.append(missing(path + name))
            elif inner is not None:
                inner(content, found, path)

    return check


def text_limits_check(fields: Iterable[FieldSpec]) -> Callable[[Any], bool] | None:
    """Whether a message of nothing but limited texts is right; None if the message is not of that sort."""
    fields = tuple(fields)
    if any(not field.is_string or field.repeated or field.format or field.required or not field.max_length for field in fields):
        return None
    read, limits = attrgetter(*(field.name for field in fields)), tuple(field.max_length for field in fields)
    return lambda value: not any(map(gt, map(len, read(value)), limits))


def _single(field: FieldSpec) -> Check | None:
    if field.type_name == "Timestamp":
        return _timestamp(field.name)
    if field.message is not None:
        return _message(field)
    if field.is_string:
        return _string(field)
    if field.enum_numbers is not None:
        return _enum(field.name, field.enum_numbers)
    return None if field.bounds is None else _bounded(field.name, field.bounds)


def _string(field: FieldSpec) -> Check | None:
    name, limit = field.name, field.max_length
    form = FORMATS.get(field.format)
    if form is None:
        return _limited(name, limit) if limit else None
    accepts, reason, message = form

    def check(value: Any, found: list[Violation], path: str) -> None:
        if limit and len(value) > limit:
            found.append(_too_long(path + name, limit))
        elif not accepts(value):
            found.append(Violation(path + name, reason, message))

    return check


def _limited(name: str, limit: int) -> Check:
    def check(value: Any, found: list[Violation], path: str) -> None:
        if len(value) > limit:
            found.append(_too_long(path + name, limit))

    return check


def _enum(name: str, numbers: frozenset[int]) -> Check:
    def check(value: Any, found: list[Violation], path: str) -> None:
        if value not in numbers:
            found.append(Violation(path + name, "UNKNOWN_ENUM", "is not a number that this version knows"))

    return check


def _bounded(name: str, bounds: tuple[int, int]) -> Check:
    least, largest = bounds

    def check(value: Any, found: list[Violation], path: str) -> None:
        if not least <= value <= largest:
            found.append(Violation(path + name, "OUT_OF_BOUNDS", f"must be from {least} to {largest}"))

    return check


def _timestamp(name: str) -> Check:
    def check(value: Any, found: list[Violation], path: str) -> None:
        if not (_FIRST_SECOND <= value.seconds <= _LAST_SECOND and 0 <= value.nanos < _NANOS_PER_SECOND):
            found.append(Violation(path + name, "NOT_A_TIME", "must lie in the years 1 to 9999"))

    return check


def _message(field: FieldSpec) -> Check:
    name, fields = field.name, tuple((field.message or {}).values())
    inner, right = message_check(fields), text_limits_check(fields)

    def check(value: Any, found: list[Violation], path: str) -> None:
        if right is None or not right(value):
            inner(value, found, f"{path}{name}.")

    return check


def _repeated(field: FieldSpec, single: Check | None) -> Check:
    name, limit = field.name, field.max_items

    def check(value: Any, found: list[Violation], path: str) -> None:
        if limit and len(value) > limit:
            found.append(_too_many(path + name, limit))
            return
        if single is None:
            return
        for number, item in enumerate(value[:]):  # a slice: iterating the container itself costs three times as much
            before = len(found)
            single(item, found, "")
            if len(found) > before:
                found[before:] = [_at(one, path, name, number) for one in found[before:]]

    return check


def _at(one: Violation, path: str, name: str, number: int) -> Violation:
    return one._replace(field=f"{path}{name}[{number}]{one.field[len(name) :]}")


def _string_map(field: FieldSpec) -> Check:
    """Keys are whatever the source called its columns, so they are limited, and left out of paths."""
    name, limit, items = field.name, field.max_length, field.max_items

    def check(value: Any, found: list[Violation], path: str) -> None:
        if items and len(value) > items:
            found.append(_too_many(path + name, items))
        elif any(len(key) > MAX_KEY_CHARACTERS for key in value):
            found.append(Violation(path + name, "TOO_LONG", f"has a key of more than {MAX_KEY_CHARACTERS} characters"))
        elif limit and any(len(text) > limit for text in value.values()):
            found.append(Violation(path + name, "TOO_LONG", f"has a text of more than {limit} characters"))

    return check


def finite(value: float) -> bool:
    """Neither a NaN nor infinite: neither compares, sums nor survives JSON."""
    return math.isfinite(value)


def missing(path: str) -> Violation:
    return Violation(path, "REQUIRED", "must be set")


def _too_long(path: str, limit: int) -> Violation:
    return Violation(path, "TOO_LONG", f"is longer than {limit} characters")


def _too_many(path: str, limit: int) -> Violation:
    return Violation(path, "TOO_MANY", f"has more than {limit} items")
