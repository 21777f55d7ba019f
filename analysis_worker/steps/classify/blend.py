"""Mixes the models' log-odds and makes probabilities of them that come true.

The trees' share and the calibrator are chosen on rows that no model had seen. Platt 1999 (a line through the log-odds) needs
few rows; isotonic regression (Zadrozny and Elkan 2002) takes any rising shape. Whichever predicted unseen rows better is kept,
the simpler when they tie. What the figures are measured on is calibrated without itself: every part by the other parts, in a
time split by the earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from analysis_worker.steps.classify.columns import Bools, Floats, Ints

IDENTITY, PLATT, ISOTONIC = "identity", "platt", "isotonic"

_SHARES = np.linspace(0.0, 1.0, 11)
_NEAR_BASE = 0.25  # log-odds; nearer to the base the slope is taken across this much
_ISOTONIC_ROWS = 200  # of the rarer class; with fewer, its steps are luck
_MARGIN = 0.002  # of the log loss, that isotonic must be better
_EDGE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Blend:
    """How log-odds become a probability.

    Attributes:
        share: of the trees in the log-odds, 0..1.
        method: of calibration.
        slope: Platt's.
        intercept: Platt's.
        odds: isotonic: log-odds of the knots, shape (k,), rising.
        chances: isotonic: probabilities there, shape (k,).
    """

    share: float = 0.5
    method: str = IDENTITY
    slope: float = 1.0
    intercept: float = 0.0
    odds: Floats
    chances: Floats

    def mix(self, linear: Floats, trees: Floats) -> Floats:
        """Weighted mean of two arrays of log-odds or contributions."""
        mixed: Floats = (1.0 - self.share) * linear + self.share * trees
        return mixed

    def chance(self, odds: Floats) -> Floats:
        """Calibrated probability, shape as given."""
        if self.method == ISOTONIC:
            chance: Floats = np.interp(odds, self.odds, self.chances)
            return chance
        return sigmoid(self.slope * odds + self.intercept)

    def slope_from(self, base: Floats, odds: Floats) -> Floats:
        """Probability per unit of log-odds between the average row and each row: contributions times this add up."""
        near = np.abs(odds - base) < _NEAR_BASE
        low = np.where(near, base - _NEAR_BASE, base)
        high = np.where(near, base + _NEAR_BASE, odds)
        slope: Floats = (self.chance(high) - self.chance(low)) / (high - low)
        return slope


def sigmoid(odds: Floats) -> Floats:
    """Probability of log-odds."""
    chance: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -35.0, 35.0)))
    return chance


def fit_blend(linear: Floats, trees: Floats, truth: Bools, method: str) -> Blend:
    """Choose the trees' share by log loss, then fit the calibrator.

    Args:
        linear: log-odds of unseen rows, float64, shape (n,).
        trees: the same of the other model.
        truth: bool, shape (n,).
        method: "identity", "platt" or "isotonic".
    """
    none = np.zeros(0)
    if truth.all() or not truth.any():
        return Blend(odds=none, chances=none)
    losses = [log_loss(sigmoid((1.0 - share) * linear + share * trees), truth) for share in _SHARES]
    share = float(_SHARES[int(np.argmin(losses))])
    odds = (1.0 - share) * linear + share * trees
    if method == PLATT:
        line = LogisticRegression(C=1e6).fit(odds[:, None], truth)
        slope = float(line.coef_[0, 0])
        if slope > 0:
            return Blend(share=share, method=PLATT, slope=slope, intercept=float(line.intercept_[0]), odds=none, chances=none)
    if method == ISOTONIC:
        fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(odds, truth.astype(np.float64))
        edge = 1.0 / (len(truth) + 2)  # a finite sample proves neither never nor always
        chances = np.clip(fitted.y_thresholds_, edge, 1.0 - edge)
        return Blend(share=share, method=ISOTONIC, odds=np.asarray(fitted.X_thresholds_), chances=chances)
    return Blend(share=share, odds=none, chances=none)


def log_loss(chance: Floats, truth: Bools) -> float:
    """Mean negative log-likelihood."""
    right = np.where(truth, chance, 1.0 - chance)
    return float(-np.log(np.maximum(right, _EDGE)).mean())


def cross_fitted(
    linear: Floats, trees: Floats, truth: Bools, parts: Sequence[Ints], *, in_time: bool
) -> tuple[str, list[Blend]]:
    """The better calibrator, and per part a blend that was fitted without it.

    Args:
        linear: log-odds of unseen rows, float64, shape (n,).
        trees: the same of the other model.
        truth: bool, shape (n,).
        parts: rows of each fold, in the order of time if there is one.
        in_time: a part is calibrated by earlier parts only; the first keeps the models' own probabilities.
    """
    methods = [PLATT]
    if min(int(truth.sum()), int((~truth).sum())) >= _ISOTONIC_ROWS:
        methods.append(ISOTONIC)
    fitted = {method: _without_each(linear, trees, truth, parts, method, in_time=in_time) for method in methods}
    loss = {method: _loss(blends, linear, trees, truth, parts) for method, blends in fitted.items()}
    isotonic = ISOTONIC in loss and loss[ISOTONIC] < (1.0 - _MARGIN) * loss[PLATT]
    method = ISOTONIC if isotonic else PLATT
    return method, fitted[method]


def _without_each(
    linear: Floats, trees: Floats, truth: Bools, parts: Sequence[Ints], method: str, *, in_time: bool
) -> list[Blend]:
    blends = []
    for number in range(len(parts)):
        others = list(parts[:number]) if in_time else [*parts[:number], *parts[number + 1 :]]
        rows = np.concatenate(others) if others else np.zeros(0, np.int64)
        blends.append(fit_blend(linear[rows], trees[rows], truth[rows], method))
    return blends


def _loss(blends: Sequence[Blend], linear: Floats, trees: Floats, truth: Bools, parts: Sequence[Ints]) -> float:
    total = 0.0
    for blend, rows in zip(blends, parts, strict=True):
        total += len(rows) * log_loss(blend.chance(blend.mix(linear[rows], trees[rows])), truth[rows])
    return total
