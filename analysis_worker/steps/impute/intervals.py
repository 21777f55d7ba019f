"""Says how sure a guess is: intervals for numbers, chances for categories, both calibrated on masked cells of the whole chain.

Numbers: split conformal prediction with a fitted scale (Lei et al. 2018; Papadopoulos et al. 2002). The scale says where errors
are large and is learnt on one set of masked cells; the multiple of it that covers the asked share is taken from another set.
Categories: the raw probability is mapped to the observed share of right guesses (isotonic regression; Zadrozny and Elkan 2002).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.isotonic import IsotonicRegression

from analysis_worker.steps.impute.columns import Floats

_SCALE_CELLS = 120
_SCALE_FLOOR = 0.2  # of the typical error: a scale near zero would make its neighbours' intervals endless
_SCALE_CEILING = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorScale:
    """Expected size of the error, relative to the typical one; constant when there are too few cells to learn it."""

    typical: float
    regressor: HistGradientBoostingRegressor | None

    @classmethod
    def fit(cls, features: Floats, errors: Floats, seed: int) -> ErrorScale:
        """Learn from absolute errors, shape (n,), at `features`, shape (n, d)."""
        typical = float(np.mean(errors)) if len(errors) else 0.0
        if len(errors) < _SCALE_CELLS or typical <= 0.0:
            return cls(typical=typical or 1.0, regressor=None)
        fitted = HistGradientBoostingRegressor(
            max_iter=40,
            learning_rate=0.1,
            max_leaf_nodes=6,
            min_samples_leaf=20,
            early_stopping=False,
            random_state=seed,
        ).fit(features, errors / typical)
        return cls(typical=typical, regressor=fitted)

    def at(self, features: Floats) -> Floats:
        """Scale per row, float64, shape (n,), positive."""
        if self.regressor is None or not len(features):
            return np.full(len(features), self.typical)
        relative = np.asarray(self.regressor.predict(features), dtype=np.float64)
        return self.typical * np.clip(relative, _SCALE_FLOOR, _SCALE_CEILING)


def conformal_multiple(scores: Floats, level: float) -> float:
    """The multiple of the scale that covers `level`: the ceil((n + 1) level)-th smallest score, else the largest."""
    if not len(scores):
        return 0.0
    rank = min(len(scores), math.ceil((len(scores) + 1) * level))
    return float(np.sort(scores)[rank - 1])


def cross_coverage(scores: Floats, level: float) -> float | None:
    """Coverage shown on cells that did not calibrate: each half judged by the other; None below 20 cells."""
    if len(scores) < 20:  # noqa: PLR2004 - halves of fewer than ten say nothing
        return None
    even, odd = scores[::2], scores[1::2]
    inside = (even <= conformal_multiple(odd, level)).sum() + (odd <= conformal_multiple(even, level)).sum()
    return float(inside / len(scores))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChanceMap:
    """Raw probability to calibrated chance of being right."""

    isotonic: IsotonicRegression

    @classmethod
    def fit(cls, raw: Floats, right: Floats) -> ChanceMap:
        """Learn from raw probabilities and 0/1 outcomes, both shape (n,)."""
        return cls(isotonic=IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(raw, right))

    def at(self, raw: Floats) -> Floats:
        """Chance per cell, kept off 0 and 1: a finite sample proves neither."""
        if not len(raw):
            return raw
        return np.clip(np.asarray(self.isotonic.predict(raw), dtype=np.float64), 0.01, 0.99)
