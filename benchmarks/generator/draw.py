"""Seeded draws: skewed choice, patterns, independent streams.

Every part of the generator draws from a stream of its own, so a change of one part (say, one more kind of typo) leaves the
people, the purchases and the needs of the same seed as they were. What is drawn for every customer is prepared once, and draws
as `random.choices` and `random.choice` do, number for number (a test compares them): a million customers are some forty
million draws.
"""

import random
from bisect import bisect
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def stream(seed: int, part: str) -> random.Random:
    """Return the stream of one part; seeding by text is stable across Python versions and processes."""
    return random.Random(f"{seed}:{part}")


class Weighted(Generic[T]):
    """A choice among few or many with given weights."""

    def __init__(self, items: Sequence[T], weights: Sequence[float]) -> None:
        self._items = items
        self._cumulative = list(accumulate(weights))
        self._total = self._cumulative[-1] + 0.0
        self._last = len(items) - 1

    def draw(self, rng: random.Random) -> T:
        return self._items[bisect(self._cumulative, rng.random() * self._total, 0, self._last)]


class Skewed(Weighted[T]):
    """A choice with Zipf-Mandelbrot weights 1 / (rank + offset) ** exponent: few common values, a long tail."""

    def __init__(self, items: Sequence[T], *, exponent: float = 0.9, offset: float = 6.0) -> None:
        super().__init__(items, [(rank + offset) ** -exponent for rank in range(1, len(items) + 1)])


_ALPHABETS = {"#": "0123456789", "%": "23456789", "@": _LETTERS}


@lru_cache(maxsize=4096)
def _marks(pattern: str) -> tuple[tuple[str, int, int], ...]:
    """Return per mark the signs it stands for, how many, the bits that number them; the mark itself and 0 if it is a sign."""
    alphabets = ((_ALPHABETS.get(mark, ""), mark) for mark in pattern)
    return tuple((alphabet or mark, len(alphabet), len(alphabet).bit_length()) for alphabet, mark in alphabets)


def fill(pattern: str, rng: random.Random) -> str:
    """Replace `#` by a digit, `%` by a digit from 2 to 9, `@` by a capital letter."""
    bits_of = rng.getrandbits
    written = []
    for signs, count, bits in _marks(pattern):
        if count:
            place = bits_of(bits)
            while place >= count:
                place = bits_of(bits)
            written.append(signs[place])
        else:
            written.append(signs)
    return "".join(written)


def spread(total: int, weights: Sequence[float]) -> list[int]:
    """Share `total` out in proportion to `weights` by largest remainders, so the counts add up exactly."""
    scale = total / sum(weights)
    exact = [weight * scale for weight in weights]
    counts = [int(value) for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (counts[index] - exact[index], index))
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return counts
