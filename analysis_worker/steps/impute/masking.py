"""Chooses the cells that are hidden to judge candidates: masked the way real gaps look.

A row with a gap often has other gaps beside it. So each masked cell borrows the whole gap pattern of a real row that misses the
same column (its donor), and is placed in a row whose own gaps fit inside that pattern: what the models see around the masked
cell is then what they will see around a real gap. Masking cells one by one flatters every candidate.

Each masked cell gets its own copy of the row, so columns do not disturb each other; no model learns from any masked cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.impute.columns import Bools, Floats, Ints

_PLACES = 48  # rows tried per donor
_SHARE_OF_CELLS = 0.1  # of a column's observed cells, both halves together
_SMALL_CELLS, _SMALL_SHARE = 120, 0.5  # small tables: enough cells to judge by


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedCells:
    """Masked cells of one column.

    Attributes:
        rows: float64, shape (n_cells, n_columns): the rows as a model sees them, masked like their donors.
        truth: float64, shape (n_cells,): the hidden values.
    """

    rows: Floats
    truth: Floats

    def half(self, which: int) -> MaskedCells:
        """Every second cell: 0 to choose by, 1 to calibrate by."""
        return MaskedCells(rows=self.rows[which::2], truth=self.truth[which::2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """One pass of masking.

    Attributes:
        matrix: what models may learn from: the masked cells are NaN, whatever the column.
        cells: target -> its masked cells.
    """

    matrix: Floats
    cells: Mapping[int, MaskedCells]


def mask(matrix: Floats, gaps: Bools, targets: Sequence[int], most: int, rng: np.random.Generator) -> Holdout:
    """Hide cells of every target in the observed pattern.

    Args:
        matrix: float64, shape (n_rows, n_columns), gaps NaN.
        gaps: bool, shape (n_pattern_rows, n_columns): the real gap patterns to borrow from.
        targets: columns to mask; each has at least one gap.
        most: masked cells per column at most.
        rng: where chance comes from.
    """
    unknown = np.isnan(matrix)
    learnable = matrix.copy()
    cells: dict[int, MaskedCells] = {}
    for target in targets:
        known = np.flatnonzero(~unknown[:, target])
        patterns = gaps[rng.choice(np.flatnonzero(gaps[:, target]), size=_count(len(known), most))]
        chosen = _place(patterns, rng.permutation(known), unknown)
        cells[target] = MaskedCells(rows=np.where(patterns, np.nan, matrix[chosen]), truth=matrix[chosen, target])
        learnable[chosen, target] = np.nan
    return Holdout(matrix=learnable, cells=cells)


def _count(known: int, most: int) -> int:
    return min(2 * most, max(int(_SHARE_OF_CELLS * known), min(_SMALL_CELLS, int(_SMALL_SHARE * known))))


def _place(patterns: Bools, pool: Ints, unknown: Bools) -> Ints:
    """One distinct row per pattern: of a few random rows the one whose own gaps stick out of the pattern least.

    Args:
        patterns: bool, shape (m, n_columns).
        pool: int64, rows to take from in random order, at least m.
        unknown: bool, shape (n_rows, n_columns).
    """
    count = len(patterns)
    if not count:
        return pool[:0]
    tried = min(_PLACES, len(pool) // count)
    places = pool[: count * tried].reshape(count, tried)
    excess = (unknown[places] & ~patterns[:, None, :]).sum(axis=2)
    chosen: Ints = places[np.arange(count), excess.argmin(axis=1)]
    return chosen
