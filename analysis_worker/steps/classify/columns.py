"""Reads an Arrow table into columns of float64: numbers as they are, dates as days, categories as codes.

Rules: a gap is a null, a NaN, an infinite or an absurd number, or an empty text. Codes follow the sorted text of a category, so
that the order of rows never matters. What cannot predict is left out with a reason: identifying, constant, empty, free text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.classify.card import LeftOut
from analysis_worker.steps.classify.options import ROW_ID, ClassifyOptions, ClassifyRefusedError, identifies

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_LARGEST = 1e30  # beyond it, squares overflow; no customer figure is that large
_UNIQUE_SHARE = 0.5
_UNIQUE_FLOOR = 20
_RUNNING_FLOOR = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One parsed column.

    Attributes:
        name: as in the table.
        values: float64, shape (n_rows,): number, days since 1970-01-01, or category code; NaN where nothing usable is.
        categories: text per code; empty for numbers and dates.
        is_date: whether numbers are days.
    """

    name: str
    values: Floats
    categories: tuple[str, ...] = ()
    is_date: bool = False


def require_row_ids(table: pa.Table) -> None:
    """Return if the table has one column of each name and a filled, unique `row_id`.

    Raises:
        ClassifyRefusedError: it has not.
    """
    names = table.column_names
    if names.count(ROW_ID) != 1 or len(set(names)) != len(names):
        raise ClassifyRefusedError("the table needs exactly one column row_id, and no two columns of one name")
    ids = table.column(ROW_ID)
    if not table.num_rows:
        return
    if ids.null_count or pc.count_distinct(ids).as_py() != table.num_rows:
        raise ClassifyRefusedError("row_id must be filled and unique")


def read_predictors(table: pa.Table, options: ClassifyOptions) -> tuple[list[Column], list[LeftOut]]:
    """Every column but `row_id` and the target, parsed, or why it is left out."""
    columns: list[Column] = []
    left_out: list[LeftOut] = []
    for name in table.column_names:
        if name in (ROW_ID, options.target):
            continue
        if name in options.ignored:
            left_out.append(LeftOut(column=name, reason="ignored"))
        elif identifies(name):
            left_out.append(LeftOut(column=name, reason="identifies_people"))
        else:
            column = _parse(name, table.column(name))
            reason = _useless(column, options) if column else "unsupported_type"
            if column is None or reason:
                left_out.append(LeftOut(column=name, reason=reason))
            else:
                columns.append(column)
    return columns, left_out


def texts_of(values: pa.ChunkedArray) -> list[str | None] | None:
    """Cells as canonical text (True is "true", 1.0 is "1"), None for gaps; None for a type that has no classes."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return texts_of(values.cast(kind.value_type))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = _cleaned(values.cast(pa.float64(), safe=False))
        return [None if np.isnan(v) else f"{v:g}" if not v.is_integer() else str(int(v)) for v in numbers.tolist()]
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        return None
    if pa.types.is_null(kind):
        return [None] * len(values)
    return [text.strip() or None if text is not None else None for text in values.cast(pa.string()).to_pylist()]


def _parse(name: str, values: pa.ChunkedArray) -> Column | None:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _parse(name, values.cast(kind.value_type))
    if pa.types.is_boolean(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = texts_of(values) or []
        categories = tuple(sorted({text for text in texts if text is not None}))
        codes = {text: float(code) for code, text in enumerate(categories)}
        return Column(
            name=name,
            values=np.array([np.nan if text is None else codes[text] for text in texts], np.float64),
            categories=categories or ("",),
        )
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        days = pc.cast(pc.cast(values, pa.date32(), safe=False), pa.int32())
        return Column(name=name, values=_cleaned(days.cast(pa.float64())), is_date=True)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Column(name=name, values=_cleaned(values.cast(pa.float64(), safe=False)))
    return Column(name=name, values=np.full(len(values), np.nan)) if pa.types.is_null(kind) else None


def _cleaned(values: pa.ChunkedArray) -> Floats:
    numbers: Floats = pc.fill_null(values, np.nan).to_numpy().astype(np.float64)
    return np.where(np.abs(numbers) <= _LARGEST, numbers, np.nan)


def _useless(column: Column, options: ClassifyOptions) -> str:
    known = column.values[~np.isnan(column.values)]
    if not len(known):
        return "empty"
    distinct = len(np.unique(known))
    if distinct == 1 and len(known) == len(column.values):
        return "constant"
    if column.categories:
        unique = len(known) >= _UNIQUE_FLOOR and distinct > _UNIQUE_SHARE * len(known)
        return "free_text_or_id" if unique or distinct > options.max_categories else ""
    return "running_number" if _runs(known, distinct) else ""


def _runs(known: Floats, distinct: int) -> bool:
    """Whether numbers count the rows: whole, all different, and with few holes."""
    if len(known) < _RUNNING_FLOOR or distinct < len(known) or bool((known != np.rint(known)).any()):
        return False
    return float(np.ptp(known)) < 3 * len(known)
