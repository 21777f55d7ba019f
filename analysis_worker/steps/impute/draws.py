"""Several plausible values per gap, for calculations that must carry the doubt (multiple imputation; Rubin 1987).

Numbers: the guess plus an error of the size that was really made, taken at random from the signed errors of the calibrating
cells and scaled like the row's interval. Categories: the calibrated chance for the guess, the rest shared out as the model
shares it. Both went through the whole chain, so variances computed over draws are neither too small nor made up.

Rule: cells are drawn one by one; draws of two columns of a row are not tied to each other.
"""

from __future__ import annotations

import numpy as np

from analysis_worker.steps.impute.columns import Floats
from analysis_worker.steps.impute.models import Guess


def draw_numbers(guess: Floats, scale: Floats, errors: Floats, chance: Floats) -> Floats:
    """Numbers around the guesses.

    Args:
        guess: float64, shape (n,).
        scale: expected size of the error, float64, shape (n,).
        errors: signed errors in scales, of cells that no model had seen, float64, shape (m,), m > 0.
        chance: uniform in [0, 1), float64, shape (n, draws).
    """
    taken = errors[np.floor(chance * len(errors)).astype(np.int64)]
    drawn: Floats = guess[:, None] + scale[:, None] * taken
    return drawn


def draw_codes(guess: Guess, confidence: Floats, chance: Floats) -> Floats:
    """Codes, the guessed one as often as it is right.

    Args:
        guess: of a classifier: values (n,), codes (k,), chances (n, k).
        confidence: calibrated chance that the guess is right, float64, shape (n,).
        chance: uniform in [0, 1), float64, shape (n, draws).
    """
    best = guess.values[:, None] == guess.codes
    others = np.where(best, 0.0, guess.chances)
    rest = others.sum(axis=1, keepdims=True)
    shares = np.where(best, confidence[:, None], (1.0 - confidence)[:, None] * others / np.maximum(rest, 1e-300))
    edges = np.cumsum(shares, axis=1)[:, :-1]
    place = (chance[:, :, None] * shares.sum(axis=1)[:, None, None] >= edges[:, None, :]).sum(axis=2)
    drawn: Floats = guess.codes[place].astype(np.float64)
    return drawn
