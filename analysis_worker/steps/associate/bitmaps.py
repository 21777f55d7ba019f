"""Which baskets hold a product, one bit a basket: sets are intersected by AND and counted by population count.

Rules: baskets stand in the order of their strata, and every stratum begins with a word of its own, so that counting by stratum
is a sum over slices; padding bits are never set. A product twice in a basket is once in it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Counts = NDArray[np.int64]

_BITS = 64
_WORDS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bitmaps:
    """Products by baskets.

    Attributes:
        words: shape (products, words).
        starts: first word of every stratum, shape (strata,).
        sizes: baskets of every stratum, shape (strata,).
        position: bit of every basket, shape (baskets,).
    """

    words: Words
    starts: Counts
    sizes: Counts
    position: Counts

    @property
    def baskets(self) -> int:
        return len(self.position)

    def counts(self, sets: NDArray[np.int64]) -> Counts:
        """Return how many baskets of every stratum hold all products of each set.

        Args:
            sets: Products, shape (m, k), k at least 1.

        Returns:
            Shape (m, strata).
        """
        found = np.empty((len(sets), len(self.starts)), np.int64)
        rows = max(1, _WORDS_AT_ONCE // max(1, self.words.shape[1]))
        for start in range(0, len(sets), rows):
            part = sets[start : start + rows]
            together = self.words[part[:, 0]]
            for place in range(1, part.shape[1]):
                together &= self.words[part[:, place]]
            ones = np.bitwise_count(together)
            found[start : start + len(part)] = np.add.reduceat(ones, self.starts, axis=1, dtype=np.int64)
        return found

    def holders(self, products: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which baskets hold all of the products, shape (baskets,)."""
        together = np.bitwise_and.reduce(self.words[products], axis=0)
        return np.unpackbits(together.view(np.uint8), bitorder="little").view(np.bool_)[self.position]


def bitmaps_of(
    basket: Counts,
    product: Counts,
    *,
    baskets: int,
    products: int,
    stratum: NDArray[np.int64] | None = None,
    strata: int = 1,
) -> Bitmaps:
    """Build bitmaps from what was bought; lines that come twice count once.

    Args:
        basket: Of every line, 0..baskets-1.
        product: Of every line, 0..products-1.
        baskets: How many there are.
        products: How many there are.
        stratum: Of every basket, 0..strata-1; None puts all in one.
        strata: How many there are.
    """
    stratum = np.zeros(baskets, np.int64) if stratum is None else stratum
    sizes = np.bincount(stratum, minlength=strata)
    words_each = np.maximum((sizes + _BITS - 1) // _BITS, 1)
    starts = np.cumsum(words_each) - words_each
    order = np.argsort(stratum, kind="stable")
    within = np.arange(baskets) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    position = np.empty(baskets, np.int64)
    position[order] = np.repeat(starts * _BITS, sizes) + within
    total = int(words_each.sum())
    words = np.zeros((products, total), np.uint64)
    ordered = np.argsort(product.astype(np.uint16) if products <= np.iinfo(np.uint16).max else product, kind="stable")
    ends = np.cumsum(np.bincount(product, minlength=products))
    bits = position[basket][ordered]
    one = np.zeros(total * _BITS, np.uint8)
    for number, (start, end) in enumerate(zip(ends - np.bincount(product, minlength=products), ends, strict=True)):
        mine = bits[start:end]
        one[mine] = 1
        words[number] = np.packbits(one, bitorder="little").view(np.uint64)
        one[mine] = 0
    return Bitmaps(words=words, starts=starts, sizes=sizes, position=position)
