"""The candidates: a constant, ridge or logistic regression, and histogram gradient boosting, behind one small shape.

Every model answers with a `Guess`: the value (number or code) and, for categories, how sure it is of it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from analysis_worker.steps.impute.columns import Bools, Floats

_TREES = 110
_TREE_BUDGET = 240  # trees of all classes together: bounds the time of a column of many categories
_SHRINKAGE = 6.0  # learning rate x rounds: the fewer rounds, the bigger the steps
_LEAVES = 15
_BINS = 64  # the cost of a split grows with them, the accuracy no more
_LOGISTIC_ROWS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a candidate says of n cells.

    Attributes:
        values: numbers or codes, float64, shape (n,).
        confidence: raw, float64, shape (n,), 0..1; 1 for numbers.
        codes: the categories that a classifier knows, float64, shape (k,).
        chances: its raw probability of each, float64, shape (n, k).
    """

    values: Floats
    confidence: Floats
    codes: Floats = field(default_factory=lambda: np.zeros(0))
    chances: Floats = field(default_factory=lambda: np.zeros((0, 0)))


class Model(Protocol):
    """A fitted candidate."""

    def predict(self, features: Floats) -> Guess:
        """Guess one value per row of `features`."""
        ...


class _Classifier(Protocol):
    classes_: Floats

    def predict_proba(self, features: Floats) -> Floats: ...


class _Regressor(Protocol):
    def predict(self, features: Floats) -> Floats: ...


@dataclass(frozen=True, slots=True)
class NumberModel:
    """A regressor as a `Model`."""

    regressor: _Regressor

    def predict(self, features: Floats) -> Guess:
        """Guess numbers."""
        return Guess(values=np.asarray(self.regressor.predict(features), dtype=np.float64), confidence=np.ones(len(features)))


@dataclass(frozen=True, slots=True)
class CategoryModel:
    """A classifier as a `Model`."""

    classifier: _Classifier

    def predict(self, features: Floats) -> Guess:
        """Guess the likeliest code and its probability."""
        chances = self.classifier.predict_proba(features)
        best = chances.argmax(axis=1)
        codes = self.classifier.classes_.astype(np.float64)
        return Guess(values=codes[best], confidence=chances[np.arange(len(best)), best], codes=codes, chances=chances)


@dataclass(frozen=True, slots=True)
class ConstantModel:
    """The baseline: mean, median or mode."""

    value: float
    share: float

    def predict(self, features: Floats) -> Guess:
        """The same guess for every row."""
        return Guess(values=np.full(len(features), self.value), confidence=np.full(len(features), self.share))


def constant_model(statistic: str, truth: Floats) -> ConstantModel:
    """Fit "mean", "median" or "mode"; ties of the mode go to the smaller code."""
    if statistic == "mode":
        codes, counts = np.unique(truth, return_counts=True)
        best = int(counts.argmax())
        return ConstantModel(float(codes[best]), float(counts[best] / len(truth)))
    return ConstantModel(float(truth.mean() if statistic == "mean" else np.median(truth)), 1.0)


def linear_model(features: Floats, truth: Floats, *, categories: bool) -> Model:
    """Ridge for numbers, logistic regression for codes (on at most 5,000 rows: its solver is the slow part)."""
    if not categories:
        return NumberModel(Ridge(alpha=1.0).fit(features, truth))
    step = max(1, len(truth) // _LOGISTIC_ROWS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the hold-out judges the fit, not the solver's tolerance
        fitted = LogisticRegression(C=1.0, max_iter=60).fit(features[::step], truth[::step])
    return CategoryModel(fitted)


def boosted_model(features: Floats, truth: Floats, *, categories: bool, categorical: Bools, seed: int) -> Model:
    """Histogram gradient boosting; gaps stay NaN and get their own branch.

    A feature without any observed value carries nothing, and scikit-learn 1.9 cannot bin it: it is trained as a constant.
    """
    features = np.where(np.isnan(features).all(axis=0), 0.0, features)
    if not categories:
        rounds = _TREES
    else:
        classes = len(np.unique(truth))
        rounds = _TREES if classes == 2 else int(np.clip(_TREE_BUDGET // classes, 12, _TREES))  # noqa: PLR2004 - binary: 1 tree
    kind = HistGradientBoostingClassifier if categories else HistGradientBoostingRegressor
    fitted = kind(
        max_iter=rounds,
        learning_rate=min(0.25, _SHRINKAGE / rounds),
        max_leaf_nodes=_LEAVES,
        max_bins=_BINS,
        categorical_features=categorical if categorical.any() else None,
        early_stopping=False,
        random_state=seed,
    ).fit(features, truth)
    return CategoryModel(fitted) if categories else NumberModel(fitted)
