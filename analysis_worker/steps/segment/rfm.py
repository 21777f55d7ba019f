"""Recency, frequency, monetary value and tenure of each customer, from its transactions.

Rules: money is counted in the currency of most transactions. There are no exchange rates here, so amounts of another currency
are never added as they are: where it has enough purchases, its median purchase counts as much as the main currency's; else
who bought only in it has no monetary value. Refunds reduce money and nothing else. What happens after `as_of` is not known
yet. Somebody who never bought has frequency and money 0, and no recency and tenure. Fader, Hardie and Lee 2005 for the terms.
"""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

RFM_COLUMNS = ("recency_days", "frequency", "monetary", "tenure_days")
_DAY_US = 86_400_000_000
# From this many purchases on, a currency's median purchase is a yardstick.
_ENOUGH_PURCHASES = 30


def rfm_features(row_ids: pa.ChunkedArray, transactions: pa.Table, as_of: datetime) -> pa.Table:
    """Return `row_id` and `RFM_COLUMNS`, one row per customer in the order of `row_ids`.

    Args:
        row_ids: The customers, each once.
        transactions: Columns row_id, time (timestamp), amount_minor (int64), currency, kind (PURCHASE or REFUND).
        as_of: The moment to look back from.

    Returns:
        recency_days and tenure_days: days since the last and the first purchase (float64); frequency: purchases (int64);
        monetary: purchases minus refunds in minor units of the main currency (float64).
    """
    known = transactions.filter(pc.less_equal(_micros(transactions.column("time")), _instant(as_of)))
    customer = pc.index_in(known.column("row_id"), value_set=pa.array(row_ids.to_pylist(), row_ids.type))
    mine = pc.is_valid(customer)
    known, place = known.filter(mine), np.asarray(customer.filter(mine), np.int64)
    purchase = np.asarray(pc.equal(known.column("kind"), "PURCHASE").fill_null(fill_value=False), bool)
    return _features(row_ids, known, place, purchase, _instant(as_of).as_py())


def main_currency(transactions: pa.Table) -> str | None:
    """Return the currency of most transactions, of equals the first by name; empty is the tenant's own."""
    counted = _currencies(transactions).value_counts()
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    ranked = sorted((-count, currency) for currency, count in pairs)
    return str(ranked[0][1]) if ranked else None


def _currencies(transactions: pa.Table) -> pa.ChunkedArray:
    # No currency means the tenant's own, which is one currency like any other.
    return pc.fill_null(transactions.column("currency"), "")


def with_rfm(customers: pa.Table, transactions: pa.Table, as_of: datetime) -> pa.Table:
    """Return `customers` with `RFM_COLUMNS` appended."""
    features = rfm_features(customers.column("row_id"), transactions, as_of)
    for name in RFM_COLUMNS:
        customers = customers.append_column(name, features.column(name))
    return customers


def _micros(times: pa.ChunkedArray) -> pa.ChunkedArray:
    # A zone only labels the instant; all are compared as UTC microseconds.
    return pc.cast(pc.cast(times, pa.timestamp("us", getattr(times.type, "tz", None)), safe=False), pa.int64())


def _instant(moment: datetime) -> pa.Scalar:
    return pc.cast(pa.scalar(moment, pa.timestamp("us", "UTC" if moment.tzinfo else None)), pa.int64())


def _features(
    row_ids: pa.ChunkedArray, known: pa.Table, place: NDArray[np.int64], purchase: NDArray[np.bool_], now_us: int
) -> pa.Table:
    customers = len(row_ids)
    days = (now_us - np.asarray(_micros(known.column("time")), np.int64)) / _DAY_US
    frequency = np.bincount(place[purchase], minlength=customers)
    recency, tenure = np.full(customers, np.inf), np.full(customers, -np.inf)
    np.minimum.at(recency, place[purchase], days[purchase])
    np.maximum.at(tenure, place[purchase], days[purchase])
    never = frequency == 0
    return pa.table(
        {
            "row_id": row_ids,
            "recency_days": pa.array(recency, mask=never),
            "frequency": pa.array(frequency.astype(np.int64)),
            "monetary": _monetary(known, place, purchase, frequency),
            "tenure_days": pa.array(tenure, mask=never),
        }
    )


def _monetary(known: pa.Table, place: NDArray[np.int64], purchase: NDArray[np.bool_], frequency: NDArray[np.int64]) -> pa.Array:
    amount = np.asarray(pc.fill_null(known.column("amount_minor"), 0), np.float64)
    refund = np.asarray(pc.equal(known.column("kind"), "REFUND").fill_null(fill_value=False), bool)
    rate = _rates(known, amount, purchase)
    counted = ~np.isnan(rate)
    signed = np.where(refund, -np.abs(amount), np.where(purchase, amount, 0.0)) * rate
    total = np.bincount(place[counted], weights=signed[counted], minlength=len(frequency))
    bought = np.bincount(place[counted & purchase], minlength=len(frequency))
    return pa.array(total, mask=(frequency > 0) & (bought == 0))


def _rates(known: pa.Table, amount: NDArray[np.float64], purchase: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return per transaction what one unit of its currency counts in the main one, NaN where nothing is known."""
    currencies = np.array(_currencies(known).to_pylist(), dtype=object)
    main = main_currency(known)
    rates = np.where(currencies == main, 1.0, np.nan)
    yardstick = _typical(amount[purchase & (currencies == main)])
    for currency in sorted(set(currencies) - {main}):
        typical = _typical(amount[purchase & (currencies == currency)])
        rates[currencies == currency] = yardstick / typical
    return rates


def _typical(amounts: NDArray[np.float64]) -> float:
    paid = amounts[amounts > 0]
    return float(np.median(paid)) if paid.size >= _ENOUGH_PURCHASES else float("nan")
