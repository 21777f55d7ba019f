"""Learns one class against the rest: folds for honest predictions of known rows, all rows for those of unknown ones.

Rule: a known row's prediction comes from models, a blend and a calibrator that had not seen the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.classify.blend import Blend, cross_fitted, fit_blend, sigmoid
from analysis_worker.steps.classify.columns import Bools, Floats, Ints
from analysis_worker.steps.classify.folds import Fold
from analysis_worker.steps.classify.members import LinearMember, Member, TreesMember, fit_linear, fit_trees


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What is thought of n rows.

    Attributes:
        chance: calibrated probability of the class, float64, shape (n,).
        moved: what each column adds to the average row's probability, float64, shape (n, n_columns), -1 to 1.
        disagreement: distance of the two models' probabilities, float64, shape (n,).
    """

    chance: Floats
    moved: Floats
    disagreement: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """One class, learnt.

    Attributes:
        linear: fitted on all training rows.
        trees: fitted on all training rows.
        blend: fitted on all judged rows.
        unseen: opinion of the judged rows, in the order of the folds, from models that had not seen them.
        linear_chance: of the judged rows, of the logistic regression alone.
        trees_chance: of the judged rows, of the trees alone.
    """

    linear: LinearMember
    trees: TreesMember
    blend: Blend
    unseen: Opinion
    linear_chance: Floats
    trees_chance: Floats

    def opinion(self, matrix: Floats) -> Opinion:
        """Of rows of shape (n, n_columns) that were not learnt from."""
        return _opinion(_Odds.of(self.linear, self.trees, matrix), self.blend)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Odds:
    """Contributions and base of both models for n rows: shapes (n, n_columns) and (n,)."""

    linear: Floats
    linear_base: Floats
    trees: Floats
    trees_base: Floats

    @classmethod
    def of(cls, linear: Member, trees: Member, matrix: Floats) -> _Odds:
        rows = len(matrix)
        return cls(
            linear=linear.contributions(matrix),
            linear_base=np.full(rows, linear.base),
            trees=trees.contributions(matrix),
            trees_base=np.full(rows, trees.base),
        )

    @property
    def linear_odds(self) -> Floats:
        odds: Floats = self.linear_base + self.linear.sum(axis=1)
        return odds

    @property
    def trees_odds(self) -> Floats:
        odds: Floats = self.trees_base + self.trees.sum(axis=1)
        return odds


def learn(
    matrix: Floats, truth: Bools, categorical: Sequence[bool], folds: Sequence[Fold], seed: int, *, in_time: bool
) -> Learned:
    """Learn a class.

    Args:
        matrix: float64, shape (n, n_columns), gaps NaN.
        truth: bool, shape (n,), which rows are of the class.
        categorical: which columns are codes, shape (n_columns,).
        folds: what is learnt from and judged; in the order of time if there is one.
        seed: of the trees.
        in_time: whether the folds are in the order of time.
    """
    odds = [_Odds.of(*_members(matrix[f.train], truth[f.train], categorical, seed), matrix[f.test]) for f in folds]
    judged = np.concatenate([fold.test for fold in folds])
    linear = np.concatenate([one.linear_odds for one in odds])
    trees = np.concatenate([one.trees_odds for one in odds])
    cuts = np.cumsum([0, *(len(fold.test) for fold in folds)])
    parts: list[Ints] = [np.arange(cuts[i], cuts[i + 1]) for i in range(len(folds))]
    method, blends = cross_fitted(linear, trees, truth[judged], parts, in_time=in_time)
    opinions = [_opinion(one, blend) for one, blend in zip(odds, blends, strict=True)]
    final_linear, final_trees = _members(matrix, truth, categorical, seed)
    return Learned(
        linear=final_linear,
        trees=final_trees,
        blend=fit_blend(linear, trees, truth[judged], method),
        unseen=Opinion(
            chance=np.concatenate([one.chance for one in opinions]),
            moved=np.concatenate([one.moved for one in opinions]),
            disagreement=np.concatenate([one.disagreement for one in opinions]),
        ),
        linear_chance=sigmoid(linear),
        trees_chance=sigmoid(trees),
    )


def _members(matrix: Floats, truth: Bools, categorical: Sequence[bool], seed: int) -> tuple[LinearMember, TreesMember]:
    return fit_linear(matrix, truth, categorical), fit_trees(matrix, truth, categorical, seed)


def _opinion(odds: _Odds, blend: Blend) -> Opinion:
    linear, trees = odds.linear_odds, odds.trees_odds
    mixed, base = blend.mix(linear, trees), blend.mix(odds.linear_base, odds.trees_base)
    moved = blend.mix(odds.linear, odds.trees) * blend.slope_from(base, mixed)[:, None]
    # large contributions of opposite signs would each say more than a probability can move: the row's are scaled down together
    moved /= np.maximum(1.0, np.abs(moved).max(axis=1, initial=0.0))[:, None]
    return Opinion(chance=blend.chance(mixed), moved=moved, disagreement=np.abs(sigmoid(linear) - sigmoid(trees)))
