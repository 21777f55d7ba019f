"""When customers buy and when they stop: the BG/NBD model of Fader, Hardie and Lee 2005 (Marketing Science 24, 275-284).

While alive, a customer buys at a rate lambda ~ Gamma(r, alpha); after each purchase they stop for good with probability
p ~ Beta(a, b). Rules: time is in weeks, as in the paper; the likelihood is taken on distinct histories with their counts and
in logarithms throughout; what depends on the number of purchases alone is computed once per number. The sum of the two ways
to have a history (still alive, stopped at the last purchase) is a log-sum-exp.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, psi

from analysis_worker.steps.value.maximum import Maximum, maximise
from analysis_worker.steps.value.occasions import Counts, Histories, Numbers

DAYS_PER_UNIT = 7.0
_DAYS_BOUND = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Distinct histories.

    Attributes:
        repeats, last, age: purchases after the first, weeks from the first to the last and to today, shape (m,).
        customers: how many have the history, shape (m,).
        which: the pattern of each customer, shape (n,).
    """

    repeats: Numbers
    last: Numbers
    age: Numbers
    customers: Numbers
    which: Counts

    @classmethod
    def of(cls, known: Histories) -> "Patterns":
        two, bound = known.last * _DAYS_BOUND + known.age, known.repeats.max(initial=0) + 1
        order = np.lexsort((known.repeats, two))
        again = (np.diff(two[order], prepend=-1) != 0) | (np.diff(known.repeats[order], prepend=bound) != 0)
        number = np.cumsum(again) - 1
        which = np.empty(len(order), np.int64)
        which[order] = number
        first = order[np.flatnonzero(again)]
        return cls(
            repeats=known.repeats[first].astype(np.float64),
            last=known.last[first] / DAYS_PER_UNIT,
            age=known.age[first] / DAYS_PER_UNIT,
            customers=np.bincount(which, minlength=len(first)).astype(np.float64),
            which=which,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchasing:
    """A fitted model: r, alpha, a, b in `parameters`, and points of equal weight around them, shape (8, 4)."""

    parameters: Numbers
    errors: Numbers
    points: Numbers
    log_likelihood: float
    converged: bool


def fit_purchasing(patterns: Patterns) -> Purchasing:
    """Fit by maximum likelihood."""
    start = np.log([0.5, max(float(np.average(patterns.age, weights=patterns.customers)), 1.0) / 2, 1.0, 2.0])
    found: Maximum = maximise(_Likelihood(patterns), start, float(patterns.customers.sum()))
    return Purchasing(
        parameters=found.parameters,
        errors=found.errors,
        points=found.points,
        log_likelihood=found.log_likelihood,
        converged=found.converged,
    )


def alive_probability(parameters: Numbers, repeats: Numbers, last: Numbers, age: Numbers) -> Numbers:
    """Return the probability that a customer still buys; by the model 1 for one who never bought again."""
    r, alpha, a, b = parameters
    stopped = np.log(a) - np.log(b + np.maximum(repeats, 1) - 1) + (r + repeats) * (np.log(alpha + age) - np.log(alpha + last))
    return np.where(repeats > 0, expit(-stopped), 1.0)


class _Likelihood:
    """Log-likelihood and gradient by the logarithms of r, alpha, a, b. 100,000 histories cost 11 ms a call on a busy core."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._numbers, which = np.unique(patterns.repeats, return_inverse=True)
        self._by_number = np.bincount(which, weights=patterns.customers)
        again = patterns.repeats > 0
        order = np.flatnonzero(again)
        self._again = order
        self._number_of = which

    def __call__(self, logs: Numbers) -> tuple[float, Numbers]:
        parameters = np.exp(logs)
        alone, slope = self._by_repeats(parameters)
        both, other_slope = self._by_times(parameters)
        return alone + both, (slope + other_slope) * parameters

    def _by_repeats(self, parameters: Numbers) -> tuple[float, Numbers]:
        """The part that depends on the number of repeats only."""
        r, alpha, a, b = parameters
        x, weights = self._numbers, self._by_number
        value = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        value += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        total, ends = psi(a + b) - psi(a + b + x), psi(b + x) - psi(b)
        slopes = (psi(r + x) - psi(r) + np.log(alpha), np.full(len(x), r / alpha), total, total + ends)
        return float((weights * value).sum()), np.array([(weights * slope).sum() for slope in slopes])

    def _by_times(self, parameters: Numbers) -> tuple[float, Numbers]:
        """The two ways to have a history: alive until today, or stopped at the last purchase."""
        r, alpha, a, b = parameters
        known = self._patterns
        shape = r + known.repeats
        log_age = np.log(alpha + known.age)
        value, alive = -shape * log_age, np.ones(len(shape))
        again = self._again
        log_last = np.log(alpha + known.last[again])
        stops = np.log(a) - np.log(b + self._numbers[self._numbers > 0] - 1)
        offset = len(self._numbers) - len(stops)
        stopped = stops[self._number_of[again] - offset] - shape[again] * log_last
        ahead = stopped - value[again]
        alive[again] = expit(-ahead)
        value[again] += np.logaddexp(0.0, ahead)
        weights = known.customers
        gone = weights[again] * (1 - alive[again])
        by_shape = weights * alive * log_age
        by_rate = weights * alive * shape / (alpha + known.age)
        slope = np.array(
            [
                -by_shape.sum() - (gone * log_last).sum(),
                -by_rate.sum() - (gone * shape[again] / (alpha + known.last[again])).sum(),
                gone.sum() / a,
                -(gone / (b + known.repeats[again] - 1)).sum(),
            ]
        )
        return float((weights * value).sum()), slope


def survives(parameters: Numbers, repeats: Numbers, age: Numbers, horizon: float, width: int) -> NDArray[np.float64]:
    """Return the probability of at least 1, 2 ... `width` purchases within the horizon, given that the customer is alive.

    Given that, lambda ~ Gamma(r + x, alpha + T) and p ~ Beta(a, b + x), independent of each other; n purchases happen if the
    Poisson process makes them (a negative binomial tail) and none of the first n - 1 was the last. Sums of positive terms
    only: no hypergeometric function, no trouble at a = 1.

    Args:
        parameters: r, alpha, a, b.
        repeats: Shape (m,).
        age: Weeks, shape (m,).
        horizon: Weeks ahead.
        width: How many numbers of purchases.

    Returns:
        Shape (m, width).
    """
    r, alpha, a, b = parameters
    shape, rate = (r + repeats)[:, None], alpha + age
    step = np.arange(width, dtype=np.float64)
    log_share = np.log(horizon / (rate + horizon))[:, None]
    log_mass = np.empty((len(repeats), width))
    log_mass[:, 0] = (r + repeats) * np.log(rate / (rate + horizon))
    log_mass[:, 1:] = np.log((shape + step[:-1]) / step[1:]) + log_share
    np.cumsum(log_mass, axis=1, out=log_mass)
    np.exp(log_mass, out=log_mass)
    np.cumsum(log_mass, axis=1, out=log_mass)
    tail = np.maximum(1.0 - log_mass, 0.0)
    kept = np.empty_like(tail)
    kept[:, 0] = 1.0
    going = (b + repeats)[:, None] + step[:-1]
    np.cumprod(going / (a + going), axis=1, out=kept[:, 1:])
    return np.asarray(tail * kept, np.float64)
