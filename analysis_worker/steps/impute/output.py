"""Turns guesses into cells: constraints first, then canonical text and typed values in Arrow.

Rule: an imputed value could have been observed. Numbers stay within the observed range and precision, whole numbers and dates
stay whole, a category is one that was seen. Bounds obey the same limits; a whole number's bounds are rounded inwards, which
excludes no whole number that was inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis_worker.steps.impute.columns import Column, Floats, Ints, Kind, number_text
from analysis_worker.steps.impute.summary import CELLS_SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledColumn:
    """All imputed cells of one column; arrays of shape (n_cells,), ordered by row.

    Attributes:
        column: the parsed column.
        rows: row numbers in the table.
        values: numbers or codes within the constraints.
        lower: interval bounds, NaN for categories.
        upper: interval bounds, NaN for categories.
        confidence: 0..1.
        method: what guessed.
        draws: plausible numbers or codes within the constraints, shape (n_cells, n_draws).
    """

    column: Column
    rows: Ints
    values: Floats
    lower: Floats
    upper: Floats
    confidence: Floats
    method: str
    draws: Floats


def constrain(column: Column, values: Floats, half_width: Floats) -> tuple[Floats, Floats, Floats]:
    """Values, lower and upper bounds as the column allows them."""
    low = np.clip(values - half_width, column.lowest, column.highest)
    high = np.clip(values + half_width, column.lowest, column.highest)
    kept = possible(column, values)
    if column.kind in (Kind.INTEGER, Kind.DATE):
        low, high = np.ceil(low - 1e-9), np.floor(high + 1e-9)
    return kept, np.minimum(low, kept), np.maximum(high, kept)


def possible(column: Column, values: Floats) -> Floats:
    """The nearest numbers that the column could hold: in range, whole or as precise as observed ones; shape as given."""
    kept = np.clip(values, column.lowest, column.highest)
    if column.kind in (Kind.INTEGER, Kind.DATE):
        return np.rint(kept)
    return np.clip(np.round(kept, column.decimals), column.lowest, column.highest)


def cells_table(filled: list[FilledColumn], row_ids: pa.Array) -> pa.Table:
    """All imputed cells, by column then row."""
    parts = [_cells(one, row_ids) for one in filled if len(one.rows)]
    return pa.concat_tables(parts) if parts else CELLS_SCHEMA.empty_table()


def _cells(filled: FilledColumn, row_ids: pa.Array) -> pa.Table:
    size = len(filled.rows)
    texts, numbers, booleans, dates = _typed(filled.column, filled.values)
    return pa.table(
        [
            row_ids.take(pa.array(filled.rows)).cast(pa.string()),
            pa.array([filled.column.name]).take(pa.array(np.zeros(size, np.int64))),
            texts,
            numbers,
            booleans,
            dates,
            pa.array(filled.lower, mask=np.isnan(filled.lower)),
            pa.array(filled.upper, mask=np.isnan(filled.upper)),
            pa.array(filled.confidence),
            pa.array([filled.method]).take(pa.array(np.zeros(size, np.int64))),
            _draws(filled),
        ],
        schema=CELLS_SCHEMA,
    )


def _draws(filled: FilledColumn) -> pa.ListArray:
    cells, count = filled.draws.shape
    texts = _typed(filled.column, filled.draws.reshape(-1))[0] if count else pa.array([], pa.string())
    return pa.ListArray.from_arrays(pa.array(np.arange(cells + 1) * count, pa.int32()), texts.cast(pa.string()))


def _typed(column: Column, values: Floats) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
    """Texts, numbers, booleans and dates of values, each of shape (n,)."""
    size = len(values)
    numbers, booleans, dates = pa.nulls(size, pa.float64()), pa.nulls(size, pa.bool_()), pa.nulls(size, pa.date32())
    if column.is_category:
        codes = values.astype(np.int64)
        texts = pa.array(column.categories, pa.string()).take(pa.array(codes))
        if column.kind is Kind.BOOLEAN:
            booleans = pa.array(codes == 1)
        elif column.kind is not Kind.CATEGORY:
            numbers = pa.array(np.array([float(t) for t in column.categories])[codes])
        return texts, numbers, booleans, dates
    if column.kind is Kind.DATE:
        dates = pa.array(values.astype(np.int32), pa.int32()).cast(pa.date32())
        return dates.cast(pa.string()), numbers, booleans, dates
    texts = pa.array([number_text(v, column.decimals) for v in values], pa.string())
    return texts, pa.array(values), booleans, dates
