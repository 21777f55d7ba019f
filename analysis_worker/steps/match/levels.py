"""Which level of each comparison holds for a pair: what costs most of a match, and needs no trained model.

The embedded engine says how alike two cells are (text distances). Rules: SQL names only feature columns, which are ours; the
table carries no column that no comparison reads; pairs go through the engine in cells of `CELL_PAIRS`, so memory is bounded
by the cell and not by the table; levels are whole numbers of one pair alone, so neither threads nor cells change them.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.steps.match.comparisons import ELSE, Comparison
from analysis_worker.steps.match.evidence import ABSENT
from analysis_worker.steps.match.features import Features

Rows = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int8]

CELL_PAIRS = 250_000
_BATCH_PAIRS = 16_384


class LevelEngine:
    """Which level of each comparison holds for pairs of rows, on one engine connection."""

    def __init__(self, connection: Any, features: Features, comparisons: tuple[Comparison, ...]) -> None:
        self._connection = connection
        self._fields = len(comparisons)
        self._table = _feature_table(features, comparisons)
        self._sql = f"SELECT {', '.join(_level_sql(entry) for entry in comparisons)} FROM cell"

    def levels_of(self, left: Rows, right: Rows) -> Levels:
        """As `levels`, for any number of pairs."""
        none = np.empty((0, self._fields), dtype=np.int8)
        return np.concatenate([none, *(self.levels(*cell) for cell in cells_of(left, right))])

    def levels(self, left: Rows, right: Rows) -> Levels:
        """int8, shape (n_pairs, n_fields); ABSENT where a value is missing."""
        sides = {"l": self._table.take(pa.array(left)), "r": self._table.take(pa.array(right))}
        cell = pa.table({f"{name}_{side}": table[name] for side, table in sides.items() for name in table.column_names})
        batches = cell.to_batches(max_chunksize=_BATCH_PAIRS)  # the engine gives each thread a batch, and keeps their order
        self._connection.register("cell", pa.Table.from_batches(batches, schema=cell.schema))
        found = self._connection.sql(self._sql).to_arrow_table()
        self._connection.unregister("cell")
        return np.column_stack([column.to_numpy() for column in found.columns]).astype(np.int8)


def cells_of(left: Rows, right: Rows) -> Iterator[tuple[Rows, Rows]]:
    """The pairs in order, `CELL_PAIRS` at a time."""
    for start in range(0, len(left), CELL_PAIRS):
        yield left[start : start + CELL_PAIRS], right[start : start + CELL_PAIRS]


def _feature_table(features: Features, comparisons: tuple[Comparison, ...]) -> pa.Table:
    """Every column that some comparison reads; absent cells are null."""
    columns: dict[str, pa.Array] = {}
    for name in sorted({column for entry in comparisons for column in entry.columns}):
        if name in features.scalars:
            columns[name] = features.scalars[name].texts()
        elif name in features.lists:
            columns[name] = features.lists[name].texts()
    return pa.table(columns)


def _level_sql(comparison: Comparison) -> str:
    cases = "".join(
        f" WHEN {level.condition} THEN {place}" for place, level in enumerate(comparison.levels) if level.condition != ELSE
    )
    return (
        f"CAST(CASE WHEN {comparison.null_condition} THEN {ABSENT}{cases} ELSE {len(comparison.levels) - 1} END AS TINYINT)"
        f' AS "{comparison.name}"'
    )
