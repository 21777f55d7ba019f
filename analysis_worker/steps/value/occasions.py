"""Transactions as purchase occasions, and the history of every customer up to a day.

Rules: all purchases of one customer on one day (UTC) are one occasion, as Fader and Hardie count the CDNOW data; the first
occasion is the start of the relation, only later ones are repeats. Refunds are not purchases. A customer's currency is that
of most of their purchases (of equals the first by name); amounts in others count as occasions but never as money.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

_DAY_US = 86_400_000_000
_DAYS_BOUND = 1 << 22  # more days than datetimes have


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasions:
    """Purchase occasions ordered by customer, then day.

    Attributes:
        place: position of the customer among the row ids, shape (n,).
        day: days since 1970, shape (n,).
        amount: spent in the customer's currency, in minor units; 0 where nothing was, shape (n,).
        currency: of each customer, an index into `currencies`, -1 for who never bought, shape (customers,).
        currencies: ISO codes, "" for none.
        today: the day that the step looks back from.
    """

    place: Counts
    day: Counts
    amount: Numbers
    currency: Counts
    currencies: tuple[str, ...]
    today: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """What is known of every customer who bought, up to a day; days are whole.

    Attributes:
        place: position of the customer among the row ids, ascending, shape (n,).
        repeats: occasions after the first, shape (n,).
        last: days from the first to the last occasion, shape (n,).
        age: days from the first occasion to the day, shape (n,).
        paid: repeats with a positive amount in the customer's currency, shape (n,).
        mean_paid: their mean amount in minor units, 0 if there are none, shape (n,).
        currency: index of the customer's currency, shape (n,).
    """

    place: Counts
    repeats: Counts
    last: Counts
    age: Counts
    paid: Counts
    mean_paid: Numbers
    currency: Counts

    def part(self, chosen: NDArray[np.bool_] | Counts) -> "Histories":
        return Histories(
            place=self.place[chosen],
            repeats=self.repeats[chosen],
            last=self.last[chosen],
            age=self.age[chosen],
            paid=self.paid[chosen],
            mean_paid=self.mean_paid[chosen],
            currency=self.currency[chosen],
        )


def occasions(row_ids: pa.ChunkedArray, transactions: pa.Table, as_of: datetime) -> Occasions:
    """Return the purchase occasions until `as_of`.

    Args:
        row_ids: The customers, each once.
        transactions: Columns row_id, time (timestamp), amount_minor (int64), currency, kind (PURCHASE or REFUND).
        as_of: The moment to look back from.
    """
    now_us = pc.cast(pa.scalar(as_of, pa.timestamp("us", "UTC" if as_of.tzinfo else None)), pa.int64())
    times = transactions.column("time")
    micros = pc.cast(pc.cast(times, pa.timestamp("us", getattr(times.type, "tz", None)), safe=False), pa.int64())
    wanted = pc.and_(pc.less_equal(micros, now_us), pc.equal(transactions.column("kind"), "PURCHASE"))
    wanted = pc.fill_null(wanted, fill_value=False)
    bought, micros = transactions.filter(wanted), micros.filter(wanted)
    customer = pc.index_in(bought.column("row_id"), value_set=pa.chunked_array(row_ids).combine_chunks())
    mine = pc.is_valid(customer)
    bought, place = bought.filter(mine), _whole(customer.filter(mine))
    day = _whole(micros.filter(mine)) // _DAY_US
    amount = _whole(pc.fill_null(bought.column("amount_minor"), 0)).astype(np.float64)
    code, currencies = _currency_codes(bought.column("currency"))
    own = _own_currency(place, code, len(row_ids), len(currencies))
    keys, which = np.unique(place * _DAYS_BOUND + (day + _DAYS_BOUND // 2), return_inverse=True)
    counted = np.where(own[place] == code, amount, 0.0)
    return Occasions(
        place=keys // _DAYS_BOUND,
        day=keys % _DAYS_BOUND - _DAYS_BOUND // 2,
        amount=np.bincount(which, weights=counted, minlength=len(keys)).astype(np.float64),
        currency=own,
        currencies=currencies,
        today=now_us.as_py() // _DAY_US,
    )


def histories(found: Occasions, until: int) -> Histories:
    """Return the histories of all who bought by the day `until`."""
    known = found.day <= until
    place, day, amount = found.place[known], found.day[known], found.amount[known]
    first = np.flatnonzero(np.diff(place, prepend=-1))
    occasions_each = np.diff(first, append=len(place))
    which = np.repeat(np.arange(len(first)), occasions_each)
    repeat = np.ones(len(place), bool)
    repeat[first] = False
    paying = repeat & (amount > 0)
    paid = np.bincount(which[paying], minlength=len(first))
    total = np.bincount(which[paying], weights=amount[paying], minlength=len(first))
    start = day[first]
    return Histories(
        place=place[first],
        repeats=occasions_each - 1,
        last=day[first + occasions_each - 1] - start if len(first) else start,
        age=until - start,
        paid=paid,
        mean_paid=total / np.maximum(paid, 1),
        currency=found.currency[place[first]],
    )


def _whole(values: pa.ChunkedArray) -> Counts:
    return np.asarray(values.to_numpy(), np.int64)


def _currency_codes(column: pa.ChunkedArray) -> tuple[Counts, tuple[str, ...]]:
    encoded = pc.fill_null(pc.cast(column, pa.string()), "").combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    # In the order of names, so that neither the order of rows nor of batches decides anything.
    ranked = sorted(range(len(words)), key=words.__getitem__)
    rank = np.empty(len(words), np.int64)
    rank[ranked] = np.arange(len(words))
    codes = np.asarray(encoded.indices, np.int64)
    return rank[codes] if words else codes, tuple(words[index] for index in ranked)


def _own_currency(place: Counts, code: Counts, customers: int, currencies: int) -> Counts:
    own = np.full(customers, -1, np.int64)
    if not len(place):
        return own
    keys, counts = np.unique(place * currencies + code, return_counts=True)
    who, which = keys // currencies, keys % currencies
    # Last write wins: the most frequent of each customer comes last, of equals the first by name.
    order = np.lexsort((-which, counts, who))
    own[who[order]] = which[order]
    return own
