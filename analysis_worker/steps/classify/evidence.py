"""Weighs what was measured on rows that no model had seen: is it better than the base rate, and what goes on the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis_worker.steps.classify.card import ClassifySummary, Influence
from analysis_worker.steps.classify.columns import Bools, Column, Floats, Ints
from analysis_worker.steps.classify.groups import group_checks
from analysis_worker.steps.classify.learner import Learned
from analysis_worker.steps.classify.measures import (
    auc,
    bootstrap,
    brier_losses,
    calibration_bins,
    calibration_error,
    cut_offs,
    lift_deciles,
    mean_auc,
)
from analysis_worker.steps.classify.options import ClassifyOptions

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Of n judged rows.

    Attributes:
        codes: their classes, int64, shape (n,).
        chances: predictions by models that had not seen them, float64, shape (n, n_classes).
        base: the shares that the models could have learnt, the same shape.
        models: one, or one per class.
        influence: mean size of a column's move, float64, shape (n_columns,).
    """

    codes: Ints
    chances: Floats
    base: Floats
    models: tuple[Learned, ...]
    influence: Floats


def verdict(evidence: Evidence, options: ClassifyOptions) -> str:
    """Nothing if the model beats the base rate by the margin and by more than luck (paired z), else why the run abstains."""
    base, own = brier_losses(evidence.codes, evidence.base), brier_losses(evidence.codes, evidence.chances)
    gain = base - own
    spread = float(gain.std(ddof=1)) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
    better = gain.mean() >= options.min_gain * base.mean() and gain.mean() > options.min_z * spread
    return "" if better else "no_better_than_base_rate"


def write_card(
    card: ClassifySummary,
    evidence: Evidence,
    parsed: Sequence[Column],
    rows: Ints,
    names: Sequence[str],
    options: ClassifyOptions,
) -> ClassifySummary:
    """The card with its figures.

    Args:
        card: what is known before anything is learnt.
        evidence: what was measured.
        parsed: columns to look for groups in.
        rows: int64, shape (n,), judged rows of the table.
        names: of the model's columns.
        options: seed and resamples.
    """
    codes, chances = evidence.codes, evidence.chances
    truth, chance = _judged(codes, chances)
    two = chances.shape[1] == 2  # noqa: PLR2004 - with more, no class is the one that a lift could be about
    losses = brier_losses(codes, chances)
    ranked = np.argsort(-evidence.influence, kind="stable")[:_SHOWN]
    return replace(
        _with_each_alone(card, evidence),
        judged_rows=len(codes),
        base_rate=float(truth.mean()) if two else float(np.bincount(codes).max() / len(codes)),
        auc=bootstrap(lambda r: mean_auc(codes[r], chances[r]), len(codes), options.resamples, options.seed),
        brier=bootstrap(lambda r: float(losses[r].mean()), len(codes), options.resamples, options.seed),
        base_brier=float(brier_losses(codes, evidence.base).mean()),
        calibration_error=calibration_error(truth, chance),
        calibrator=evidence.models[-1].blend.method,
        influences=tuple(Influence(column=names[i], points=float(evidence.influence[i])) for i in ranked),
        calibration=calibration_bins(truth, chance),
        lift=lift_deciles(truth, chance) if two else (),
        cut_offs=cut_offs(truth, chance) if two else (),
        groups=group_checks(parsed, rows, truth, chance),
        limits=_limits(codes, two=two),
    )


def _judged(codes: Ints, chances: Floats) -> tuple[Bools, Floats]:
    """Of two classes the positive one; of more the label that was given, and whether it was right."""
    if chances.shape[1] == 2:  # noqa: PLR2004 - see above
        return codes == 1, chances[:, 1]
    label = chances.argmax(axis=1)
    return codes == label, chances[np.arange(len(codes)), label]


def _with_each_alone(card: ClassifySummary, evidence: Evidence) -> ClassifySummary:
    """How well each model ranks without the other."""
    classes = [1] if len(evidence.models) == 1 else list(range(len(evidence.models)))
    truths = [evidence.codes == code for code in classes]
    sizes = [max(1, int(truth.sum())) for truth in truths]
    linear = [auc(truth, model.linear_chance) for truth, model in zip(truths, evidence.models, strict=True)]
    trees = [auc(truth, model.trees_chance) for truth, model in zip(truths, evidence.models, strict=True)]
    return replace(
        card,
        linear_auc=float(np.average(linear, weights=sizes)),
        trees_auc=float(np.average(trees, weights=sizes)),
        trees_weight=float(np.mean([model.blend.share for model in evidence.models])),
    )


def _limits(codes: Ints, *, two: bool) -> tuple[str, ...]:
    limits = [
        "It tells who is likely, not why: a reason says what the model went by, not what would change the outcome.",
        "It holds while customers behave as they did when the outcome became known.",
    ]
    rarest = int(np.bincount(codes).min())
    if rarest < 200:  # noqa: PLR2004 - with fewer, intervals of the figures are wide
        limits.append(f"The rarest class was seen {rarest} times: figures may be off by more than their intervals say.")
    if not two:
        limits.append("More than two classes: each was learnt against the rest, and the chances were made to sum to one.")
    return tuple(limits)
