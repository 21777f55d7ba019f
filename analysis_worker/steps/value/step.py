"""The value step: expected purchases and value of every customer who bought, or the reason why nothing can be said.

Rules: nothing is drawn but the sample of the back-test, so the same purchases give the same bits in whatever order they come;
currencies are never mixed; a customer who never bought has no estimate.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from analysis_worker.steps.value.backtest import backtest
from analysis_worker.steps.value.currencies import Fitted, fit_currencies, modelled
from analysis_worker.steps.value.forecast import Outlook, forecast
from analysis_worker.steps.value.occasions import Histories, Numbers, Occasions, histories, occasions
from analysis_worker.steps.value.options import ValueOptions
from analysis_worker.steps.value.purchasing import Patterns, fit_purchasing
from analysis_worker.steps.value.summary import CurrencyValue, ValueSummary

_INDEPENDENT = 0.3
_SCHEMA = pa.schema(
    [
        ("horizon_days", pa.int32()),
        ("alive_probability", pa.float64()),
        ("returns_probability", pa.float64()),
        ("expected_purchases", pa.float64()),
        ("purchases_lower", pa.float64()),
        ("purchases_upper", pa.float64()),
        ("expected_value_minor", pa.float64()),
        ("value_lower_minor", pa.float64()),
        ("value_upper_minor", pa.float64()),
        ("currency", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueResult:
    """What the step found.

    Attributes:
        estimates: row_id, horizon_days, alive_probability, returns_probability, expected_purchases with purchases_lower and
            purchases_upper, expected_value_minor with value_lower_minor and value_upper_minor (null where amounts are not
            modelled), currency; one row per customer who bought, in the order of the input; none if the step abstains.
        summary: Parameters, verdict, back-test.
    """

    estimates: pa.Table
    summary: ValueSummary


def value(row_ids: pa.ChunkedArray, transactions: pa.Table, as_of: datetime, options: ValueOptions) -> ValueResult:
    """Estimate what every customer will still buy.

    Args:
        row_ids: The customers, each once.
        transactions: Columns row_id, time (timestamp), amount_minor (int64), currency, kind (PURCHASE or REFUND).
        as_of: The moment to look ahead from; what happens later is not known.
        options: Horizon and limits.
    """
    found = occasions(row_ids, transactions, as_of)
    known = histories(found, found.today)
    repeat = int((known.repeats > 0).sum())
    reason = _too_little(known, repeat, options)
    counted = ValueSummary(
        customers=len(row_ids),
        buyers=len(known.place),
        repeat_customers=repeat,
        estimated=not reason,
        reason=reason or "estimated",
        horizon_days=options.horizon_days,
    )
    if reason:
        return ValueResult(estimates=_estimates(row_ids, None, found, known, options), summary=counted)
    return _estimated(row_ids, found, known, counted, options)


def _too_little(known: Histories, repeat: int, options: ValueOptions) -> str:
    if len(known.place) < options.min_customers:
        return "too few customers who bought"
    return "too few customers who bought again" if repeat < options.min_repeat_customers else ""


def _estimated(
    row_ids: pa.ChunkedArray, found: Occasions, known: Histories, counted: ValueSummary, options: ValueOptions
) -> ValueResult:
    patterns = Patterns.of(known)
    model = fit_purchasing(patterns)
    fitted = fit_currencies(found, known, options)
    outlook = forecast(known, patterns, model, modelled(fitted), options.horizon_days)
    r, alpha, a, b = (float(one) for one in model.parameters)
    summary = ValueSummary(
        customers=counted.customers,
        buyers=counted.buyers,
        repeat_customers=counted.repeat_customers,
        estimated=True,
        reason="estimated" if model.converged else "estimated, but the likelihood has no clear maximum",
        horizon_days=options.horizon_days,
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        errors=tuple(float(one) for one in model.errors),
        log_likelihood=model.log_likelihood,
        expected_purchases=float(outlook.purchases.sum()),
        expected_alive=float(outlook.alive.sum()),
        expected_returning=float(outlook.returns.sum()),
        currencies=tuple(_currency(found, known, outlook, code, fitted[code]) for code in sorted(fitted)),
        backtest=backtest(found, options) if options.backtest else None,
    )
    return ValueResult(estimates=_estimates(row_ids, outlook, found, known, options), summary=summary)


def _currency(found: Occasions, known: Histories, outlook: Outlook, code: int, fitted: Fitted) -> CurrencyValue:
    one, reason = fitted
    mine = known.currency == code
    usable = one is not None and not reason
    return CurrencyValue(
        currency=found.currencies[code],
        customers=int(mine.sum()),
        repeat_customers=int((mine & (known.paid > 0)).sum()),
        modelled=usable,
        reason=reason or "estimated",
        p=one.p if one else 0.0,
        q=one.q if one else 0.0,
        gamma=one.gamma if one else 0.0,
        mean_purchase_minor=one.population_mean if one else 0.0,
        correlation=one.correlation if one else 0.0,
        independent=one is not None and abs(one.correlation) <= _INDEPENDENT,
        expected_value_minor=float(outlook.value[mine].sum()) if usable else 0.0,
    )


def _estimates(
    row_ids: pa.ChunkedArray, outlook: Outlook | None, found: Occasions, known: Histories, options: ValueOptions
) -> pa.Table:
    if outlook is None:
        return _SCHEMA.empty_table().add_column(0, "row_id", row_ids.slice(0, 0))
    names = pa.array(found.currencies, pa.string()).take(pa.array(known.currency))
    columns = [
        pa.array(np.full(len(known.place), options.horizon_days, np.int32)),
        *(
            pa.array(one)
            for one in (outlook.alive, outlook.returns, outlook.purchases, outlook.purchases_lower, outlook.purchases_upper)
        ),
        *(_nullable(one) for one in (outlook.value, outlook.value_lower, outlook.value_upper)),
        names,
    ]
    table = pa.table(columns, schema=_SCHEMA)
    return table.add_column(0, "row_id", row_ids.take(pa.array(known.place)))


def _nullable(values: Numbers) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
