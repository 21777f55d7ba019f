"""Maximum likelihood of positive parameters, and how far the data leave them open.

Rules: parameters are searched by their logarithms (L-BFGS with the exact gradient); the observed information is taken there
too, by differences of the gradient. The spread is carried on as points of equal weight that have the mean and the covariance
of the asymptotic normal distribution (cubature of third degree, Arasaratnam and Haykin 2009), so nothing is drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

Numbers = NDArray[np.float64]
Objective = Callable[[Numbers], tuple[float, Numbers]]

_STEP = 1e-4
# What the data hardly decide may be off by a factor of e (one standard deviation), not by more.
_LEAST_INFORMATION = 1.0
_BOUND = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Maximum:
    """log_likelihood at the maximum; parameters, their standard errors, and points of equal weight, shape (2 d, d)."""

    log_likelihood: float
    parameters: Numbers
    errors: Numbers
    points: Numbers
    converged: bool


def maximise(objective: Objective, start: Numbers, observations: float) -> Maximum:
    """Find the maximum.

    Args:
        objective: From logarithms of the parameters, shape (d,), to the log-likelihood and its gradient.
        start: Logarithms to begin with.
        observations: How many the likelihood is of; scales the stopping rule.
    """

    def negative(logs: Numbers) -> tuple[float, Numbers]:
        likelihood, gradient = objective(logs)
        return -likelihood / observations, -gradient / observations

    bounds = [(value - _BOUND, value + _BOUND) for value in start]
    settings = {"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-8}
    # One thread: four numbers are not worth waking others, and their sums would round differently.
    with threadpool_limits(limits=1):
        found = minimize(negative, start, jac=True, method="L-BFGS-B", bounds=bounds, options=settings)
        logs = np.asarray(found.x, np.float64)
        root = _root_covariance(objective, logs)
    away = np.sqrt(len(logs)) * root
    parameters = np.exp(logs)
    return Maximum(
        log_likelihood=-float(found.fun) * observations,
        parameters=parameters,
        errors=parameters * np.sqrt((root**2).sum(axis=1)),
        points=np.exp(np.concatenate([logs + away.T, logs - away.T])),
        converged=bool(found.success) and not bool((np.abs(logs - start) >= _BOUND - 1e-6).any()),
    )


def _root_covariance(objective: Objective, logs: Numbers) -> Numbers:
    """Return a matrix whose product with its transpose is the covariance of the logarithms."""
    size = len(logs)
    information = np.empty((size, size))
    for column in range(size):
        aside = np.zeros(size)
        aside[column] = _STEP
        information[column] = -(objective(logs + aside)[1] - objective(logs - aside)[1]) / (2 * _STEP)
    values, vectors = np.linalg.eigh((information + information.T) / 2)
    return np.asarray(vectors / np.sqrt(np.maximum(values, _LEAST_INFORMATION)), np.float64)
