"""Columns of a customer table as one matrix in which a distance means something.

Rules: a skewed amount counts by its logarithm; the outer hundredth is pulled in, so one outlier is no segment; scales are
median and quartiles; a category with rare levels keeps its common ones; a missing value sits at the median and, where
missing is frequent, says so in a column of its own. Columns that tell nothing are left out, with the reason.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from analysis_worker.steps.segment.options import SegmentOptions

Matrix = NDArray[np.float64]
MISSING, OTHER = "(missing)", "(other)"

_NUMBER_TYPES = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
_CATEGORY_TYPES = (pa.types.is_string, pa.types.is_large_string, pa.types.is_boolean, pa.types.is_dictionary)
_SKEWED = 1.0
_MISSING_SHOWN = 0.02
_RARE_SHARE = 0.02
_QUARTILES_TO_SIGMA = 1.349
_TAIL = 0.01
_MOSTLY_UNIQUE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a number became a place in the matrix: log1p if `logged`, pulled in to `low`..`high`, less `middle`, by `unit`.

    `whole` says that the source knows whole numbers only.
    """

    logged: bool
    low: float
    high: float
    middle: float
    unit: float
    whole: bool

    def place(self, values: Matrix) -> Matrix:
        """Return where source values are in the matrix."""
        known = np.log1p(values) if self.logged else values
        return np.asarray((np.clip(known, self.low, self.high) - self.middle) / self.unit, np.float64)

    def source(self, places: Matrix) -> Matrix:
        """Return the source values of places."""
        known = places * self.unit + self.middle
        return np.asarray(np.expm1(known) if self.logged else known, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One source column and its place in the matrix, columns `start` to `stop`; a category has `levels`, a number a `scale`."""

    name: str
    kind: str
    start: int
    stop: int
    levels: tuple[str, ...] = ()
    scale: Scale | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """matrix: float64, shape (rows, columns); values: per feature the source values, numbers or level numbers."""

    matrix: Matrix
    features: tuple[Feature, ...]
    values: dict[str, Matrix]
    left_out: dict[str, str]


def roles(table: pa.Table, options: SegmentOptions) -> tuple[list[str], list[str]]:
    """Return the columns used as numbers and as categories; what the options name is used as they say."""
    found = {name: _role(table.column(name)) for name in table.column_names if name != "row_id"}
    named = {*(options.numeric or ()), *(options.categorical or ())}
    numeric = [name for name, role in found.items() if role == "numeric" and name not in named]
    categorical = [name for name, role in found.items() if role == "categorical" and name not in named]
    return (
        numeric if options.numeric is None else list(options.numeric),
        categorical if options.categorical is None else list(options.categorical),
    )


def _role(column: pa.ChunkedArray) -> str | None:
    if any(says(column.type) for says in _NUMBER_TYPES):
        # Two numbers (0 and 1) are a yes and a no.
        return "numeric" if pc.count_distinct(column).as_py() > 2 else "categorical"  # noqa: PLR2004 - as said
    return "categorical" if any(says(column.type) for says in _CATEGORY_TYPES) else None


def encode(table: pa.Table, options: SegmentOptions) -> Encoded:
    """Return the matrix of `table`; columns in the table's order of numbers, then categories."""
    blocks: list[Matrix] = []
    features: list[Feature] = []
    values: dict[str, Matrix] = {}
    left_out: dict[str, str] = {}
    numeric, categorical = roles(table, options)
    width = 0
    for name in [*numeric, *categorical]:
        kind = "numeric" if name in numeric else "categorical"
        column = table.column(name)
        raw, levels = (_numbers(column), ()) if kind == "numeric" else _level_numbers(column, options.max_levels)
        scale = _scale(raw, whole=pa.types.is_integer(column.type)) if kind == "numeric" else None
        block = _scaled(raw, scale) if kind == "numeric" else _one_hot(raw, levels)
        if block is None:
            left_out[name] = "constant or empty" if kind == "numeric" or len(levels) <= 1 else "nearly every value differs"
            continue
        features.append(Feature(name=name, kind=kind, start=width, stop=width + block.shape[1], levels=levels, scale=scale))
        blocks.append(block)
        values[name] = raw
        width += block.shape[1]
    matrix = np.hstack(blocks) if blocks else np.zeros((table.num_rows, 0))
    return Encoded(matrix=matrix, features=tuple(features), values=values, left_out=left_out)


def _numbers(column: pa.ChunkedArray) -> Matrix:
    numbers = np.array(pc.cast(column, pa.float64()).to_numpy(), np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _skewness(values: Matrix) -> float:
    spread = values.std()
    return float(((values - values.mean()) ** 3).mean() / spread**3) if spread > 0 else 0.0


def _scale(raw: Matrix, *, whole: bool) -> Scale | None:
    present = raw[~np.isnan(raw)]
    if present.size == 0 or present.min() == present.max():
        return None
    logged = bool(present.min() >= 0 and _skewness(present) > _SKEWED)
    values = np.log1p(present) if logged else present
    low, high = np.quantile(values, [_TAIL, 1 - _TAIL])
    if low == high:
        low, high = values.min(), values.max()
    values = np.clip(values, low, high)
    first, middle, third = np.quantile(values, [0.25, 0.5, 0.75])
    # Quartiles of a rare yes (or of any narrow middle) coincide; the pulled-in deviation keeps its weight at one.
    unit = max((third - first) / _QUARTILES_TO_SIGMA, float(values.std()))
    return Scale(logged=logged, low=float(low), high=float(high), middle=float(middle), unit=float(unit), whole=whole)


def _scaled(raw: Matrix, scale: Scale | None) -> Matrix | None:
    if scale is None:
        return None
    missing = np.isnan(raw)
    scaled = np.where(missing, 0.0, scale.place(raw))
    if missing.mean() < _MISSING_SHOWN:
        return scaled[:, None]
    return np.column_stack([scaled, missing.astype(np.float64)])


def _level_numbers(column: pa.ChunkedArray, max_levels: int) -> tuple[Matrix, tuple[str, ...]]:
    texts = pc.fill_null(pc.cast(column, pa.string()), MISSING)
    encoded = texts.combine_chunks().dictionary_encode() if isinstance(texts, pa.ChunkedArray) else texts.dictionary_encode()
    words, codes = encoded.dictionary.to_pylist(), np.asarray(encoded.indices, np.int64)
    counts = Counter(dict(zip(words, np.bincount(codes, minlength=len(words)).tolist(), strict=True)))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    needed = max(2.0, _RARE_SHARE * len(codes))
    kept = [word for word in ranked if counts[word] >= needed][:max_levels]
    if sum(counts[word] for word in kept) < (1 - _MOSTLY_UNIQUE) * len(codes):
        return np.zeros(len(codes)), tuple(ranked[:2])
    levels = kept if len(kept) == len(ranked) else [*kept, OTHER]
    place = {word: index for index, word in enumerate(levels)}
    numbers = np.array([place.get(word, len(levels) - 1) for word in words], np.float64)
    return numbers[codes] if words else np.zeros(0), tuple(levels)


def _one_hot(numbers: Matrix, levels: tuple[str, ...]) -> Matrix | None:
    hot = (numbers[:, None] == np.arange(len(levels))[None, :]).astype(np.float64)
    return hot if len(levels) > 1 and (hot.sum(axis=0) > 0).sum() > 1 else None
