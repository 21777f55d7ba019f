"""The parts of the classify step, each against what it is defined by."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from analysis_worker.steps.classify import ClassifyOptions
from analysis_worker.steps.classify.blend import ISOTONIC, PLATT, cross_fitted, fit_blend, sigmoid
from analysis_worker.steps.classify.drift import moved, time_checks
from analysis_worker.steps.classify.folds import Fold, stratified_folds, time_folds
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
from analysis_worker.steps.classify.members import fit_linear, fit_trees
from analysis_worker.steps.classify.sampling import rows_needed, sample

RANDOM = np.random.default_rng(1)
CHANCE = RANDOM.random(2_000).round(2)
TRUTH = RANDOM.random(2_000) < CHANCE


def rows(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(2)
    matrix = np.column_stack([random.normal(size=count), random.integers(0, 3, count).astype(float), random.gamma(2, 9, count)])
    odds = matrix[:, 0] + (matrix[:, 1] == 2) - 0.05 * matrix[:, 2]
    truth = random.random(count) < sigmoid(odds)
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    return matrix, truth


def test_area_and_brier_are_those_of_the_reference() -> None:
    assert auc(TRUTH, CHANCE) == pytest.approx(roc_auc_score(TRUTH, CHANCE))
    both = np.column_stack([1 - CHANCE, CHANCE])
    assert brier_losses(TRUTH.astype(int), both).mean() == pytest.approx(brier_score_loss(TRUTH, CHANCE))
    assert mean_auc(TRUTH.astype(int), both) == pytest.approx(auc(TRUTH, CHANCE))
    assert auc(np.ones(3, bool), np.arange(3.0)) == 0.5


def test_true_chances_have_little_calibration_error_and_shifted_ones_show_the_shift() -> None:
    assert calibration_error(TRUTH, CHANCE) < 0.03
    assert calibration_error(TRUTH, np.clip(CHANCE * 0.5, 0, 1)) == pytest.approx(0.25, abs=0.03)
    assert [one.customers for one in calibration_bins(TRUTH, CHANCE)] == [200] * 10
    assert len(calibration_bins(TRUTH[:35], CHANCE[:35])) == 3


def test_lift_and_cut_offs_count_what_they_say() -> None:
    deciles = lift_deciles(TRUTH, CHANCE)
    first = np.argsort(-CHANCE, kind="stable")[:200]
    assert deciles[0].observed == TRUTH[first].mean()
    assert sum(one.observed * one.customers for one in deciles) == pytest.approx(TRUTH.sum())
    half = next(one for one in cut_offs(TRUTH, CHANCE) if one.probability == 0.5)
    assert half.customers == int((CHANCE >= 0.5).sum())
    assert half.recall == pytest.approx(TRUTH[CHANCE >= 0.5].sum() / TRUTH.sum())
    assert lift_deciles(TRUTH[:99], CHANCE[:99]) == ()


def test_an_interval_holds_its_figure_and_narrows_with_more_rows() -> None:
    few = bootstrap(lambda r: auc(TRUTH[r], CHANCE[r]), 200, 50, 1)
    many = bootstrap(lambda r: auc(TRUTH[r], CHANCE[r]), 2_000, 50, 1)
    assert many.lower < many.value < many.upper
    assert many.upper - many.lower < few.upper - few.lower


def test_base_and_contributions_of_the_trees_are_what_the_trees_say() -> None:
    matrix, truth = rows()
    member = fit_trees(matrix, truth, [False, True, False], 3)
    features = member.design.trees(matrix)[0].astype(np.float32)
    prior = np.log(truth.mean() / (1 - truth.mean()))
    said = prior + 0.04 * sum(tree.predict(features) for tree in member.trees)
    assert member.base + member.contributions(matrix).sum(axis=1) == pytest.approx(said)
    assert member.contributions(matrix).mean(axis=0) == pytest.approx(np.zeros(3), abs=0.15)


def test_contributions_of_the_linear_model_start_from_the_average_row() -> None:
    matrix, truth = rows()
    member = fit_linear(matrix, truth, [False, True, False])
    assert member.contributions(matrix).mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)


def test_a_column_that_is_not_asked_about_gets_no_effect() -> None:
    matrix, truth = rows()
    matrix = np.column_stack([matrix, np.ones(len(matrix))])
    for member in (
        fit_linear(matrix, truth, [False, True, False, False]),
        fit_trees(matrix, truth, [False, True, False, False], 1),
    ):
        assert np.abs(member.contributions(matrix)[:, 3]).max() == 0


@pytest.mark.parametrize("method", [PLATT, ISOTONIC])
def test_calibration_undoes_a_bent_scale(method: str) -> None:
    odds = np.log(np.clip(CHANCE, 0.01, 0.99) / (1 - np.clip(CHANCE, 0.01, 0.99)))
    bent = 3 * odds + 2
    blend = fit_blend(bent, bent, TRUTH, method)
    assert blend.method == method
    assert calibration_error(TRUTH, blend.chance(bent)) < 0.03
    assert calibration_error(TRUTH, sigmoid(bent)) > 0.15
    steps = blend.chance(np.linspace(-9, 9, 50))
    assert (np.diff(steps) >= 0).all()
    assert 0 < steps.min() < steps.max() < 1


def test_moves_are_the_distance_between_two_chances() -> None:
    blend = fit_blend(np.linspace(-3, 3, 2_000), np.linspace(-3, 3, 2_000), np.sort(TRUTH), PLATT)
    base, odds = np.zeros(3), np.array([-2.0, 0.0, 1.5])
    slope = blend.slope_from(base, odds)
    assert (slope * (odds - base))[[0, 2]] == pytest.approx(blend.chance(odds)[[0, 2]] - blend.chance(base)[[0, 2]])
    assert np.isfinite(slope).all()


def test_a_part_is_calibrated_without_itself_and_in_time_by_earlier_parts_only() -> None:
    random = np.random.default_rng(6)
    odds = random.normal(size=300)
    parts = [np.arange(0, 100), np.arange(100, 200), np.arange(200, 300)]
    truth = random.random(300) < sigmoid(odds)
    changed = np.r_[truth[:200], ~truth[200:]]
    for in_time, untouched in ((False, [2]), (True, [0, 1, 2])):
        before = cross_fitted(odds, odds, truth, parts, in_time=in_time)[1]
        after = cross_fitted(odds, odds, changed, parts, in_time=in_time)[1]
        same = [number for number in range(3) if before[number].intercept == after[number].intercept]
        assert same == untouched


def test_folds_share_every_class_alike_and_every_row_is_judged_once() -> None:
    codes = np.repeat([0, 1, 2], [300, 60, 15])
    folds = stratified_folds(codes, ClassifyOptions(folds=5, seed=4))
    assert sorted(np.concatenate([fold.test for fold in folds]).tolist()) == list(range(375))
    assert all(np.bincount(codes[fold.test]).tolist() == [60, 12, 3] for fold in folds)
    assert all(not set(fold.train) & set(fold.test) for fold in folds)


def test_a_sample_keeps_the_shares_and_grows_for_a_rare_class() -> None:
    codes = np.r_[np.zeros(9_000, int), np.ones(1_000, int), np.full(500, -1)]
    options = ClassifyOptions(max_training_rows=2_000)
    assert np.bincount(codes[sample(codes, options)]).tolist() == [1_800, 200]
    rarer = np.r_[np.zeros(20_000, int), np.ones(100, int)]
    assert np.bincount(rarer[sample(rarer, options)]).tolist() == [9_950, 50]
    assert rows_needed(20_100, 2, options) == 41


def test_what_is_learnt_from_is_older_than_what_is_judged_and_a_moment_is_never_cut() -> None:
    random = np.random.default_rng(5)
    moments = random.integers(0, 40, 900).astype(float)
    moments[:30] = np.nan
    folds = time_folds(random.integers(0, 2, 900), moments, ClassifyOptions(folds=5))
    assert len(folds) == 5
    for fold in folds:
        assert np.nanmax(moments[fold.train]) < moments[fold.test].min()
        assert set(range(30)) <= set(fold.train)


def test_a_time_in_which_a_class_was_not_seen_yet_is_not_judged() -> None:
    codes = np.r_[np.zeros(500, int), np.tile([0, 1], 250)]
    folds = time_folds(codes, np.arange(1_000.0), ClassifyOptions(folds=9))
    assert folds
    assert min(fold.test.min() for fold in folds) >= 500
    assert time_folds(codes, np.zeros(1_000), ClassifyOptions()) == []


def test_each_span_of_time_is_judged_alone_and_a_change_of_behaviour_at_the_newest_is_said() -> None:
    moments = np.repeat([0.0, 90.0, 180.0], 400)
    folds = [Fold(train=np.arange(400 * k), test=np.arange(400 * k, 400 * (k + 1))) for k in (1, 2)]
    chance = np.full(800, 0.6)
    steady, fallen = np.arange(800) % 10 < 6, np.arange(800) % 10 < np.repeat([6, 4], 400)
    assert moved(time_checks(folds, moments, steady, chance)) == ()
    checks = time_checks(folds, moments, fallen, chance)
    assert [(one.first, one.customers, round(one.observed, 2)) for one in checks] == [
        ("1970-04-01", 400, 0.6),
        ("1970-06-30", 400, 0.4),
    ]
    (sentence,) = moved(checks)
    assert "At the newest time (1970-06-30) it came true for 40% where 60% were expected" in sentence
    assert moved(checks[:1]) == ()
    assert moved(checks[::-1]) == ()
