"""Splits rows into those to learn from and those to be judged on.

Rules: where there is time, the judged rows are later than those learnt from, and rows of one moment stay together; else folds
have equal shares of every class. A fold that lacks a class to learn is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.classify.columns import Column, Floats, Ints
from analysis_worker.steps.classify.options import ClassifyOptions, ClassifyRefusedError, normal_name

_SAYS_WHEN = frozenset(
    {"snapshot", "observed", "observation", "label", "outcome", "cutoff", "reference", "period", "cohort", "event"}
)
_MOST_MOMENTS = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Row numbers, int64: learn from `train`, judge on `test`."""

    train: Ints
    test: Ints


def time_column(columns: Sequence[Column], known: Ints, options: ClassifyOptions) -> Column | None:
    """The column that orders the rows, if any.

    Raises:
        ClassifyRefusedError: the declared one does not exist or holds no dates.
    """
    dates = [column for column in columns if column.is_date]
    if options.time_column:
        named = [column for column in dates if column.name == options.time_column]
        if not named:
            raise ClassifyRefusedError(f"the time column {options.time_column[:60]!r} does not exist or holds no dates")
        return named[0]
    if options.time_column is not None:
        return None
    filled = [c for c in dates if float(np.isfinite(c.values[known]).mean()) >= _MOST_MOMENTS]
    telling = [c for c in filled if _SAYS_WHEN & set(normal_name(c.name).split("_"))]
    return telling[0] if len(telling) == 1 else None


def stratified_folds(codes: Ints, options: ClassifyOptions) -> list[Fold]:
    """Folds with equal shares of every class.

    Args:
        codes: class per row, int64, shape (n,).
        options: folds and seed.
    """
    order = np.random.default_rng([options.seed, 2]).permutation(len(codes))
    ranked = order[np.argsort(codes[order], kind="stable")]
    part = np.empty(len(codes), np.int64)
    part[ranked] = np.arange(len(codes)) % options.folds
    return [Fold(train=np.flatnonzero(part != k), test=np.flatnonzero(part == k)) for k in range(options.folds)]


def time_folds(codes: Ints, moments: Floats, options: ClassifyOptions) -> list[Fold]:
    """Each block of rows in the order of time, judged by what came before it; rows without a moment are only learnt from.

    Args:
        codes: class per row, int64, shape (n,).
        moments: float64, shape (n,), NaN where unknown.
        options: folds; there is one block more, the first is never judged.
    """
    known = np.isfinite(moments)
    shares = np.arange(1, options.folds + 1) / (options.folds + 1)
    edges: Floats = np.unique(np.quantile(moments[known], shares)) if known.any() else np.zeros(0)
    block = np.where(known, np.searchsorted(edges, moments, side="left"), -1)
    folds = [Fold(train=np.flatnonzero(block < k), test=np.flatnonzero(block == k)) for k in range(1, len(edges) + 1)]
    return [fold for fold in folds if len(fold.test) and _learnable(codes[fold.train], codes, options)]


def _learnable(train: Ints, every: Ints, options: ClassifyOptions) -> bool:
    classes = np.unique(every)
    return all(int((train == code).sum()) >= options.min_class_rows // 2 for code in classes)
