"""Is a cell of a source file still there in an exported record, whatever form the import gave it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TRUE, _FALSE = {"yes", "ja", "true"}, {"no", "nein", "false"}
_GENDERS = {"herr": "GENDER_MALE", "male": "GENDER_MALE", "m": "GENDER_MALE", "frau": "GENDER_FEMALE",
            "female": "GENDER_FEMALE", "f": "GENDER_FEMALE", "divers": "GENDER_DIVERSE"}  # fmt: skip
_NOT_OF_THE_FILE = {"customer_id", "provenance"}


def cells_lost(row: Mapping[str, str], record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return column and text of every cell that is nowhere in the record."""
    leaves = [leaf for name, value in record.items() if name not in _NOT_OF_THE_FILE for leaf in _leaves(value)]
    return [(column, text) for column, text in row.items() if text.strip() and not _found(text.strip(), leaves)]


def _leaves(value: object) -> Iterator[str | int | float | bool]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif isinstance(value, str | int | float | bool):
        yield value


def _found(text: str, leaves: list[str | int | float | bool]) -> bool:
    texts = [leaf for leaf in leaves if isinstance(leaf, str)]
    if any(text == leaf or re.search(rf"(?<!\w){re.escape(text)}(?!\w)", leaf) for leaf in texts):
        return True
    if text.casefold() in _TRUE | _FALSE and (text.casefold() in _TRUE) in [leaf for leaf in leaves if isinstance(leaf, bool)]:
        return True
    numbers = [leaf for leaf in leaves if isinstance(leaf, int | float) and not isinstance(leaf, bool)]
    return (
        _number(text) in numbers
        or _minor_units(text) in numbers
        or _GENDERS.get(text.casefold(), "no") in texts
        or (_day(text) is not None and _day(text) in [_day(leaf) for leaf in texts])
        or (len(parts := re.split(r"\s*[;,]\s*", text)) > 1 and all(_found(part, leaves) for part in parts if part))
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _minor_units(text: str) -> int | None:
    digits = re.sub(r"[ .]|EUR$", "", text).replace(",", ".")
    found = _number(digits)
    return None if found is None else round(found * 100)


def _day(text: str) -> tuple[int, int, int] | None:
    """Year, month and day of the forms that the tests write; day before month."""
    if match := re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := re.fullmatch(r"(\d{2})[/.](\d{2})[/.](\d{4})", text):
        return int(match[3]), int(match[2]), int(match[1])
    return None
