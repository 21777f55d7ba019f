"""Turns rows of the matrix into what each model family reads.

Trees read raw values with gaps left as NaN, plus those products and ratios of numbers that tell more about the target than
either part (total = price x months is common in customer data and no tree finds it by itself). Linear models read standardised
numbers, indicator columns and missing flags.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from analysis_worker.steps.impute.columns import Bools, Column, Floats, Ints, Kind

_MAX_INTERACTING = 6
_MAX_INTERACTIONS = 6  # of the 45 that six numbers have: each costs a tree as much as a column
_INTERACTION_GAIN = 0.01  # share of variance beyond the better part; by luck alone it is about groups / rows
_SCREENED_ROWS = 3_000
_SCREENED_LEAST = 50
_GROUPS = 10
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """A product (or ratio) of two numbers."""

    first: int
    second: int
    divides: bool

    def of(self, matrix: Floats) -> Floats:
        """Its value per row; NaN where a part is."""
        x, y = matrix[:, self.first], matrix[:, self.second]
        return _ratio(x, y) if self.divides else x * y


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeDesign:
    """The trees' view of a table: all other columns, and the few interactions that say more about the target than their parts.

    Attributes:
        target: column left out.
        columns: read as they are.
        interactions: appended, strongest first.
        shapes: of all columns.
    """

    target: int
    columns: tuple[int, ...]
    interactions: tuple[Interaction, ...]
    shapes: tuple[Shape, ...]

    @classmethod
    def fit(cls, matrix: Floats, target: int, shapes: tuple[Shape, ...]) -> TreeDesign:
        """Choose interactions on rows where the target is observed."""
        others = tuple(i for i in range(matrix.shape[1]) if i != target)
        screened = matrix[:: max(1, len(matrix) // _SCREENED_ROWS)]
        numbers = [i for i in others if shapes[i].interacts]
        chosen = _interactions(screened, _groups(screened[:, target], shapes[target].classes), numbers)
        return cls(target=target, columns=others, interactions=chosen, shapes=shapes)

    def features(self, matrix: Floats) -> Floats:
        """Shape (n_rows, n_features)."""
        return np.column_stack([matrix[:, list(self.columns)], *(i.of(matrix) for i in self.interactions)])

    def categorical(self) -> Bools:
        """Which features are unordered categories, shape (n_features,)."""
        return np.concatenate([unordered(self.columns, self.shapes), np.zeros(len(self.interactions), dtype=np.bool_)])


def unordered(columns: Sequence[int], shapes: Sequence[Shape]) -> Bools:
    """Which columns trees shall split as sets of codes; shape (n_columns,)."""
    return np.array([shapes[i].classes > _ORDERED_CLASSES for i in columns], dtype=np.bool_)


def most_related(matrix: Floats, target: int, candidates: Sequence[int], shapes: Sequence[Shape], most: int) -> tuple[int, ...]:
    """The few candidates that share most information with the target, in the order given."""
    screened = matrix[:: max(1, len(matrix) // _SCREENED_ROWS)]
    shared = {i: _shared_information(screened[:, target], screened[:, i], shapes[target], shapes[i]) for i in candidates}
    best = frozenset(sorted(candidates, key=lambda i: (-shared[i], i))[:most])
    return tuple(i for i in candidates if i in best)


def _shared_information(first: Floats, second: Floats, shape: Shape, other: Shape) -> float:
    """Mutual information of two columns, numbers cut into ten groups; nats, less what independent columns show by luck."""
    known = ~np.isnan(first + second)
    count = int(known.sum())
    if count < _SCREENED_LEAST:
        return 0.0
    rows, columns = _groups(first[known], shape.classes), _groups(second[known], other.classes)
    width = int(columns.max()) + 1
    joint = np.bincount(rows * width + columns, minlength=(int(rows.max()) + 1) * width).reshape(-1, width) / count
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    luck = (np.count_nonzero(joint.sum(axis=1)) - 1) * (np.count_nonzero(joint.sum(axis=0)) - 1) / (2 * count)
    return float((joint[seen] * np.log(joint[seen] / expected[seen])).sum()) - luck


def _interactions(matrix: Floats, groups: Ints, numbers: Sequence[int]) -> tuple[Interaction, ...]:
    gains: list[tuple[float, Interaction]] = []
    for first, second in combinations(numbers, 2):
        known = ~np.isnan(matrix[:, first] + matrix[:, second])
        rows, labels = matrix[known], groups[known]
        parts = max(_association(rows[:, first], labels), _association(rows[:, second], labels))
        candidates = (
            Interaction(first=first, second=second, divides=False),
            Interaction(first=first, second=second, divides=True),
            Interaction(first=second, second=first, divides=True),
        )
        gains += [(_association(candidate.of(rows), labels) - parts, candidate) for candidate in candidates]
    worthwhile = [pair for pair in gains if pair[0] > _INTERACTION_GAIN]
    return tuple(i for _, i in sorted(worthwhile, key=lambda pair: -pair[0])[:_MAX_INTERACTIONS])


def _groups(truth: Floats, classes: int) -> Ints:
    if classes:
        return truth.astype(np.int64)
    edges = np.quantile(truth, np.arange(1, _GROUPS) / _GROUPS)
    return np.searchsorted(edges, truth).astype(np.int64)


def _association(values: Floats, groups: Ints) -> float:
    """Share of the variance of the ranks that lies between groups (correlation ratio); 0 where there is too little to see."""
    known = ~np.isnan(values)
    if int(known.sum()) < _SCREENED_LEAST:
        return 0.0
    _, place, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - counts / 2)[place]
    ranks -= ranks.mean()
    labels = groups[known]
    sizes = np.maximum(np.bincount(labels), 1)
    between = float((np.bincount(labels, weights=ranks) ** 2 / sizes).sum())
    return between / max(float((ranks**2).sum()), 1.0)


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
