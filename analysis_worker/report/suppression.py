"""The rule of ten: no figure on the page may be about fewer than ten customers.

A small count is shown as "fewer than 10". In a list whose total is known a hidden small group could be had by subtraction, so
small groups are merged with the next smallest until the merged group is large enough (secondary suppression).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

SMALLEST_GROUP = 10
NAME_LENGTH = 80
ABSENT = "\u2013"
"""Stands where there is no figure (an en dash)."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A count as it may be shown: `value` is None when it must not be, `text` is always printable."""

    value: int | None
    text: str


def count(value: int) -> Count:
    """Zero and ten or more as they are, anything between hidden."""
    if 0 < value < SMALLEST_GROUP:
        return Count(value=None, text=f"fewer than {SMALLEST_GROUP}")
    return Count(value=value, text=f"{value:,}")


def remainder(total: int, part: int) -> Count:
    """`part`, hidden also when `total - part` would be a small group."""
    if 0 < total - part < SMALLEST_GROUP:
        return Count(value=None, text=f"nearly all of {total:,}" if total >= SMALLEST_GROUP else count(total).text)
    return count(part)


def total(parts: Iterable[int]) -> Count:
    """Sum of parts that are shown one by one: small parts are left out, or the hidden one could be had by subtraction."""
    known = list(parts)
    shown = sum(part for part in known if part >= SMALLEST_GROUP)
    return count(shown) if shown else count(sum(known))


def rounded(value: int, parts: Iterable[int]) -> Count:
    """A sum whose parts are shown elsewhere: to the nearest ten when one of them is hidden there."""
    if value < SMALLEST_GROUP or not any(0 < part < SMALLEST_GROUP for part in parts):
        return count(value)
    near = max(SMALLEST_GROUP, round(value, -1))
    return Count(value=near, text=f"about {near:,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share as it may be shown, in whole percent; bounded where the exact one would point at a few customers."""

    percent: int | None
    text: str


def share(part: int, total: int) -> Share:
    """Percent of `part` in `total` under the rule of ten, rounded down so that 99.9 never reads as 100."""
    if total < SMALLEST_GROUP:
        return Share(percent=None, text="not shown")
    percent = part * 100 // total
    edge = -(-SMALLEST_GROUP * 100 // total)
    if 0 < part < SMALLEST_GROUP:
        return Share(percent=None, text=f"below {edge}%")
    if 0 < total - part < SMALLEST_GROUP:
        return Share(percent=None, text=f"above {100 - edge}%")
    return Share(percent=percent, text=f"{percent}%")


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


def short(name: str) -> str:
    """A name cut to a length that keeps the page small and the layout whole; control characters become spaces."""
    clean = "".join(c if c.isprintable() else " " for c in name[: NAME_LENGTH * 2]).strip() or "(no name)"
    return clean if len(clean) <= NAME_LENGTH else clean[: NAME_LENGTH - 1] + "…"
