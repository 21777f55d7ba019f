"""The forms that a string may have to take, as predicates.

Each accepts exactly what the comment of its `Format` number in `rules.proto` promises; none says why it refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from strongroom.api.v1 import rules_pb2

_CURRENCY = re.compile(r"[A-Z]{3}").fullmatch
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*").fullmatch
_SLUG = re.compile(r"[a-z][A-Za-z0-9_.-]{0,62}").fullmatch
_DATE_CHARACTERS = 10


def is_date(text: str) -> bool:
    """YYYY-MM-DD and in the calendar; `fromisoformat` alone would also take `20200131` and `2020-W05-5`."""
    if len(text) != _DATE_CHARACTERS or text[4] != "-" or text[7] != "-":
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_slug(text: str) -> bool:
    return _SLUG(text) is not None


FORMATS: Mapping[int, tuple[Callable[[str], object], str, str]] = MappingProxyType(
    {
        rules_pb2.FORMAT_DATE: (is_date, "NOT_A_DATE", "must be a calendar date, YYYY-MM-DD"),
        rules_pb2.FORMAT_CURRENCY: (_CURRENCY, "NOT_A_CURRENCY", "must be three capital letters, as in ISO 4217"),
        rules_pb2.FORMAT_LANGUAGE: (_LANGUAGE, "NOT_A_LANGUAGE", "must be a BCP 47 language tag"),
        rules_pb2.FORMAT_SLUG: (
            _SLUG,
            "NOT_A_SLUG",
            "must be a lower-case letter, then letters, digits, '_', '-' and '.', at most 63",
        ),
    }
)
