"""What would move a customer to another segment: one feature, changed as little as possible.

Rules: the other segment is the nearest one; only numbers are changed, one at a time, and no further than nearly all customers
are seen (the outer hundredth on either side is out of reach); whole numbers stay whole; a change counts only if it does end in
that segment and not in a third. The smallest change in scaled units is said, in the unit of the source; where none will do,
nothing is said. A missing number is not changed. Between two centres the border is a plane, so the change is known exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_worker.steps.segment.choice import Labels
from analysis_worker.steps.segment.encoding import Encoded, Feature, Matrix, Scale

_ROWS_AT_ONCE = 32_768
# So far beyond the border, relative and in scaled units, that rounding does not bring it back.
_BEYOND, _LEAST = 1e-6, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Per row: the other segment, the feature by its place in `features`, -1 for none, and the change in its own unit."""

    other: Labels
    feature: Labels
    change: Matrix
    features: tuple[str, ...]


def moves(encoded: Encoded, labels: Labels, centres: Matrix) -> Moves:
    """Return the smallest change for every row.

    Args:
        encoded: The customers.
        labels: Index of the nearest centre of each.
        centres: Shape (segments, columns).
    """
    numbers = [feature for feature in encoded.features if feature.scale is not None]
    rows = len(labels)
    other, found, change = np.full(rows, -1, np.int64), np.full(rows, -1, np.int64), np.full(rows, np.nan)
    names = tuple(feature.name for feature in numbers)
    if len(centres) > 1:
        for start in range(0, rows, _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            values = [encoded.values[name][part] for name in names]
            other[part], found[part], change[part] = _part(encoded.matrix[part], values, numbers, labels[part], centres)
    return Moves(other=other, feature=found, change=change, features=names)


def _part(
    matrix: Matrix, values: Sequence[Matrix], numbers: Sequence[Feature], labels: Labels, centres: Matrix
) -> tuple[Labels, Labels, Matrix]:
    rows = np.arange(len(matrix))
    squared = (matrix**2).sum(axis=1)[:, None] - 2 * matrix @ centres.T + (centres**2).sum(axis=1)[None, :]
    own = squared[rows, labels]
    apart = squared.copy()
    apart[rows, labels] = np.inf
    other = np.asarray(apart.argmin(axis=1), np.int64)
    gap = apart[rows, other] - own
    best, found, change = np.full(len(rows), np.inf), np.full(len(rows), -1, np.int64), np.full(len(rows), np.nan)
    for index, feature in enumerate(numbers):
        scale = feature.scale
        if scale is None:
            continue
        at = matrix[:, feature.start]
        slope = centres[other, feature.start] - centres[labels, feature.start]
        goal = _goal(at, gap, slope, scale)
        step = goal - at
        # The common part of the new distances does not say which is the smallest.
        ends = (squared - 2 * step[:, None] * centres[None, :, feature.start]).argmin(axis=1)
        fits = (ends == other) & ~np.isnan(values[index]) & np.isfinite(goal) & (np.abs(step) < best)
        best[fits], found[fits] = np.abs(step)[fits], index
        source = scale.source(goal)
        change[fits] = ((np.round(source) if scale.whole else source) - values[index])[fits]
    return other, found, change


def _goal(at: Matrix, gap: Matrix, slope: Matrix, scale: Scale) -> NDArray[np.float64]:
    """Return where the feature must be, just beyond the border; NaN where that is out of reach."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        step = gap / (2 * slope)
        goal = at + step * (1 + _BEYOND) + np.sign(slope) * _LEAST
        if scale.whole:
            source = scale.source(goal)
            whole = np.where(slope > 0, np.ceil(source), np.floor(source))
            known = np.log1p(np.maximum(whole, -1.0)) if scale.logged else whole
            goal = (known - scale.middle) / scale.unit
        low, high = (scale.low - scale.middle) / scale.unit, (scale.high - scale.middle) / scale.unit
        return np.where((goal >= low) & (goal <= high), goal, np.nan)
