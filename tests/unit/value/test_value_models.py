"""The two models beside the formulas of their papers, beside differences, and beside simulation."""

import numpy as np
import pytest
from scipy.special import betaln, gammaln, hyp2f1

from analysis_worker.steps.value import Patterns, Spending, fit_spending
from analysis_worker.steps.value.occasions import Histories
from analysis_worker.steps.value.purchasing import _Likelihood, alive_probability, survives
from analysis_worker.steps.value.spending import spending_interval

PARAMETERS = np.array([0.243, 4.414, 0.793, 2.426])
X, LAST, AGE = np.array([0.0, 1.0, 2.0, 7.0, 26.0]), np.array([0.0, 1.5, 30.43, 29.43, 30.86]), np.full(5, 38.86)


def _histories(repeats: np.ndarray, last: np.ndarray, age: np.ndarray) -> Histories:
    zeros = np.zeros(len(repeats), np.int64)
    return Histories(
        place=np.arange(len(repeats)),
        repeats=repeats,
        last=last,
        age=age,
        paid=zeros,
        mean_paid=zeros.astype(np.float64),
        currency=zeros,
    )


def test_equal_histories_are_one_pattern() -> None:
    repeats, last, age = np.array([2, 0, 2, 0, 1]), np.array([70, 0, 70, 0, 7]), np.array([140, 7, 140, 7, 140])
    patterns = Patterns.of(_histories(repeats, last, age))
    assert sorted(patterns.customers) == [1, 2, 2]
    assert (patterns.repeats[patterns.which] == repeats).all()
    assert (patterns.last[patterns.which] * 7 == last).all()
    assert (patterns.age[patterns.which] * 7 == age).all()


def test_the_gradient_is_the_slope_of_the_likelihood() -> None:
    random = np.random.default_rng(1)
    repeats = random.integers(0, 6, 200)
    last = np.where(repeats > 0, random.integers(1, 100, 200), 0)
    likelihood = _Likelihood(Patterns.of(_histories(repeats, last, last + random.integers(0, 100, 200))))
    logs, step = np.log(PARAMETERS), 1e-5
    _, gradient = likelihood(logs)
    for index in range(4):
        aside = np.zeros(4)
        aside[index] = step
        slope = (likelihood(logs + aside)[0] - likelihood(logs - aside)[0]) / (2 * step)
        assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_the_likelihood_is_the_formula_of_the_paper() -> None:
    r, alpha, a, b = PARAMETERS
    x, last, age = 3, 20.0, 30.0
    alive = betaln(a, b + x) - betaln(a, b) + gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
    gone = (
        betaln(a + 1, b + x - 1)
        - betaln(a, b)
        + gammaln(r + x)
        - gammaln(r)
        + r * np.log(alpha)
        - (r + x) * np.log(alpha + last)
    )
    patterns = Patterns.of(_histories(np.array([3]), np.array([140]), np.array([210])))
    assert _Likelihood(patterns)(np.log(PARAMETERS))[0] == pytest.approx(np.logaddexp(alive, gone), rel=1e-12)


def test_expected_purchases_are_those_of_the_papers_hypergeometric_formula() -> None:
    r, alpha, a, b = PARAMETERS
    t = 39.0
    ours = alive_probability(PARAMETERS, X, LAST, AGE) * survives(PARAMETERS, X, AGE, t, 2_000).sum(axis=1)
    share = (alpha + AGE) / (alpha + AGE + t)
    numerator = (a + b + X - 1) / (a - 1)
    numerator *= 1 - share ** (r + X) * hyp2f1(r + X, b + X, a + b + X - 1, t / (alpha + AGE + t))
    doubt = np.where(X > 0, a / (b + np.maximum(X, 1) - 1) * ((alpha + AGE) / (alpha + LAST)) ** (r + X), 0.0)
    assert ours == pytest.approx(numerator / (1 + doubt), rel=1e-9)


