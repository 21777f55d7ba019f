"""Customers who buy as the BG/NBD and Gamma-Gamma models say, made by a seed; the truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

START = datetime(2025, 1, 1, tzinfo=UTC)
TRUTH = (0.6, 6.0, 0.9, 2.5)
SPENDING = (6.0, 4.0, 3_000.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """Transactions of customers 0..n-1 over `weeks` weeks."""

    rows: pa.ChunkedArray
    transactions: pa.Table
    weeks: float

    @property
    def as_of(self) -> datetime:
        return START + timedelta(weeks=self.weeks)


def transactions_of(rows: list[int], days: list[float], **changed: Sequence[object]) -> pa.Table:
    """Purchases of 10.00 euros unless `changed` says otherwise; `days` count from START."""
    columns = {
        "row_id": pa.array(rows, pa.int64()),
        "time": pa.array([START + timedelta(days=day) for day in days], pa.timestamp("us", "UTC")),
        "amount_minor": pa.array(changed.get("amount_minor", [1_000] * len(rows)), pa.int64()),
        "currency": pa.array(changed.get("currency", ["EUR"] * len(rows)), pa.string()),
        "kind": pa.array(changed.get("kind", ["PURCHASE"] * len(rows)), pa.string()),
    }
    return pa.table(columns)


def bought(customers: int = 2_000, *, seed: int = 3, weeks: float = 104.0) -> Bought:
    """Customers who came over the first half of the time."""
    random = np.random.default_rng(seed)
    r, alpha, a, b = TRUTH
    p, q, gamma = SPENDING
    rows, days, amounts = [], [], []
    for row in range(customers):
        rate, leaves, scale = random.gamma(r, 1 / alpha), random.beta(a, b), gamma / random.gamma(q)
        now = float(random.uniform(0, weeks / 2))
        while now <= weeks:
            rows.append(row)
            days.append(now * 7)
            amounts.append(round(random.gamma(p) * scale))
            if len(days) > 1 and rows[-2:] == [row, row] and random.random() < leaves:
                break
            now += float(random.exponential(1 / max(rate, 1e-9)))
    table = transactions_of(rows, days, amount_minor=amounts)
    return Bought(rows=pa.chunked_array([pa.array(range(customers))]), transactions=table, weeks=weeks)
