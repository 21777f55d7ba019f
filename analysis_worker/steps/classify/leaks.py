"""Finds columns that give the outcome away: written down after it, defined from it, or another name of it.

Three tests, each on rows of known outcome. A column named after the target ("churn_reason" for "churn"). A column that alone
ranks the outcome nearly perfectly, measured on rows that its rates were not taken from. A single level (a category, a value, or
"filled in at all") that is practically only ever seen with the rarer class: a cancellation date that only leavers have. What
was known before the outcome can be declared as trusted. Kaufman et al. 2012 for what a leak is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis_worker.steps.classify.card import LeftOut
from analysis_worker.steps.classify.columns import Bools, Column, Floats, Ints
from analysis_worker.steps.classify.measures import auc
from analysis_worker.steps.classify.options import ClassifyOptions, normal_name

_GROUPS = 40
_FEW_VALUES = 60
_PURE = 0.99
_PURE_ROWS = 30
_PURE_CAPTURED = 0.1  # share of the class that such a level must hold: a small oddity is no leak
_LUCK = 1e-9
_SHORTEST_TOKEN = 4


def scan(
    columns: Sequence[Column], rows: Ints, codes: Ints, options: ClassifyOptions
) -> tuple[list[Column], list[LeftOut], dict[str, float]]:
    """Columns without leaks, what was left out, and how well each of the kept ranks alone.

    Args:
        columns: candidates.
        rows: int64, shape (n,): rows of known outcome.
        codes: int64, shape (n,): their classes.
        options: target, trusted columns, `leak_auc`.
    """
    kept: list[Column] = []
    left_out: list[LeftOut] = []
    alone: dict[str, float] = {}
    for column in columns:
        groups = _grouped(column.values[rows], categories=bool(column.categories))
        area = _alone(groups, codes, options.seed)
        reason = "" if column.name in options.trusted else _verdict(column, groups, codes, area, options)
        if reason:
            left_out.append(LeftOut(column=column.name, reason=reason, alone=area))
        else:
            kept.append(column)
            alone[column.name] = area
    return kept, left_out, alone


def _verdict(column: Column, groups: Ints, codes: Ints, area: float, options: ClassifyOptions) -> str:
    if _named_after(column.name, options.target):
        return "named_after_target"
    if area >= options.leak_auc:
        return "gives_target_away"
    return "level_gives_target_away" if _pure_level(groups, codes) else ""


def _named_after(column: str, target: str) -> bool:
    """Whether every telling word of the target's name stands in the column's name."""
    words = [word for word in normal_name(target).split("_") if len(word) >= _SHORTEST_TOKEN]
    own = normal_name(column).split("_")
    return bool(words) and all(any(part.startswith(_stem(word)) for part in own) for word in words)


def _stem(word: str) -> str:
    for ending in ("ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_TOKEN:
            return word.removesuffix(ending)
    return word


def _grouped(values: Floats, *, categories: bool) -> Ints:
    """Group per row: category or value where there are few, else a fortieth of the numbers; 0 is missing."""
    missing = np.isnan(values)
    known = values[~missing]
    groups = np.zeros(len(values), np.int64)
    if not len(known):
        return groups
    distinct = np.unique(known)
    if categories or len(distinct) <= _FEW_VALUES:
        groups[~missing] = np.searchsorted(distinct, known) + 1
    else:
        edges = np.unique(np.quantile(known, np.arange(1, _GROUPS) / _GROUPS))
        groups[~missing] = np.searchsorted(edges, known, side="right") + 1
    return groups


def _alone(groups: Ints, codes: Ints, seed: int) -> float:
    """Area under the curve of the group's rate, taken from the other half of the rows; of all classes the best."""
    half = np.random.default_rng([seed, 3]).permutation(len(codes)) % 2
    return max(auc(codes == code, _rates(groups, codes == code, half)) for code in np.unique(codes))


def _rates(groups: Ints, truth: Bools, half: Ints) -> Floats:
    rates, width = np.zeros(len(groups)), int(groups.max()) + 1
    for side in (0, 1):
        mine, other = half == side, half != side
        base = float(truth[other].mean()) if other.any() else 0.0
        hits = np.bincount(groups[other], weights=truth[other], minlength=width)
        sizes = np.bincount(groups[other], minlength=width)
        rates[mine] = ((hits + base) / (sizes + 1.0))[groups[mine]]
    return rates


def _pure_level(groups: Ints, codes: Ints) -> bool:
    sizes = np.bincount(groups)
    for code in np.unique(codes):
        truth = codes == code
        base = float(truth.mean())
        if base > 0.5:  # noqa: PLR2004 - a level that nearly always has the frequent class is no wonder
            continue
        hits = np.bincount(groups, weights=truth, minlength=len(sizes))
        pure = (sizes >= _PURE_ROWS) & (hits >= _PURE * sizes) & (base**sizes < _LUCK)
        if bool((pure & (hits >= _PURE_CAPTURED * truth.sum())).any()):
            return True
    return False
