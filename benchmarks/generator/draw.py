"""Seeded draws: skewed choice, patterns, independent streams.

Every part of the generator draws from a stream of its own, so a change of one part (say, one more kind of typo) leaves the
people, the purchases and the needs of the same seed as they were.
"""

import random
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def stream(seed: int, part: str) -> random.Random:
    """Return the stream of one part; seeding by text is stable across Python versions and processes."""
    return random.Random(f"{seed}:{part}")


class Skewed(Generic[T]):
    """A choice with Zipf-Mandelbrot weights 1 / (rank + offset) ** exponent: few common values, a long tail."""

    def __init__(self, items: Sequence[T], *, exponent: float = 0.9, offset: float = 6.0) -> None:
        self._items = items
        self._cumulative = list(accumulate((rank + offset) ** -exponent for rank in range(1, len(items) + 1)))

    def draw(self, rng: random.Random) -> T:
        return rng.choices(self._items, cum_weights=self._cumulative)[0]


def fill(pattern: str, rng: random.Random) -> str:
    """Replace `#` by a digit, `%` by a digit from 2 to 9, `@` by a capital letter."""
    return "".join(
        rng.choice("0123456789")
        if mark == "#"
        else rng.choice("23456789")
        if mark == "%"
        else rng.choice(_LETTERS)
        if mark == "@"
        else mark
        for mark in pattern
    )


def spread(total: int, weights: Sequence[float]) -> list[int]:
    """Share `total` out in proportion to `weights` by largest remainders, so the counts add up exactly."""
    scale = total / sum(weights)
    exact = [weight * scale for weight in weights]
    counts = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (counts[index] - exact[index], index))
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return counts
