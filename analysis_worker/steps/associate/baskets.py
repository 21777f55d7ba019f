"""Lines of purchases as baskets of numbered products, in strata of equal size, split into who is learned from and who judges.

Rules: customers and products are numbered in the order of their ids and names, so the order of rows decides nothing; a customer
is on one side of the split with everything they bought.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis_worker.steps.associate.bitmaps import Bitmaps, Counts, bitmaps_of
from analysis_worker.steps.associate.options import AssociateOptions

_STRATA = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Baskets:
    """What was bought.

    Attributes:
        basket, product: of every line, each pair once, shape (n,).
        customer: of every basket, the position among the row ids, shape (baskets,).
        products: names by number.
        stratum: of every basket, 0..strata-1.
        strata: how many there are.
        held_out: of every basket, whether it judges.
    """

    basket: Counts
    product: Counts
    customer: Counts
    products: tuple[str, ...]
    stratum: Counts
    strata: int
    held_out: NDArray[np.bool_]

    @property
    def buyers(self) -> int:
        return len(np.unique(self.customer))

    def narrowed(self, products: Counts) -> "Baskets":
        """Return the same baskets with only these products (ascending), numbered anew: bitmaps are made of few products."""
        number = np.full(len(self.products), -1, np.int64)
        number[products] = np.arange(len(products))
        lines = number[self.product] >= 0
        return replace(
            self,
            basket=self.basket[lines],
            product=number[self.product[lines]],
            products=tuple(self.products[product] for product in products),
        )

    def part(self, chosen: NDArray[np.bool_]) -> tuple[Counts, Counts, Counts]:
        """Return baskets (numbered anew) and products of the lines of the chosen baskets, and who has each basket."""
        number = np.cumsum(chosen) - 1
        lines = chosen[self.basket]
        return number[self.basket[lines]], self.product[lines], np.flatnonzero(chosen)

    def maps(self, chosen: NDArray[np.bool_]) -> Bitmaps:
        """Return bitmaps of all products over the chosen baskets, in their strata."""
        basket, product, which = self.part(chosen)
        return bitmaps_of(
            basket,
            product,
            baskets=len(which),
            products=len(self.products),
            stratum=self.stratum[which],
            strata=self.strata,
        )


def baskets(row_ids: pa.ChunkedArray, lines: pa.Table, as_of: datetime, options: AssociateOptions) -> Baskets:
    """Return the baskets.

    Args:
        row_ids: The customers, each once.
        lines: Columns row_id, transaction (int64), time (timestamp), product (string), one row per line of a purchase.
        as_of: The moment to look back from; what happens later is not known.
        options: Window, kind of basket, seed.
    """
    known = lines.filter(_inside(lines.column("time"), as_of, options.window_days))
    known = known.filter(pc.greater(pc.utf8_length(pc.fill_null(known.column("product"), "")), 0))
    place = pc.index_in(known.column("row_id"), value_set=row_ids.combine_chunks())
    mine = pc.is_valid(place)
    known, place = known.filter(mine), np.asarray(place.filter(mine).to_numpy(), np.int64)
    product, names = _numbered(known.column("product"))
    if options.basket == "transaction":
        _, basket = np.unique(known.column("transaction").to_numpy(), return_inverse=True)
        # Of the same transaction, one customer; numbering by customer first would cost a sort more.
        customer = np.zeros(int(basket.max(initial=-1)) + 1, np.int64)
        customer[basket] = place
    else:
        customer, basket = np.unique(place, return_inverse=True)
    # Sorting took 0.02 s for 1.3 million lines, the hashing of np.unique 1.8 s.
    pairs = np.sort(basket * max(1, len(names)) + product)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    basket, product = pairs // max(1, len(names)), pairs % max(1, len(names))
    stratum = _strata(np.bincount(basket, minlength=len(customer)))
    return Baskets(
        basket=basket,
        product=product,
        customer=customer,
        products=names,
        stratum=stratum,
        strata=int(stratum.max(initial=0)) + 1,
        held_out=_held_out(row_ids, options)[customer],
    )


def _inside(times: pa.ChunkedArray, as_of: datetime, window_days: int | None) -> pa.ChunkedArray:
    kind = pa.timestamp("us", "UTC" if as_of.tzinfo else None)
    micros = pc.cast(pc.cast(times, pa.timestamp("us", getattr(times.type, "tz", None)), safe=False), pa.int64())
    inside = pc.less_equal(micros, pc.cast(pa.scalar(as_of, kind), pa.int64()))
    if window_days is not None:
        since = pc.cast(pa.scalar(as_of - timedelta(days=window_days), kind), pa.int64())
        inside = pc.and_(inside, pc.greater(micros, since))
    return pc.fill_null(inside, fill_value=False)


def _numbered(column: pa.ChunkedArray) -> tuple[Counts, tuple[str, ...]]:
    encoded = pc.cast(column, pa.string()).combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    ranked = sorted(range(len(words)), key=words.__getitem__)
    rank = np.empty(len(words), np.int64)
    rank[ranked] = np.arange(len(words))
    codes = np.asarray(encoded.indices, np.int64)
    return rank[codes] if words else codes, tuple(words[index] for index in ranked)


def _strata(sizes: Counts) -> Counts:
    """Return the stratum of every basket: alike in size, finer where baskets are large, since size joins products there."""
    different, which, counts = np.unique(sizes, return_inverse=True, return_counts=True)
    weight = np.cumsum(different * counts)
    level = np.minimum((weight - different * counts / 2) / max(1, weight[-1] if len(weight) else 1) * _STRATA, _STRATA - 1)
    _, number = np.unique(level.astype(np.int64), return_inverse=True)
    return np.asarray(number[which], np.int64) if len(different) else np.zeros(0, np.int64)


def _held_out(row_ids: pa.ChunkedArray, options: AssociateOptions) -> NDArray[np.bool_]:
    """Return which customers judge; drawn in the order of their ids."""
    order = np.asarray(pc.sort_indices(row_ids), np.int64)
    drawn = np.random.default_rng(options.seed).permutation(len(order))
    chosen = np.zeros(len(order), bool)
    chosen[order[drawn[: round(options.holdout_share * len(order))]]] = True
    return chosen
