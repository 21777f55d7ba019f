"""The chain of models: every column's gaps guessed from the others, and the guesses of the others used in a second pass.

The usual chain (fill everything, fit on the filled table) cheats: a training row's filled predictors were guessed with the help
of the very value that is being learnt, a row with the gap has no such help. Here, to train column j, j is hidden first and the
other gaps are filled without it, so training rows and rows with the gap look alike. Measured on Telco (15 % masked): error of
the numbers 0.229 of a standard deviation with the usual chain, 0.200 with this one, at the same category accuracy.

Rule: cells to judge or calibrate by are masked before `fit`, never after; so every error is carried through the whole chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis_worker.steps.impute.columns import Bools, Floats, Ints
from analysis_worker.steps.impute.features import LinearDesign, Shape, tree_categorical, tree_features
from analysis_worker.steps.impute.models import Guess, Model, boosted_model, constant_model, linear_model

LINEAR = "linear"
BOOSTED = "boosted"
CHAINED = "chained_boosted"
CONSTANTS = ("mean", "median", "mode")


def methods_for(*, categories: bool) -> tuple[str, ...]:
    """Candidates in order of preference when errors tie: the simpler first."""
    return (*(("mode",) if categories else ("mean", "median")), LINEAR, BOOSTED, CHAINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Fitted models for one masked or unmasked training matrix.

    Attributes:
        shapes: of the matrix columns.
        models: (target, method) -> model.
        designs: target -> linear view.
    """

    shapes: tuple[Shape, ...]
    targets: tuple[int, ...]
    models: dict[tuple[int, str], Model] = field(default_factory=dict)
    designs: dict[int, LinearDesign] = field(default_factory=dict)

    def predict(self, matrix: Floats, target: int, method: str, filled: Floats | None = None) -> Guess:
        """Guess the column `target` for every row; its own cells there are never read.

        Args:
            matrix: float64, shape (n_rows, n_columns), gaps NaN.
            target: column to guess.
            method: candidate to ask.
            filled: `fill(matrix)` with the target hidden, when the caller has it already.
        """
        model = self.models[target, method]
        if method in CONSTANTS:
            return model.predict(matrix[:, :1])
        if method == LINEAR:
            return model.predict(self.designs[target].features(matrix))
        if method == BOOSTED:
            return model.predict(tree_features(matrix, target, self.shapes))
        return model.predict(self._chained_features(matrix, target, filled))

    def fill(self, matrix: Floats) -> Floats:
        """A copy whose gaps in target columns hold the first pass's guesses."""
        filled = matrix.copy()
        for target in self.targets:
            rows = np.isnan(matrix[:, target])
            if rows.any() and (target, BOOSTED) in self.models:
                filled[rows, target] = self.predict(matrix[rows], target, BOOSTED).values
        return filled

    def _chained_features(self, matrix: Floats, target: int, filled: Floats | None = None) -> Floats:
        if filled is None:
            hidden = matrix.copy()
            hidden[:, target] = np.nan
            filled = self.fill(hidden)
        return np.concatenate([tree_features(filled, target, self.shapes), tree_features(matrix, target, self.shapes)], axis=1)

    def learn(self, matrix: Floats, target: int, method: str, seed: int) -> None:
        """Fit one candidate on the observed cells of `target`."""
        rows = trainable(matrix, target, self.shapes[target])
        train, truth = matrix[rows], matrix[rows, target]
        categories = self.shapes[target].classes > 0
        if method in CONSTANTS:
            self.models[target, method] = constant_model(method, truth)
            return
        if method == LINEAR:
            design = LinearDesign.fit(train, target, self.shapes)
            self.designs[target] = design
            self.models[target, method] = linear_model(design.features(train), truth, categories=categories)
            return
        features = tree_features(train, target, self.shapes) if method == BOOSTED else self._chained_features(train, target)
        flags = tree_categorical(target, self.shapes, features.shape[1] if method == BOOSTED else features.shape[1] // 2)
        categorical = flags if method == BOOSTED else np.concatenate([flags, flags])
        self.models[target, method] = boosted_model(features, truth, categories=categories, categorical=categorical, seed=seed)


def trainable(matrix: Floats, target: int, shape: Shape) -> Ints:
    """Rows to learn `target` from: observed, and not of a rare category."""
    values = matrix[:, target]
    known: Bools = ~np.isnan(values)
    if shape.classes:
        known[known] = shape.learnable[values[known].astype(np.int64)]
    return np.flatnonzero(known)


def fit_chain(
    matrix: Floats,
    shapes: tuple[Shape, ...],
    targets: Sequence[int],
    wanted: Mapping[int, Sequence[str]],
    seed: int,
) -> Chain:
    """Fit the wanted candidates on the observed cells of `matrix`.

    Args:
        matrix: float64, shape (n_rows, n_columns); gaps and masked cells NaN.
        shapes: of the columns.
        targets: columns that may have gaps and can be learnt.
        wanted: target -> methods to fit.
        seed: for the boosting.
    """
    chain = Chain(shapes=shapes, targets=tuple(targets))
    chained = any(CHAINED in methods for methods in wanted.values())
    for target in targets:
        if chained or BOOSTED in wanted.get(target, ()):
            chain.learn(matrix, target, BOOSTED, seed)
    for target in targets:
        for method in wanted.get(target, ()):
            if method != BOOSTED:
                chain.learn(matrix, target, method, seed)
    return chain
