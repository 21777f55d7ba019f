"""What a purchase is worth: the Gamma-Gamma model (Fader and Hardie 2013, note 025; Colombo and Jiang 1999).

A purchase of a customer is Gamma(p, nu), nu ~ Gamma(q, gamma) over customers. Rules: fitted on customers who bought again for
a positive amount, one currency at a time; q is kept above 1, below which there is no mean. Amounts are scaled by their median
while fitting. The model takes what is spent as independent of how often: the rank correlation says whether that holds.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr, psi
from scipy.stats import spearmanr

from analysis_worker.steps.value.maximum import maximise
from analysis_worker.steps.value.occasions import Counts, Numbers

_BISECTIONS, _INTERPOLATIONS = 8, 2
# With more customers than this the doubt about the parameters is less than a hundredth of the spread.
_DOUBT_UP_TO = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """A fitted model: p, q, gamma (in the unit of the amounts); `correlation` of frequency and mean amount, -1..1.

    `points` are p, q, gamma around the maximum, of equal weight: what the data leave open; none where that is nothing.
    """

    p: float
    q: float
    gamma: float
    customers: int
    correlation: float
    converged: bool
    points: tuple[tuple[float, float, float], ...] = ()

    @property
    def population_mean(self) -> float:
        return self.p * self.gamma / (self.q - 1)

    def expected(self, paid: Counts, mean_paid: Numbers) -> Numbers:
        """Return the expected amount of a purchase of each customer."""
        return np.asarray(self.p * (self.gamma + paid * mean_paid) / (self.p * paid + self.q - 1), np.float64)


def fit_spending(paid: Counts, mean_paid: Numbers) -> Spending:
    """Fit by maximum likelihood.

    Args:
        paid: Repeat purchases of each customer, at least 1.
        mean_paid: Their mean amount, above 0.
    """
    unit = float(np.median(mean_paid))
    numbers, which = np.unique(paid, return_inverse=True)
    each = np.bincount(which).astype(np.float64)
    scaled = mean_paid / unit
    x, log_sum = paid.astype(np.float64), np.log(paid * scaled)
    total, total_logs = paid * scaled, float((paid * log_sum).sum())
    log_sums = float(log_sum.sum())

    def objective(logs: Numbers) -> tuple[float, Numbers]:
        p, above, gamma = np.exp(logs)
        q = 1 + above
        ends = numbers * p + q
        log_rate, rate = np.log(gamma + total), gamma + total
        value = (each * (gammaln(ends) - gammaln(numbers * p))).sum() + len(x) * (q * np.log(gamma) - gammaln(q))
        value += p * total_logs - log_sums - ((p * x + q) * log_rate).sum()
        psi_ends = psi(ends)
        by_p = (each * numbers * (psi_ends - psi(numbers * p))).sum() + total_logs - (x * log_rate).sum()
        by_q = (each * psi_ends).sum() + len(x) * (np.log(gamma) - psi(q)) - log_rate.sum()
        by_gamma = len(x) * q / gamma - ((p * x + q) / rate).sum()
        return float(value), np.array([by_p * p, by_q * above, by_gamma * gamma])

    found = maximise(objective, np.log([2.0, 2.0, 1.0]), float(len(x)))
    p, above, gamma = found.parameters
    varied = len(numbers) > 1 and float(np.ptp(mean_paid)) > 0
    return Spending(
        p=float(p),
        q=float(1 + above),
        gamma=float(gamma * unit),
        customers=len(x),
        correlation=float(spearmanr(paid, mean_paid).statistic) if varied else 0.0,
        converged=found.converged,
        points=tuple((float(one[0]), float(1 + one[1]), float(one[2] * unit)) for one in found.points)
        if len(x) <= _DOUBT_UP_TO
        else (),
    )


def spending_interval(
    model: Spending, paid: Counts, mean_paid: Numbers, at_least: Numbers, interval: float
) -> tuple[Numbers, Numbers]:
    """Return the interval of what each customer spends within the horizon, purchases and amounts both uncertain.

    The sum of n purchases given the history is a beta prime variable (gamma' times Gamma(p n) over Gamma(q + p x)), an F
    variable by scale; its distribution is taken by Paulson's normal approximation (1942): in its upper half within 0.009 of
    the exact one for q of 1.2 to 20, in its lower half within 0.006 from p n = 1.5 on. What cannot be below nothing is not
    charged to the lower side.

    Args:
        model: Of the customers' currency.
        paid: Shape (m,).
        mean_paid: Shape (m,).
        at_least: Probability of at least 1, 2 ... purchases, shape (m, width).
        interval: Mass of the interval, 0..1.
    """
    side = (1 - interval) / 2
    never = np.asarray(1 - at_least[:, 0], np.float64)
    below = np.where(never > side, 0.0, side).astype(np.float64)
    mass = at_least - np.concatenate([at_least[:, 1:], np.zeros((len(at_least), 1))], axis=1)
    lower, upper = np.zeros(len(paid)), np.zeros(len(paid))
    some, both = np.flatnonzero(never < below + interval), np.flatnonzero(below > 0)
    upper[some] = _quantile(model, paid[some], mean_paid[some], mass[some], (below + interval - never)[some])
    lower[both] = _quantile(model, paid[both], mean_paid[both], mass[both], (below - never)[both])
    return lower, upper


def _quantile(model: Spending, paid: Counts, mean_paid: Numbers, mass: Numbers, wanted: Numbers) -> Numbers:
    """Return where the summed distribution reaches `wanted`: halving the logarithm, then the straight line between the ends."""
    sums = [_Sums.of(point, paid, mean_paid, mass) for point in model.points or ((model.p, model.q, model.gamma),)]

    def below(log_sum: Numbers) -> Numbers:
        total = np.zeros(len(log_sum))
        for one in sums:
            total += one.below(log_sum)
        return np.asarray(total / len(sums) - wanted, np.float64)

    centre = np.log(np.maximum((mass * np.arange(1, mass.shape[1] + 1)).sum(axis=1) * model.expected(paid, mean_paid), 1e-12))
    low, high = centre - 12.0, centre + 8.0
    under, over = below(low), below(high)
    for step in range(_BISECTIONS + _INTERPOLATIONS):
        # Once the bracket is narrow two straight lines leave less than 1e-4; next to nothing the line may leave the bracket.
        along = 0.5 if step < _BISECTIONS else np.clip(-under / np.maximum(over - under, 1e-300), 0.0, 1.0)
        middle = low + along * (high - low)
        found = below(middle)
        reached = found >= 0
        high, over = np.where(reached, middle, high), np.where(reached, found, over)
        low, under = np.where(reached, low, middle), np.where(reached, under, found)
    best = np.where(np.abs(under) < np.abs(over), low, high)
    return np.asarray(np.exp(best), np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """The sum of n purchases of each customer for n = 1, 2 ..., weighted by their mass, under one set of parameters."""

    mass: Numbers
    log_scale: Numbers
    to_cube_root: Numbers
    first: Numbers
    second: Numbers

    @classmethod
    def of(cls, point: tuple[float, float, float], paid: Counts, mean_paid: Numbers, mass: Numbers) -> "_Sums":
        p, q, gamma = point
        n = np.arange(1, mass.shape[1] + 1, dtype=np.float64)
        shape = np.asarray(q + p * paid, np.float64)
        return cls(
            mass=mass,
            log_scale=np.log(gamma + paid * mean_paid),
            to_cube_root=np.cbrt(shape[:, None] / (p * n)[None, :]),
            first=1 / (9 * p * n)[None, :],
            second=(1 / (9 * shape))[:, None],
        )

    def below(self, log_sum: Numbers) -> Numbers:
        """Return the mass of at least one purchase and no more than the sum."""
        root = np.exp((log_sum - self.log_scale) / 3)[:, None] * self.to_cube_root
        score = ((1 - self.second) * root - (1 - self.first)) / np.sqrt(self.second * root**2 + self.first)
        return np.asarray((self.mass * ndtr(score)).sum(axis=1), np.float64)
