"""Reads an Arrow table into the numeric matrix that models work on, and remembers how to turn numbers back into values.

Rules: a gap is a null or a NaN; an infinite or absurd number is neither a gap nor something to learn from. Categories become
codes in sorted order of their text, so that row order never matters. Numbers of two distinct values are treated as categories.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.impute.options import ROW_ID, ImputeOptions, ImputeRefusedError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

RARE_CATEGORY = 10
"""A category of fewer rows is never proposed: it is not learnt well, and it could point at one customer."""

_UNIQUE_SHARE = 0.5
_UNIQUE_FLOOR = 20
_MAX_DECIMALS = 6
_LARGEST = 1e30  # beyond it, squares and products overflow; no customer figure is that large


class Kind(Enum):
    """What a column holds; decides the model family, the constraint and the output type."""

    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"
    BOOLEAN = "boolean"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One parsed column.

    Attributes:
        name: as in the table.
        kind: see `Kind`.
        values: float64, shape (n_rows,): number, days since 1970-01-01, or category code; NaN where nothing usable is.
        gaps: bool, shape (n_rows,): cells to fill.
        categories: text per code; empty for numbers and dates.
        lowest: smallest observed number.
        highest: largest observed number.
        decimals: digits after the point that observed numbers use.
        reason: why the column can be neither target nor predictor, or "".
    """

    name: str
    kind: Kind
    values: Floats
    gaps: Bools
    categories: tuple[str, ...] = ()
    lowest: float = 0.0
    highest: float = 0.0
    decimals: int = 0
    reason: str = ""

    @property
    def is_category(self) -> bool:
        """Whether values are codes."""
        return bool(self.categories)

    @property
    def missing(self) -> int:
        """Number of gaps."""
        return int(self.gaps.sum())


def read_columns(table: pa.Table, options: ImputeOptions) -> list[Column]:
    """Parse every column but `row_id`.

    Raises:
        ImputeRefusedError: `row_id` is absent, null or repeated, or two columns share a name.
    """
    names = table.column_names
    if names.count(ROW_ID) != 1:
        raise ImputeRefusedError("the table needs exactly one column row_id")
    if len(set(names)) != len(names):
        raise ImputeRefusedError("two columns of the table have the same name")
    ids = table.column(ROW_ID)
    if ids.null_count or pc.count_distinct(ids).as_py() != table.num_rows:
        raise ImputeRefusedError("row_id must be filled and unique")
    return [_read(name, table.column(name), options) for name in names if name != ROW_ID]


def _read(name: str, raw: pa.ChunkedArray, options: ImputeOptions) -> Column:
    kind_of = raw.type
    if pa.types.is_dictionary(kind_of):
        raw = raw.cast(kind_of.value_type)
        kind_of = raw.type
    if pa.types.is_boolean(kind_of):
        return _boolean(name, raw)
    if pa.types.is_integer(kind_of):
        return _number(name, raw, Kind.INTEGER)
    if pa.types.is_floating(kind_of) or pa.types.is_decimal(kind_of):
        return _number(name, raw, Kind.NUMBER)
    if pa.types.is_date(kind_of) or pa.types.is_timestamp(kind_of):
        return _number(name, raw.cast(pa.date32(), safe=False).cast(pa.int32()), Kind.DATE)
    if pa.types.is_string(kind_of) or pa.types.is_large_string(kind_of) or pa.types.is_string_view(kind_of):
        return _category(name, raw.cast(pa.large_string()), options)
    gaps = np.asarray(raw.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    reason = "no_observed_values" if pa.types.is_null(kind_of) else "unsupported_type"
    return Column(name=name, kind=Kind.CATEGORY, values=np.full(len(raw), np.nan), gaps=gaps, reason=reason)


def _boolean(name: str, raw: pa.ChunkedArray) -> Column:
    gaps, values = _floats(raw.cast(pa.uint8()))
    reason = _emptiness(values)
    return Column(name=name, kind=Kind.BOOLEAN, values=values, gaps=gaps, categories=("false", "true"), reason=reason)


def _number(name: str, raw: pa.ChunkedArray, kind: Kind) -> Column:
    gaps, values = _floats(raw)
    values = np.where(np.abs(values) <= _LARGEST, values, np.nan)
    known = values[~np.isnan(values)]
    reason = _emptiness(values)
    if reason:
        return Column(name=name, kind=kind, values=values, gaps=gaps, reason=reason)
    decimals = _decimals(known) if kind is Kind.NUMBER else 0
    low, high = float(known.min()), float(known.max())
    if kind is not Kind.DATE and bool(((known == low) | (known == high)).all()):
        codes = np.where(np.isnan(values), np.nan, (values == high).astype(np.float64))
        texts = (number_text(low, decimals), number_text(high, decimals))
        return Column(name=name, kind=kind, values=codes, gaps=gaps, categories=texts, decimals=decimals)
    return Column(name=name, kind=kind, values=values, gaps=gaps, lowest=low, highest=high, decimals=decimals)


def _category(name: str, raw: pa.ChunkedArray, options: ImputeOptions) -> Column:
    gaps = np.asarray(raw.is_null().to_numpy(zero_copy_only=False), dtype=np.bool_)
    known = len(raw) - int(gaps.sum())
    distinct = pc.count_distinct(raw).as_py()
    unique_like = known > _UNIQUE_FLOOR and distinct > _UNIQUE_SHARE * known
    if distinct > options.max_categories or unique_like:
        return Column(name=name, kind=Kind.CATEGORY, values=np.full(len(raw), np.nan), gaps=gaps, reason="high_cardinality")
    texts = pa.array(sorted(str(v) for v in pc.unique(raw).to_pylist() if v is not None), pa.large_string())
    codes = pc.index_in(raw, value_set=texts).cast(pa.float64()).fill_null(np.nan).to_numpy()
    values = np.where(gaps, np.nan, np.asarray(codes, dtype=np.float64))
    reason = _emptiness(values)
    return Column(name=name, kind=Kind.CATEGORY, values=values, gaps=gaps, categories=tuple(texts.to_pylist()), reason=reason)


def _floats(raw: pa.ChunkedArray) -> tuple[Bools, Floats]:
    """Gaps and float64 values; integers beyond 2^53 lose their last digits, which no statistic here can see."""
    values = np.asarray(raw.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy(), dtype=np.float64).copy()
    return np.isnan(values), values


def _emptiness(values: Floats) -> str:
    known = values[~np.isnan(values)]
    if not len(known):
        return "no_observed_values"
    return "constant" if bool((known == known[0]).all()) else ""


def _decimals(known: Floats) -> int:
    sample = known[:10_000]
    for digits in range(_MAX_DECIMALS):
        if np.allclose(sample, np.round(sample, digits), rtol=0.0, atol=10.0 ** -(digits + 4)):
            return digits
    return _MAX_DECIMALS


def number_text(value: float, decimals: int) -> str:
    """Canonical text of a number: no exponent, no trailing zeros, no negative zero."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
