"""Totals of transactions, some of which do not follow from their lines, with the truth about each.

The generator's transactions carry no totals, as most shop exports do not; this module states them the way a source would, and
gets some of them wrong: money in major units, one digit mistyped, two digits exchanged, a line forgotten.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.generator.activity import TransactionRow
from benchmarks.generator.draw import stream

_WRONG_RATE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTotal:
    """What a source says a transaction came to, and what its lines come to; minor units."""

    transaction: str
    stated_minor: int
    right_minor: int


def stated_totals(transactions: Sequence[TransactionRow], seed: int, *, mess: float = 1.0) -> list[StatedTotal]:
    """One total per transaction, in the same order; refunds are stated as negative amounts."""
    rng = stream(seed, "totals")
    totals = []
    for row in transactions:
        right = sum(line.quantity * line.unit_price_minor for line in row.lines)
        stated = _wrong(row, right, rng) if rng.random() < _WRONG_RATE * mess else right
        sign = -1 if row.kind == "REFUND" else 1
        totals.append(StatedTotal(transaction=row.id, stated_minor=sign * stated, right_minor=sign * right))
    return totals


def _wrong(row: TransactionRow, right: int, rng: random.Random) -> int:
    way = rng.randrange(4)
    if way == 0:
        return right * 100
    digits = list(str(right))
    place = rng.randrange(len(digits))
    if way == 1:
        digits[place] = rng.choice([digit for digit in "123456789" if digit != digits[place]])
        return int("".join(digits))
    if way == 2 and len(set(digits)) > 1:
        place = next(index for index in range(len(digits) - 1) if digits[index] != digits[index + 1])
        digits[place], digits[place + 1] = digits[place + 1], digits[place]
        return int("".join(digits))
    first = row.lines[0]
    return right + first.quantity * first.unit_price_minor
