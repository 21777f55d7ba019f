"""Customers in four planted groups, for the tests of the segment step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from analysis_worker.steps.segment import SegmentOptions

OPTIONS = SegmentOptions(seed=11, resamples=4, silhouette_rows=800, max_segments=6)
GROUPS = 4


def planted(rows: int = 600, *, shuffled: bool = False) -> tuple[pa.Table, np.ndarray]:
    """Four groups told apart by spending, recency, frequency and plan; `shuffled` breaks the link between the columns."""
    random = np.random.default_rng(5)
    truth = random.integers(0, GROUPS, rows)
    columns: Mapping[str, np.ndarray] = {
        "recency_days": np.array([10.0, 20.0, 200.0, 300.0])[truth] * random.lognormal(0, 0.15, rows),
        "frequency": np.array([40, 8, 20, 2])[truth] + random.integers(0, 2, rows),
        "monetary": np.array([90_000.0, 9_000.0, 30_000.0, 900.0])[truth] * random.lognormal(0, 0.2, rows),
        "plan": np.array(["gold", "basic", "basic", "trial"])[truth],
    }
    if shuffled:
        columns = {name: random.permutation(column) for name, column in columns.items()}
    return pa.table({"row_id": [f"c{index:05d}" for index in range(rows)], **columns}), truth
