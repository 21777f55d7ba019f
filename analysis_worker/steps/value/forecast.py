"""What a fitted model expects of every customer within a horizon, with an interval that most of them stay in.

Rules: the expectation is at the maximum of the likelihood; intervals take both kinds of doubt in: that of the parameters
(points of equal weight, see `maximum`) and that of chance, which is nearly all of it. An interval covers at least its mass:
counts are whole, so it covers more where few purchases are expected. What cannot be below nothing is not charged to the lower
side. Histories are worked on in order of what the process makes without stopping, in batches of one width.
"""

from dataclasses import dataclass

import numpy as np

from analysis_worker.steps.value.occasions import Counts, Histories, Numbers
from analysis_worker.steps.value.purchasing import DAYS_PER_UNIT, Patterns, Purchasing, alive_probability, survives
from analysis_worker.steps.value.spending import Spending, spending_interval

INTERVAL = 0.9
# As many numbers at once as stay near the processor.
_CELLS = 1 << 17
_EXPECTED_TO = 1e-8
_LIKELY_TO = 0.002
_WIDEST = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Per customer, shape (n,): purchases and value in minor units with their intervals; NaN where not modelled.

    `alive` is the chance (0..1) to have not stopped for good, `returns` that to buy within the horizon at all.
    """

    alive: Numbers
    returns: Numbers
    purchases: Numbers
    purchases_lower: Numbers
    purchases_upper: Numbers
    value: Numbers
    value_lower: Numbers
    value_upper: Numbers


def forecast(
    known: Histories, patterns: Patterns, model: Purchasing, spending: dict[int, Spending], horizon_days: int
) -> Outlook:
    """Return the outlook of every customer of `known`, whose histories `patterns` are.

    Args:
        known: Customers.
        patterns: Of the same customers, in the same order.
        model: When they buy.
        spending: What they spend, by index of the currency.
        horizon_days: How far to look.
    """
    horizon = horizon_days / DAYS_PER_UNIT
    alive = alive_probability(model.parameters, patterns.repeats, patterns.last, patterns.age)
    returns = alive * survives(model.parameters, patterns.repeats, patterns.age, horizon, 1)[:, 0]
    expected = np.empty(len(alive))
    lower, upper = np.empty(len(alive)), np.empty(len(alive))
    value_lower, value_upper = np.full(len(known.place), np.nan), np.full(len(known.place), np.nan)
    members = np.argsort(patterns.which, kind="stable")
    starts = np.concatenate([[0], np.cumsum(patterns.customers.astype(np.int64))])
    for rows, width in _batches(model, patterns, horizon):
        expected[rows] = alive[rows] * _expected(model.parameters, patterns, rows, horizon, width)
        likely = _likely(model, patterns, rows, horizon, width)
        lower[rows], upper[rows] = _purchases_interval(likely)
        who, line = _members(members, starts, rows)
        for code, one in sorted(spending.items()):
            mine = known.currency[who] == code
            found = spending_interval(one, known.paid[who[mine]], known.mean_paid[who[mine]], likely[line[mine]], INTERVAL)
            value_lower[who[mine]], value_upper[who[mine]] = found
    purchases = expected[patterns.which]
    value = np.full(len(purchases), np.nan)
    for code, one in spending.items():
        mine = known.currency == code
        value[mine] = purchases[mine] * one.expected(known.paid[mine], known.mean_paid[mine])
    return Outlook(
        alive=alive[patterns.which],
        returns=returns[patterns.which],
        purchases=purchases,
        purchases_lower=lower[patterns.which],
        purchases_upper=upper[patterns.which],
        value=value,
        value_lower=value_lower,
        value_upper=value_upper,
    )


def _batches(model: Purchasing, patterns: Patterns, horizon: float) -> list[tuple[Counts, int]]:
    """Return rows in batches, each with how many purchases it may need to be looked at."""
    r, alpha, _, _ = model.parameters
    odds = horizon / (alpha + patterns.age)
    mean = (r + patterns.repeats) * odds
    reach = mean + 5 * np.sqrt(mean * (1 + odds)) + 8 * (1 + odds)
    order = np.argsort(reach, kind="stable")
    batches, start = [], 0
    while start < len(order):
        # A batch is no wider than twice its narrowest row, nor larger than memory likes.
        width = int(min(2 * reach[order[start]] + 1, _WIDEST))
        end = int(np.searchsorted(reach[order], width, side="right")) if width < _WIDEST else len(order)
        end = min(max(end, start + 1), start + max(1, _CELLS // width))
        batches.append((order[start:end], int(min(reach[order[end - 1]] + 1, _WIDEST))))
        start = end
    return batches


def _expected(parameters: Numbers, patterns: Patterns, rows: Counts, horizon: float, width: int) -> Numbers:
    """Return the expected purchases given alive: the sum of the probabilities of at least 1, 2, 3 ..."""
    while True:
        at_least = survives(parameters, patterns.repeats[rows], patterns.age[rows], horizon, width)
        if width >= _WIDEST or at_least[:, -1].max(initial=0.0) <= _EXPECTED_TO:
            return np.asarray(at_least.sum(axis=1), np.float64)
        width = min(2 * width, _WIDEST)


def _likely(model: Purchasing, patterns: Patterns, rows: Counts, horizon: float, width: int) -> Numbers:
    """Return the probability of at least 1, 2 ... purchases, over the doubt about the parameters, as far as it matters."""
    repeats, last, age = patterns.repeats[rows], patterns.last[rows], patterns.age[rows]
    while True:
        total = np.zeros((len(rows), width))
        for parameters in model.points:
            alive = alive_probability(parameters, repeats, last, age)
            total += alive[:, None] * survives(parameters, repeats, age, horizon, width)
        total /= len(model.points)
        if width >= _WIDEST or total[:, -1].max(initial=0.0) <= _LIKELY_TO:
            return total[:, : max(1, int((total.max(axis=0) > _LIKELY_TO).sum()) + 1)]
        width = min(2 * width, _WIDEST)


def _purchases_interval(at_least: Numbers) -> tuple[Numbers, Numbers]:
    """Return the bounds: below the lower at most half of what is left out, and the shortest upper one that reaches the mass."""
    side = (1 - INTERVAL) / 2
    lower = (at_least >= 1 - side).sum(axis=1)
    from_lower = np.where(lower > 0, np.take_along_axis(at_least, np.maximum(lower - 1, 0)[:, None], axis=1)[:, 0], 1.0)
    upper = (at_least > (from_lower - INTERVAL)[:, None]).sum(axis=1)
    return lower.astype(np.float64), np.maximum(upper, lower).astype(np.float64)


def _members(members: Counts, starts: Counts, rows: Counts) -> tuple[Counts, Counts]:
    """Return the customers of the patterns `rows` and, for each, the line of its pattern among them."""
    sizes = starts[rows + 1] - starts[rows]
    line = np.repeat(np.arange(len(rows)), sizes)
    within = np.arange(len(line)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return members[starts[rows][line] + within], line
