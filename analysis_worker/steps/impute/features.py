"""Turns rows of the matrix into what each model family reads.

Trees read raw values with gaps left as NaN, plus products and ratios of numbers (total = price x months is common in customer
data and no tree finds it by itself). Linear models read standardised numbers, indicator columns and missing flags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.impute.columns import Bools, Column, Floats, Kind

_MAX_INTERACTING = 6
_MAX_INDICATORS = 30
_NEAR_ZERO = 1e-30
_ORDERED_CLASSES = 8  # a tree separates so few codes by thresholds, faster than by category splits


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the models need to know about one matrix column.

    Attributes:
        classes: number of categories; 0 for a number.
        interacts: takes part in products and ratios.
        learnable: bool, shape (classes,): categories frequent enough to be proposed.
    """

    classes: int
    interacts: bool
    learnable: Bools


def shapes_of(columns: Sequence[Column], rare_below: int) -> tuple[Shape, ...]:
    """Describe the columns; the first few plain numbers interact."""
    numbers = [i for i, c in enumerate(columns) if not c.is_category and c.kind is not Kind.DATE]
    interacting = frozenset(numbers[:_MAX_INTERACTING])
    shapes = []
    for index, column in enumerate(columns):
        known = column.values[~np.isnan(column.values)].astype(np.int64) if column.is_category else np.zeros(0, np.int64)
        counts = np.bincount(known, minlength=len(column.categories))
        shapes.append(Shape(classes=len(column.categories), interacts=index in interacting, learnable=counts >= rare_below))
    return tuple(shapes)


def tree_features(matrix: Floats, target: int, shapes: Sequence[Shape]) -> Floats:
    """All other columns, then products and both ratios of interacting pairs; shape (n_rows, n_features)."""
    others = [i for i in range(matrix.shape[1]) if i != target]
    parts = [matrix[:, others]]
    pairs = [i for i in others if shapes[i].interacts]
    for position, first in enumerate(pairs):
        for second in pairs[position + 1 :]:
            x, y = matrix[:, first], matrix[:, second]
            parts.append(np.column_stack([x * y, _ratio(x, y), _ratio(y, x)]))
    return np.concatenate(parts, axis=1)


def tree_categorical(target: int, shapes: Sequence[Shape], width: int) -> Bools:
    """Which tree features are unordered categories; shape (width,)."""
    flags = np.zeros(width, dtype=np.bool_)
    others = [s for i, s in enumerate(shapes) if i != target]
    flags[: len(others)] = [s.classes > _ORDERED_CLASSES for s in others]
    return flags


def _ratio(x: Floats, y: Floats) -> Floats:
    ratio: Floats = np.divide(x, y, out=np.full(len(x), np.nan), where=np.abs(y) > _NEAR_ZERO)
    return ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearDesign:
    """The linear view of a table: fitted centres and scales, one set for training and use.

    Attributes:
        target: column left out.
        centre: float64, shape (n_columns,): mean of each number.
        scale: float64, shape (n_columns,): standard deviation, 1 where there is none.
        shapes: of all columns.
    """

    target: int
    centre: Floats
    scale: Floats
    shapes: tuple[Shape, ...]

    @classmethod
    def fit(cls, matrix: Floats, target: int, shapes: tuple[Shape, ...]) -> LinearDesign:
        """Take centres and scales from the observed cells."""
        known = ~np.isnan(matrix)
        count = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, matrix, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (matrix - centre) ** 2, 0.0).sum(axis=0) / count)
        return cls(target=target, centre=centre, scale=np.where(spread > 0, spread, 1.0), shapes=shapes)

    def features(self, matrix: Floats) -> Floats:
        """Standardised numbers (gaps at the mean), missing flags, one indicator per frequent category."""
        parts: list[Floats] = []
        for index, shape in enumerate(self.shapes):
            if index == self.target:
                continue
            values = matrix[:, index]
            missing = np.isnan(values)
            parts.append(missing.astype(np.float64)[:, None])
            if shape.classes:
                codes = np.where(missing, -1, values).astype(np.int64)
                parts.append((codes[:, None] == np.arange(min(shape.classes, _MAX_INDICATORS))).astype(np.float64))
            else:
                z = np.where(missing, 0.0, (values - self.centre[index]) / self.scale[index])
                parts.append(np.clip(z, -10.0, 10.0)[:, None])
        return np.concatenate(parts, axis=1) if parts else np.zeros((len(matrix), 0))
