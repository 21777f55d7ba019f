"""Customers who buy products at random, beside bundles that were planted; the bundles are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

NOW = datetime(2026, 11, 1, tzinfo=UTC)
BUNDLES = (("P003", "P007"), ("P010", "P020", "P030"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopped:
    """Lines of customers 0..n-1."""

    rows: pa.ChunkedArray
    lines: pa.Table


def lines_of(rows: np.ndarray, products: list[str], *, transaction: np.ndarray | None = None) -> pa.Table:
    time = pa.array([datetime(2026, 10, 1, tzinfo=UTC)] * len(rows), pa.timestamp("us", "UTC"))
    transaction = rows if transaction is None else transaction
    return pa.table({"row_id": pa.array(rows), "transaction": pa.array(transaction), "time": time, "product": products})


def shopped(customers: int = 3_000, *, seed: int = 5, bundles: bool = True, shuffled: bool = False) -> Shopped:
    """Sizes differ widely (from one product to dozens), which alone joins any two products. Popularity falls off.

    Args:
        customers: How many.
        seed: Of everything.
        bundles: Whether a tenth of the customers each takes whole bundles.
        shuffled: Whether products are then dealt out anew, sizes and popularity as they are.
    """
    random = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, 61) ** 0.6
    size = 1 + random.poisson(random.gamma(0.7, 6.0, customers))
    rows = np.repeat(np.arange(customers), size)
    products = random.choice(60, len(rows), p=popularity / popularity.sum())
    for bundle in BUNDLES if bundles else ():
        takers = np.flatnonzero(random.random(customers) < 0.1)
        rows = np.concatenate([rows, np.repeat(takers, len(bundle))])
        products = np.concatenate([products, np.tile([int(name[1:]) for name in bundle], len(takers))])
    if shuffled:
        products = random.permutation(products)
    names = [f"P{product:03d}" for product in products]
    return Shopped(rows=pa.chunked_array([pa.array(range(customers))]), lines=lines_of(rows, names))
