"""The two models of the blend: logistic regression, and gradient boosting of small trees. Both add up, column by column.

The log-odds of a row are a base (the average training row) plus one contribution per column, exactly. Logistic regression:
coefficient times distance from the mean. Trees: every split on the way to a leaf moves the expected value, and the move is the
column's that was asked (path contributions; Saabas 2014, Palczewska et al. 2014). With trees of three levels the known bias of
that method towards late splits is small, and it costs a look into a table per tree.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeRegressor

from analysis_worker.steps.classify.columns import Bools, Floats, Ints
from analysis_worker.steps.classify.design import Design

_RIDGE = 0.3  # inverse strength of the penalty
_TREES = 200
_LEARNING_RATE = 0.04
_DEPTH = 3
_ROWS_PER_TREE = 0.5
_FEATURES_PER_SPLIT = 0.3
_LEAST_LEAF = 20


class Member(Protocol):
    """A fitted model."""

    @property
    def base(self) -> float:
        """Log-odds of the average training row."""
        ...

    def contributions(self, matrix: Floats) -> Floats:
        """What each column adds to the base, shape (n, n_columns), for rows of shape (n, n_columns)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearMember:
    """Logistic regression."""

    design: Design
    weights: Floats
    centre: Floats
    base: float

    def contributions(self, matrix: Floats) -> Floats:
        """See `Member`."""
        features, owners = self.design.linear(matrix)
        return ((features - self.centre) * self.weights) @ _belongs(owners, matrix.shape[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class TreesMember:
    """Boosted small trees: for each tree, a table from leaf to contributions, shape (n_nodes, n_columns)."""

    design: Design
    trees: tuple[DecisionTreeRegressor, ...]
    tables: tuple[Floats, ...]
    base: float

    def contributions(self, matrix: Floats) -> Floats:
        """See `Member`."""
        features = self.design.trees(matrix)[0].astype(np.float32)
        total = np.zeros(matrix.shape)
        for tree, table in zip(self.trees, self.tables, strict=True):
            total += table[tree.apply(features, check_input=False)]
        return total


def fit_linear(matrix: Floats, truth: Bools, categorical: Sequence[bool]) -> LinearMember:
    """Fit on rows of shape (n, n_columns), gaps NaN; truth has both values."""
    design = Design.fit(matrix, categorical)
    features, _ = design.linear(matrix)
    centre = features.mean(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # rows that it has not seen judge the fit, not the solver's tolerance
        fitted = LogisticRegression(C=_RIDGE, max_iter=300).fit(features - centre, truth)
    return LinearMember(design=design, weights=fitted.coef_[0], centre=centre, base=float(fitted.intercept_[0]))


def fit_trees(matrix: Floats, truth: Bools, categorical: Sequence[bool], seed: int) -> TreesMember:
    """Fit on rows of shape (n, n_columns), gaps NaN; truth has both values."""
    design = Design.fit(matrix, categorical)
    features, owners = design.trees(matrix)
    fitted = GradientBoostingClassifier(
        n_estimators=_TREES,
        learning_rate=_LEARNING_RATE,
        max_depth=_DEPTH,
        subsample=_ROWS_PER_TREE,
        max_features=_FEATURES_PER_SPLIT,
        min_samples_leaf=min(_LEAST_LEAF, max(2, len(truth) // 20)),
        random_state=seed,
    ).fit(features, truth)
    share = float(truth.mean())
    trees = tuple(fitted.estimators_[:, 0])
    tables, starts = zip(*(_path_table(tree, owners, matrix.shape[1]) for tree in trees), strict=True)
    return TreesMember(
        design=design,
        trees=trees,
        tables=tuple(_LEARNING_RATE * table for table in tables),
        base=float(np.log(share / (1 - share)) + _LEARNING_RATE * sum(starts)),
    )


def _path_table(tree: DecisionTreeRegressor, owners: Ints, n_columns: int) -> tuple[Floats, float]:
    """Contributions of the way from the root to each node, and the root's expected value.

    Boosting changes the leaves' values after the tree is grown, so the values of inner nodes are taken from their leaves anew.
    """
    grown = tree.tree_
    left, right, size = grown.children_left, grown.children_right, grown.weighted_n_node_samples
    value = grown.value[:, 0, 0].astype(np.float64)
    inner = np.flatnonzero(left >= 0)
    for node in inner[::-1]:  # children have higher numbers than their parent
        children = [left[node], right[node]]
        value[node] = np.average(value[children], weights=size[children])
    table = np.zeros((grown.node_count, n_columns))
    for node in inner:
        for child in (left[node], right[node]):
            table[child] = table[node]
            table[child, owners[grown.feature[node]]] += value[child] - value[node]
    return table, float(value[0])


def _belongs(owners: Ints, n_columns: int) -> Floats:
    belongs: Floats = (owners[:, None] == np.arange(n_columns)).astype(np.float64)
    return belongs
