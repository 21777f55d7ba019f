"""Looks whether groups of people are predicted as it turns out for them, and ranked as well as others.

Rule: only groups that are large enough to say something, and that nobody can be recognised in. A difference is reported, not
repaired: what to do about it is not for a model to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from analysis_worker.steps.classify.card import GroupCheck
from analysis_worker.steps.classify.columns import Bools, Column, Floats, Ints
from analysis_worker.steps.classify.measures import auc
from analysis_worker.steps.classify.options import normal_name

_SMALLEST = 50
_MOST_LEVELS = 8
_SENSITIVE = frozenset(
    {"gender", "sex", "kind", "language", "country", "region", "nationality", "marital_status", "religion", "disability"}
    | {"senior_citizen", "ethnicity"}
)
_AGES = frozenset({"stated_age", "age"})
_AGE_EDGES = (30.0, 45.0, 65.0)
_AGE_BANDS = ("below 30", "30 to 44", "45 to 64", "65 and more")


def group_checks(columns: Sequence[Column], rows: Ints, truth: Bools, chance: Floats) -> tuple[GroupCheck, ...]:
    """Check every group of every telling column.

    Args:
        columns: parsed columns, whether the model saw them or not.
        rows: int64, shape (n,): judged rows.
        truth: bool, shape (n,): which are of the positive class.
        chance: float64, shape (n,): what was predicted.
    """
    found = []
    for column in columns:
        for name, members in _groups(column, rows):
            if int(members.sum()) < _SMALLEST:
                continue
            own = truth[members]
            both = _few(own)
            found.append(
                GroupCheck(
                    column=column.name,
                    group=name,
                    customers=int(members.sum()),
                    predicted=float(chance[members].mean()),
                    observed=float(own.mean()),
                    auc=None if both else auc(own, chance[members]),
                )
            )
    return tuple(found)


def _few(truth: Bools) -> bool:
    return min(int(truth.sum()), int((~truth).sum())) < 10  # noqa: PLR2004 - an area from fewer is luck


def _groups(column: Column, rows: Ints) -> Iterator[tuple[str, Bools]]:
    name, values = normal_name(column.name), column.values[rows]
    if name in _AGES and not column.categories:
        band = np.searchsorted(np.array(_AGE_EDGES), values, side="right")
        for index, text in enumerate(_AGE_BANDS):
            yield text, (band == index) & np.isfinite(values)
    elif name in _SENSITIVE and column.categories and len(column.categories) <= _MOST_LEVELS:
        for code, text in enumerate(column.categories):
            yield text, values == code
    elif name in _SENSITIVE and not column.categories:
        levels = np.unique(values[np.isfinite(values)])
        for level in levels[:_MOST_LEVELS] if len(levels) <= _MOST_LEVELS else ():
            yield f"{level:g}", values == level
