"""Masked cells look like real gaps, and calibration counts as the theory says."""

from __future__ import annotations

import numpy as np
import pytest

from analysis_worker.steps.impute.intervals import ChanceMap, ErrorScale, conformal_multiple, cross_coverage
from analysis_worker.steps.impute.masking import mask


def block_matrix(rows: int = 800) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Columns 0 and 1 are always missing together; column 2 alone."""
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(rows, 3))
    together = rng.random(rows) < 0.2
    matrix[together, 0] = matrix[together, 1] = np.nan
    matrix[rng.random(rows) < 0.2, 2] = np.nan
    return matrix


def test_columns_that_are_missing_together_are_masked_together() -> None:
    matrix = block_matrix()
    holdout = mask(matrix, np.isnan(matrix), [0, 1, 2], 100, np.random.default_rng(2))
    assert np.isnan(holdout.cells[0].rows[:, 1]).all()
    assert np.isnan(holdout.cells[2].rows[:, 0]).mean() < 0.4


def test_no_model_may_learn_from_a_masked_cell() -> None:
    matrix = block_matrix()
    holdout = mask(matrix, np.isnan(matrix), [0, 1, 2], 100, np.random.default_rng(2))
    for target, cells in holdout.cells.items():
        assert np.isnan(cells.rows[:, target]).all()
        assert not np.isnan(cells.truth).any()
        learnable = holdout.matrix[:, target]
        assert not np.isin(cells.truth, learnable[~np.isnan(learnable)]).any()


def test_the_multiple_is_the_conformal_rank() -> None:
    scores = np.arange(1.0, 20.0)
    assert conformal_multiple(scores, 0.9) == 18.0
    assert conformal_multiple(scores[:3], 0.9) == 3.0
    assert conformal_multiple(scores[:0], 0.9) == 0.0


def test_cross_coverage_of_exchangeable_scores_is_the_level() -> None:
    scores = np.random.default_rng(3).exponential(size=4_000)
    assert cross_coverage(scores, 0.9) == pytest.approx(0.9, abs=0.02)
    assert cross_coverage(scores[:5], 0.9) is None


def test_the_scale_sees_where_errors_are_large() -> None:
    rng = np.random.default_rng(4)
    x = rng.random((600, 1))
    scale = ErrorScale.fit(x, np.abs(rng.normal(size=600)) * np.where(x[:, 0] > 0.5, 10, 1), 0)
    assert scale.at(np.array([[0.9]]))[0] > 3 * scale.at(np.array([[0.1]]))[0]


def test_chances_are_observed_shares_kept_off_certainty() -> None:
    raw = np.full(200, 0.99)
    right = np.r_[np.ones(120), np.zeros(80)]
    chances = ChanceMap.fit(raw, right)
    assert chances.at(raw)[0] == pytest.approx(0.6)
    assert ChanceMap.fit(raw, np.ones(200)).at(raw)[0] == 0.99
