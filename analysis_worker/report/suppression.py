"""The rule of ten: no figure on the page is about fewer than ten customers, and no difference of two figures is.

A small count is shown as "fewer than 10"; every other one to the nearest ten. So whatever is subtracted from whatever, within a
page or between the pages of two runs, leaves a multiple of ten: nobody learns what three customers more or less have in common
(controlled rounding to a fixed base; Willenborg and de Waal 2001, chapter 9). Groups too small to be named are put together.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

SMALLEST_GROUP = 10
NAME_LENGTH = 80
ABSENT = "\u2013"
"""Stands where there is no figure (an en dash)."""

_MOST_MARKS = 2
_WHOLE = 100
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A count as it may be shown: `value` is None when it must not be, `text` is always printable."""

    value: int | None
    text: str


def near(value: int) -> int:
    """The nearest multiple of ten, of ten or more; 0 of 0."""
    return 0 if value <= 0 else max(SMALLEST_GROUP, (value + SMALLEST_GROUP // 2) // SMALLEST_GROUP * SMALLEST_GROUP)


def count(value: int) -> Count:
    """Zero as it is, fewer than ten hidden, everything else to the nearest ten."""
    if 0 < value < SMALLEST_GROUP:
        return Count(value=None, text=f"fewer than {SMALLEST_GROUP}")
    return Count(value=near(value), text=f"{near(value):,}")


def count_about(things: int, customers: int | None) -> Count:
    """A count of things (pairs, proposals, purchases) that belong to so many customers; None: each to another one."""
    few = customers is not None and 0 < customers < SMALLEST_GROUP
    return count(min(things, customers or 0) if few else things)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share as it may be shown, in whole percent; bounded where the exact one would point at a few customers."""

    percent: int | None
    text: str


def share(part: int, total: int) -> Share:
    """Percent of `part` (to the nearest ten) in `total` under the rule of ten; only all of them read 100%."""
    if total < SMALLEST_GROUP:
        return Share(percent=None, text="not shown")
    edge = -(-SMALLEST_GROUP * _WHOLE // total)
    if 0 < part < SMALLEST_GROUP:
        return Share(percent=None, text=f"below {edge}%")
    if 0 < total - part < SMALLEST_GROUP:
        return Share(percent=None, text=f"above {_WHOLE - edge}%")
    if part <= 0 or part >= total:
        return Share(percent=_WHOLE if part > 0 else 0, text=f"{_WHOLE if part > 0 else 0}%")
    percent = round(near(part) * _WHOLE / total)
    if percent < 1:
        return Share(percent=0, text="below 1%")
    return Share(percent=percent, text=f"{percent}%") if percent < _WHOLE else Share(percent=99, text="above 99%")


def edge(part: float, total: int) -> float:
    """Where a bounded share is drawn: half of the smallest share that may be shown, which depends on the group's size only."""
    half = SMALLEST_GROUP / total / 2
    return round(half if part < 0.5 else 1 - half, 3)  # noqa: PLR2004 - which end it is at


def significant(value: float | None, digits: int = 3) -> float | None:
    """The number with so many significant digits: too few to find somebody by. None for what is no number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits - 1}e}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(Generic[Item]):
    """Items that may be shown on their own, in the order given, and the rest as one group."""

    shown: tuple[Item, ...]
    merged: tuple[Item, ...]


def merge_small(items: Sequence[Item], size: Callable[[Item], int], most: int) -> Merged[Item]:
    """Keep at most `most` items of ten or more, and put the others together with enough of the smallest to reach ten.

    Args:
        items: groups that add up to a known total.
        size: customers (or pairs) in a group; groups of size 0 are dropped.
        most: how many groups may be shown on their own.
    """
    ascending = sorted((item for item in items if size(item)), key=size)
    small = sum(1 for item in ascending if size(item) < SMALLEST_GROUP)
    cut = max(small, len(ascending) - most)
    while 0 < cut < len(ascending) and sum(size(item) for item in ascending[:cut]) < SMALLEST_GROUP:
        cut += 1
    hidden = {id(item) for item in ascending[:cut]}
    keep = [item for item in items if size(item)]
    return Merged(
        shown=tuple(item for item in keep if id(item) not in hidden),
        merged=tuple(item for item in keep if id(item) in hidden),
    )


def percent(part: float | None) -> int | None:
    """A share 0..1 in whole percent; None for what is no number."""
    return None if part is None or not math.isfinite(part) else round(_WHOLE * part)


def number(value: float | None) -> str:
    """Three or four figures as text."""
    known = significant(value, 4) if value is not None and abs(value) < 10_000 else significant(value)  # noqa: PLR2004 - years stay
    if known is None:
        return ABSENT
    if abs(known) >= _WHOLE or known == int(known):
        return f"{known:,.0f}"
    text = f"{known:.2f}" if abs(known) < 10 else f"{known:.1f}"  # noqa: PLR2004 - keeps three figures
    return text.rstrip("0").removesuffix(".")


def words(name: str) -> str:
    """An identifier as people read it."""
    return short(name.replace("_", " ")) if name else ""


def clean(text: str) -> str:
    """The text without what moves or covers its neighbours: control and direction characters, stacks of marks."""
    kept: list[str] = []
    marks = 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MOST_MARKS:
            kept.append(letter if letter.isprintable() else " ")
    return "".join(kept)


def short(name: str, length: int = NAME_LENGTH) -> str:
    """A name cut to a length that keeps the page small and the layout whole, cleaned."""
    tidy = clean(name[: length * 2]).strip() or "(no name)"
    return tidy if len(tidy) <= length else tidy[: length - 1] + "…"
