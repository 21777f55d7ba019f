"""Judges candidates on masked cells and decides, per column, which one fills the gaps, if any.

Rule: a candidate wins only when it removes a stated share of the error of the best constant guess, and the gain is not luck
(paired z over the masked cells). Otherwise the column stays empty: a gap is honest, an invented value is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.impute.chain import CONSTANTS
from analysis_worker.steps.impute.columns import Floats
from analysis_worker.steps.impute.models import Guess
from analysis_worker.steps.impute.options import ImputeOptions
from analysis_worker.steps.impute.summary import CandidateError

_PROMISING = 0.5  # of the gain that winning needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One column's bake-off.

    Attributes:
        method: the winner, "" when nothing beats the baseline.
        candidates: all errors, simplest first.
        baseline_error: error of the best constant.
        chosen_error: error of the winner, None without one.
        cells: masked cells judged on.
    """

    method: str
    candidates: tuple[CandidateError, ...]
    baseline_error: float
    chosen_error: float | None
    cells: int


def losses(guess: Floats, truth: Floats, *, categories: bool) -> Floats:
    """Squared errors for numbers, 0/1 for categories; shape as `truth`."""
    return (guess != truth).astype(np.float64) if categories else (guess - truth) ** 2


def choose(guesses: Mapping[str, Guess], truth: Floats, options: ImputeOptions, *, categories: bool) -> Choice:
    """Pick the winner among guesses for the same masked cells."""
    loss = {method: losses(guess.values, truth, categories=categories) for method, guess in guesses.items()}
    error = {method: _error(values, categories=categories) for method, values in loss.items()}
    baseline = _best_constant(error)
    challengers = [m for m in loss if m not in CONSTANTS and _beats(loss[baseline], loss[m], options, categories=categories)]
    winner = min(challengers, key=lambda m: error[m], default="")
    return Choice(
        method=winner,
        candidates=tuple(CandidateError(method=m, error=e) for m, e in error.items()),
        baseline_error=error[baseline],
        chosen_error=error[winner] if winner else None,
        cells=len(truth),
    )


def promising(guesses: Mapping[str, Guess], truth: Floats, options: ImputeOptions, *, categories: bool) -> bool:
    """Whether a candidate comes near enough to winning that a dearer one is worth its time."""
    error = {m: _error(losses(g.values, truth, categories=categories), categories=categories) for m, g in guesses.items()}
    best = min(error[m] for m in error if m not in CONSTANTS)
    return best < (1.0 - _PROMISING * options.min_gain) * error[_best_constant(error)]


def _best_constant(error: Mapping[str, float]) -> str:
    return min((m for m in error if m in CONSTANTS), key=lambda m: error[m])


def _error(loss: Floats, *, categories: bool) -> float:
    mean = float(loss.mean())
    return mean if categories else float(np.sqrt(mean))


def _beats(baseline: Floats, loss: Floats, options: ImputeOptions, *, categories: bool) -> bool:
    gain = baseline - loss
    spread = float(gain.std(ddof=1)) / np.sqrt(len(gain))
    share = 1.0 - options.min_gain
    enough = _error(loss, categories=categories) <= share * _error(baseline, categories=categories)
    return bool(enough and gain.mean() > 0 and gain.mean() >= options.min_z * spread)
