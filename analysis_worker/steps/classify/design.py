"""Turns rows into what the two models read; every feature knows the column it comes from, so that effects can be added up.

Both read one indicator per frequent level and a flag for gaps. The trees read numbers as they are. The linear model reads them
standardised, as logarithm, and as hinges at five quantiles: on Telco the curves are worth 0.005 of area under the curve.
Everything is fitted on training rows only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.classify.columns import Floats, Ints

_FREQUENT = 10  # a rarer level is not learnt, and could point at one customer
_MAX_LEVELS = 30
_KNOTS = (0.1, 0.3, 0.5, 0.7, 0.9)
_CURVED_FROM = 8  # distinct values; below, hinges say nothing that a line does not
_OFTEN = 0.5
_LEARNT_GAP = 0.6  # a gap that was learnt says something; a row of nothing but gaps does not
_REACH = 8.0  # standard deviations; a straight line through an absurd number says absurd things


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What one column was fitted to.

    Attributes:
        levels: codes with an indicator; empty for numbers.
        category: whether values are codes.
        flag: whether gaps have a feature.
        often_empty: whether most training rows have a gap, so that a gap is nothing special.
        fill: what stands for a gap of a number.
        centre: mean of the number.
        scale: its standard deviation, 1 without any.
        log_centre: mean of the logarithm; NaN where there is no logarithm.
        log_scale: its standard deviation.
        knots: hinges, in standard deviations.
    """

    levels: Floats
    category: bool
    flag: bool
    often_empty: bool
    fill: float = 0.0
    centre: float = 0.0
    scale: float = 1.0
    log_centre: float = float("nan")
    log_scale: float = 1.0
    knots: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Fitted view of a table's columns."""

    parts: tuple[_Part, ...]

    @classmethod
    def fit(cls, matrix: Floats, categorical: Sequence[bool]) -> Design:
        """Learn levels, centres and knots from training rows, float64, shape (n, n_columns), gaps NaN."""
        return cls(parts=tuple(_fit(matrix[:, i], is_category=flag) for i, flag in enumerate(categorical)))

    def linear(self, matrix: Floats) -> tuple[Floats, Ints]:
        """Features, shape (n, d), and the column of each, shape (d,)."""
        return _joined([_linear(matrix[:, i], part) for i, part in enumerate(self.parts)])

    def trees(self, matrix: Floats) -> tuple[Floats, Ints]:
        """Features, shape (n, d), and the column of each, shape (d,)."""
        return _joined([_plain(matrix[:, i], part) for i, part in enumerate(self.parts)])

    def unseen(self, matrix: Floats) -> Floats:
        """How little each cell tells, 0..1, shape as given: 1 for what was never learnt, less for gaps that were."""
        return np.column_stack([_unseen(matrix[:, i], part) for i, part in enumerate(self.parts)])


def _fit(values: Floats, *, is_category: bool) -> _Part:
    missing = np.isnan(values)
    known = values[~missing]
    flag, often_empty = bool(missing.sum() >= _FREQUENT), bool(missing.mean() > _OFTEN)
    if is_category:
        codes, counts = np.unique(known, return_counts=True)
        often = codes[counts >= _FREQUENT]
        ranked = often[np.argsort(-counts[counts >= _FREQUENT], kind="stable")][:_MAX_LEVELS]
        return _Part(levels=np.sort(ranked), category=True, flag=flag, often_empty=often_empty, knots=np.zeros(0))
    if not len(known):
        return _Part(levels=np.zeros(0), category=False, flag=False, often_empty=True, knots=np.zeros(0))
    centre, scale = float(known.mean()), float(known.std()) or 1.0
    logs = np.log1p(known) if known.min() >= 0 and known.max() > 1 else np.zeros(0)
    curved = len(np.unique(known)) >= _CURVED_FROM
    knots = np.unique(np.quantile((known - centre) / scale, _KNOTS)) if curved else np.zeros(0)
    return _Part(
        levels=np.zeros(0),
        category=False,
        flag=flag,
        often_empty=often_empty,
        fill=float(np.median(known)),
        centre=centre,
        scale=scale,
        log_centre=float(logs.mean()) if len(logs) and curved else float("nan"),
        log_scale=(float(logs.std()) or 1.0) if len(logs) else 1.0,
        knots=knots,
    )


def _plain(values: Floats, part: _Part) -> list[Floats]:
    missing = np.isnan(values)
    features = [missing.astype(np.float64)] if part.flag else []
    if part.category:
        shown = part.levels[1:] if len(part.levels) == 2 and not part.flag else part.levels  # noqa: PLR2004 - one says both
        return features + [(values == level).astype(np.float64) for level in shown]
    return [*features, np.where(missing, part.fill, values)]


def _linear(values: Floats, part: _Part) -> list[Floats]:
    if part.category:
        return _plain(values, part)
    missing = np.isnan(values)
    filled = np.where(missing, part.fill, values)
    z = np.clip((filled - part.centre) / part.scale, -_REACH, _REACH)
    features = [missing.astype(np.float64)] if part.flag else []
    features += [z, *(np.maximum(z - knot, 0.0) for knot in part.knots)]
    if np.isfinite(part.log_centre):
        logs = (np.log1p(np.maximum(filled, 0.0)) - part.log_centre) / part.log_scale
        features.append(np.clip(logs, -_REACH, _REACH))
    return features


def _unseen(values: Floats, part: _Part) -> Floats:
    known = np.isin(values, part.levels) if part.category else np.isfinite(values)
    little = 0.0 if part.often_empty else _LEARNT_GAP if part.flag else 1.0
    return np.where(known, 0.0, np.where(np.isnan(values), little, 1.0))


def _joined(parts: list[list[Floats]]) -> tuple[Floats, Ints]:
    owners = np.array([index for index, own in enumerate(parts) for _ in own], np.int64)
    features = [feature for own in parts for feature in own]
    return np.column_stack(features), owners
