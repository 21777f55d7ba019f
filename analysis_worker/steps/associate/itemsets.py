"""Sets of products that are in many baskets: Eclat (Zaki 2000) on bitmaps.

Rules: exact; sets of two are counted at once, by a sparse product or by the bitmaps, whichever costs less; longer sets grow
from a shared beginning, one AND for all that may follow. Products are tried from the rarest, which keeps what is left small.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis_worker.steps.associate.bitmaps import Counts, Words, bitmaps_of

# Seconds for one multiplication of the sparse product and for one word of the bitmaps, measured on a busy core with 50 and 157
# products in 150,000 baskets: 28 to 33 ns and 1.5 to 2.7 ns. They decide which way is gone, never what is found.
_SPARSE_COST, _WORD_COST = 30e-9, 2e-9
_WORDS_AT_ONCE = 1 << 18


class TooManyItemsetsError(Exception):
    """There are more frequent sets than the caller wants to see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrequentSets:
    """Sets by size: `sets[k]` has shape (m, k + 1), products ascending, rows in order; `counts[k]` their baskets.

    `tried` says of every size how many sets were counted, frequent or not.
    """

    sets: tuple[Counts, ...]
    counts: tuple[Counts, ...]
    tried: tuple[int, ...]

    def together(self) -> Counts:
        """Return the products of the sets of two or more, ascending."""
        return np.unique(np.concatenate([np.zeros(0, np.int64), *(sets.ravel() for sets in self.sets[1:])]))

    def numbered(self, products: Counts) -> "FrequentSets":
        """Return the sets of two or more with these products (ascending) numbered anew; single products are left out."""
        none = np.zeros((0, 1), np.int64)
        sets = (none, *(np.searchsorted(products, one).astype(np.int64) for one in self.sets[1:]))
        return replace(self, sets=sets, counts=(none[:, 0], *self.counts[1:]))


def frequent_itemsets(
    basket: Counts, product: Counts, *, baskets: int, products: int, min_count: int, max_size: int, max_sets: int = 10_000_000
) -> FrequentSets:
    """Find all sets of up to `max_size` products that at least `min_count` baskets hold.

    Args:
        basket: Of every line, 0..baskets-1.
        product: Of every line, 0..products-1; a line may come twice.
        baskets: How many there are.
        products: How many there are.
        min_count: At least 1.
        max_size: At least 1.
        max_sets: How many there may be.

    Raises:
        TooManyItemsetsError: there are more.
    """
    # Lines are an upper bound of baskets: what is rare by lines is rare.
    lines = np.bincount(product, minlength=products)
    kept = np.flatnonzero(lines >= min_count)
    number = np.full(products, -1, np.int64)
    number[kept] = np.arange(len(kept))
    useful = number[product] >= 0
    basket, product = basket[useful], number[product[useful]]
    maps = bitmaps_of(basket, product, baskets=baskets, products=len(kept))
    counts = np.bitwise_count(maps.words).sum(axis=1, dtype=np.int64)
    order = np.lexsort((np.arange(len(kept)), counts))
    order = order[counts[order] >= min_count]
    search = _Search(words=maps.words[order], min_count=min_count, max_size=max_size, max_sets=max_sets)
    search.add(1, np.arange(len(order))[:, None], counts[order], tried=products)
    if max_size > 1 and len(order) > 1:
        rank = np.full(len(kept), -1, np.int64)
        rank[order] = np.arange(len(order))
        search.pairs(basket, rank[product], baskets)
    return search.result(kept[order])


class _Search:
    """What has been found, and the growing of sets; products are ranks, the rarest first."""

    def __init__(self, *, words: Words, min_count: int, max_size: int, max_sets: int) -> None:
        self._words = words
        self._min_count = min_count
        self._max_size = max_size
        self._max_sets = max_sets
        self._found = 0
        self._sets: dict[int, list[Counts]] = {}
        self._counts: dict[int, list[Counts]] = {}
        self._tried: dict[int, int] = {}

    def add(self, size: int, sets: Counts, counts: Counts, *, tried: int) -> None:
        self._found += len(sets)
        if self._found > self._max_sets:
            raise TooManyItemsetsError
        self._sets.setdefault(size, []).append(sets)
        self._counts.setdefault(size, []).append(counts)
        self._tried[size] = self._tried.get(size, 0) + tried

    def pairs(self, basket: Counts, product: Counts, baskets: int) -> None:
        """Find the sets of two, and what grows from them."""
        ranks = len(self._words)
        for first, counts in self._pair_counts(basket, product, baskets):
            frequent = np.flatnonzero(counts >= self._min_count)
            others = frequent + first + 1
            self.add(2, np.column_stack([np.full(len(others), first), others]), counts[frequent], tried=ranks - first - 1)
            if self._max_size > 2 and len(others) > 1:  # noqa: PLR2004 - sets of three and more
                self._grow((first,), others, self._words[first] & self._words[others])

    def _pair_counts(self, basket: Counts, product: Counts, baskets: int) -> Iterator[tuple[int, Counts]]:
        """Yield every rank and how many baskets hold it together with each later rank."""
        ranks, words = self._words.shape
        known = product >= 0
        basket, product = basket[known], product[known]
        length = np.bincount(basket, minlength=baskets).astype(np.float64)
        if (length**2).sum() * _SPARSE_COST < ranks**2 / 2 * words * _WORD_COST:
            table = csr_array((np.ones(len(basket), np.int32), (basket, product)), shape=(baskets, ranks))
            table.data[:] = 1  # lines that came twice were summed
            together = (table.T @ table).toarray()
            for first in range(ranks):
                yield first, together[first, first + 1 :].astype(np.int64)
        else:
            for first in range(ranks):
                yield first, _counted(self._words[first], self._words[first + 1 :])

    def _grow(self, beginning: tuple[int, ...], others: Counts, words: Words) -> None:
        """Find the sets that begin with `beginning` and go on with two or more of `others`, whose joint bitmaps `words` are."""
        size = len(beginning) + 2
        for place in range(len(others) - 1):
            together = words[place] & words[place + 1 :]
            counts = np.bitwise_count(together).sum(axis=1, dtype=np.int64)
            frequent = np.flatnonzero(counts >= self._min_count)
            head = (*beginning, int(others[place]))
            rest = others[place + 1 :][frequent]
            self.add(size, np.column_stack([np.tile(head, (len(rest), 1)), rest]), counts[frequent], tried=len(counts))
            if size < self._max_size and len(rest) > 1:
                self._grow(head, rest, together[frequent])

    def result(self, products: Counts) -> FrequentSets:
        """Everything found, under the callers' numbers of the products, in order."""
        sets, counts = [], []
        for size in sorted(self._sets):
            rows = np.sort(products[np.concatenate(self._sets[size])].reshape(-1, size), axis=1)
            order = np.lexsort(rows.T[::-1])
            sets.append(rows[order])
            counts.append(np.concatenate(self._counts[size])[order])
        return FrequentSets(
            sets=tuple(sets), counts=tuple(counts), tried=tuple(self._tried[size] for size in sorted(self._sets))
        )


def _counted(one: Words, others: Words) -> NDArray[np.int64]:
    found = np.empty(len(others), np.int64)
    rows = max(1, _WORDS_AT_ONCE // max(1, len(one)))
    for start in range(0, len(others), rows):
        found[start : start + rows] = np.bitwise_count(one & others[start : start + rows]).sum(axis=1, dtype=np.int64)
    return found
