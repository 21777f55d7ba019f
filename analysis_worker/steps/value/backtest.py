"""The last third of the time predicted from the first two, so that a reader knows how far to trust the estimates.

Rules: the model is fitted anew on what was known at the cut; only customers known by then are judged; who bought first later
is not anybody's prediction. Where the first part alone would not be enough for the step, there is no back-test.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis_worker.steps.value.currencies import fit_currencies, modelled
from analysis_worker.steps.value.forecast import Outlook, forecast
from analysis_worker.steps.value.occasions import Counts, Histories, Numbers, Occasions, histories
from analysis_worker.steps.value.options import ValueOptions
from analysis_worker.steps.value.purchasing import Patterns, fit_purchasing
from analysis_worker.steps.value.summary import Backtest, Decile, MoneyBacktest

_LAST_PART = 3
_SHORTEST_DAYS = 28
_GROUPS = 10
# A tenth of fewer customers than this is no aggregate.
_LEAST_IN_GROUP = 30


def backtest(found: Occasions, options: ValueOptions) -> Backtest | None:
    """Return how well the end was foreseen, or None if there is too little to look back on."""
    span = found.today - int(found.day.min(initial=found.today))
    days = min(options.horizon_days, span // _LAST_PART)
    if days < _SHORTEST_DAYS:
        return None
    known = _sampled(histories(found, found.today - days), options)
    if len(known.place) < options.min_customers or int((known.repeats > 0).sum()) < options.min_repeat_customers:
        return None
    patterns = Patterns.of(known)
    spending = modelled(fit_currencies(found, known, options))
    outlook = forecast(known, patterns, fit_purchasing(patterns), spending, days)
    counted = judged(known, outlook, purchases_after(found, known, found.today - days), days)
    return replace(counted, money=_money(found, known, outlook, sorted(spending), found.today - days))


def purchases_after(found: Occasions, known: Histories, cut: int) -> Counts:
    """Return the purchases of the customers of `known` after the day `cut`."""
    return np.bincount(found.place[found.day > cut], minlength=len(found.currency))[known.place]


def judged(known: Histories, outlook: Outlook, made: Counts, days: int) -> Backtest:
    """Compare an outlook with what was bought."""
    # As many repeats a day as before: what somebody without a model would say.
    naive = known.repeats / np.maximum(known.age, 1) * days
    inside = (made >= outlook.purchases_lower) & (made <= outlook.purchases_upper)
    returning = _deciles(outlook.returns, made > 0)
    return Backtest(
        days=days,
        customers=len(made),
        mean_absolute_error=float(np.abs(outlook.purchases - made).mean()),
        naive_error=float(np.abs(naive - made).mean()),
        expected=float(outlook.purchases.sum()),
        made=float(made.sum()),
        coverage=float(inside.mean()),
        deciles=_deciles(outlook.purchases, made),
        returning=returning,
        calibration_error=sum(one.customers * abs(one.expected - one.made) for one in returning) / max(1, len(made)),
    )


def _money(found: Occasions, known: Histories, outlook: Outlook, codes: Sequence[int], cut: int) -> tuple[MoneyBacktest, ...]:
    later = found.day > cut
    spent = np.bincount(found.place[later], weights=found.amount[later], minlength=len(found.currency))[known.place]
    inside = (spent >= outlook.value_lower) & (spent <= outlook.value_upper)
    return tuple(
        MoneyBacktest(
            currency=found.currencies[code],
            customers=int((known.currency == code).sum()),
            expected_minor=float(outlook.value[known.currency == code].sum()),
            made_minor=float(spent[known.currency == code].sum()),
            coverage=float(inside[known.currency == code].mean()),
        )
        for code in codes
    )


def _deciles(expected: Numbers, made: Counts | NDArray[np.bool_]) -> tuple[Decile, ...]:
    groups = max(1, min(_GROUPS, len(made) // _LEAST_IN_GROUP))
    order = np.argsort(expected, kind="stable")
    return tuple(
        Decile(customers=len(rows), expected=float(expected[rows].mean()), made=float(made[rows].mean()))
        for rows in np.array_split(order, groups)
    )


def _sampled(known: Histories, options: ValueOptions) -> Histories:
    if len(known.place) <= options.backtest_customers:
        return known
    chosen = np.random.default_rng(options.seed).choice(len(known.place), options.backtest_customers, replace=False)
    return known.part(np.sort(chosen))