def test_nothing_breaks_where_the_hypergeometric_function_does() -> None:
    parameters = np.array([0.243, 4.414, 1.0, 2.426])
    many = np.array([5_000.0])
    at_least = survives(parameters, many, np.array([5_000.0]), 100.0, 400)
    assert np.isfinite(at_least).all()
    assert 60 < at_least.sum() < 101
    assert alive_probability(parameters, many, np.array([1.0]), np.array([5_000.0])) == pytest.approx(0, abs=1e-12)


def test_one_who_never_came_back_is_alive_by_the_model() -> None:
    assert alive_probability(PARAMETERS, np.zeros(1), np.zeros(1), np.array([500.0])) == pytest.approx(1.0)


def test_at_least_so_many_purchases_as_often_as_simulated() -> None:
    random = np.random.default_rng(4)
    r, alpha, a, b = 1.2, 5.0, 0.8, 2.0
    draws, x, age, horizon = 40_000, 3, 20.0, 15.0
    rate, leaves = random.gamma(r + x, 1 / (alpha + age), draws), random.beta(a, b + x, draws)
    made = np.minimum(random.poisson(rate * horizon), random.geometric(leaves))
    ours = survives(np.array([r, alpha, a, b]), np.array([float(x)]), np.array([age]), horizon, 6)[0]
    assert ours == pytest.approx([(made >= n).mean() for n in range(1, 7)], abs=0.01)


def test_spending_is_found_again_and_leans_to_the_population_for_few_purchases() -> None:
    random = np.random.default_rng(2)
    paid = random.integers(1, 8, 60_000)
    nu = random.gamma(4.0, 1 / 3_000.0, 60_000)
    mean = random.gamma(6.0 * paid) / nu / paid
    model = fit_spending(paid, mean)
    assert (model.p, model.q, model.gamma) == pytest.approx((6.0, 4.0, 3_000.0), rel=0.12)
    assert model.population_mean == pytest.approx(6_000, rel=0.05)
    assert abs(model.correlation) < 0.05
    few, many = model.expected(np.array([1, 50]), np.array([20_000.0, 20_000.0]))
    assert model.population_mean < few < many < 20_000


def test_amounts_in_another_unit_give_the_same_model() -> None:
    random = np.random.default_rng(2)
    paid = random.integers(1, 8, 500)
    mean = random.gamma(6.0 * paid) * random.gamma(4.0, 1.0, 500) / paid
    euros, cents = fit_spending(paid, mean), fit_spending(paid, mean * 100)
    assert (cents.p, cents.q, cents.gamma / 100) == pytest.approx((euros.p, euros.q, euros.gamma), rel=1e-4)


def test_the_interval_of_money_holds_what_is_simulated() -> None:
    random = np.random.default_rng(6)
    model = Spending(p=6.0, q=4.0, gamma=3_000.0, customers=100, correlation=0.0, converged=True)
    made = random.poisson(2.5, 100_000)
    nu = random.gamma(model.q + model.p * 4, 1 / (model.gamma + 4 * 5_000.0), len(made))
    spent = np.where(made > 0, random.gamma(np.maximum(6.0 * made, 1e-9)) / nu, 0.0)
    at_least = np.array([[(made >= n).mean() for n in range(1, 16)]])
    lower, upper = spending_interval(model, np.array([4]), np.array([5_000.0]), at_least, 0.9)
    assert lower == 0
    assert ((spent >= lower) & (spent <= upper)).mean() == pytest.approx(0.9, abs=0.005)
    surely = np.concatenate([np.ones((1, 3)), np.zeros((1, 1))], axis=1)
    lower, upper = spending_interval(model, np.array([4]), np.array([5_000.0]), surely, 0.9)
    three = random.gamma(18.0, size=len(nu)) / nu
    assert (three < lower).mean() == pytest.approx(0.05, abs=0.005)
    assert (three > upper).mean() == pytest.approx(0.05, abs=0.005)
