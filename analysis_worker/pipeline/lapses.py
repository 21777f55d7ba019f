"""Customers who stop buying, as rows to learn from: what was known of each at a moment, and whether it bought after that.

Rules: a row knows only purchases up to its moment; the outcome is read from the horizon after it; moments lie a horizon apart,
so that no purchase is outcome in two rows of a customer, and the step can be judged on moments later than it learnt from.
Profile and attributes stay out: they are known as they are today, not as they were at the moment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import ROW_ID
from analysis_worker.pipeline.features import purchase_features
from analysis_worker.pipeline.step_adapter import StepInputs

TARGET = "purchases.stopped"
MOMENT = "observed_on"
_MOST_MOMENTS = 4
_FEWEST_CUSTOMERS = 50


def lapse_rows(inputs: StepInputs, horizon_days: int) -> pa.Table | None:
    """One row per customer with purchases and moment, those of the run's moment last and with an unknown outcome.

    Returns:
        `row_id` (int64: the customer's place plus the number of customers times the moment's number, 0 for the run's own),
        `observed_on`, purchase features as of then, and `purchases.stopped`; None if there are no purchases to count.
    """
    horizon = timedelta(days=horizon_days)
    later = _known(inputs, inputs.as_of)
    if later is None:
        return None
    parts = [_rows(later, None, inputs.as_of, 0)]
    for number in range(1, _MOST_MOMENTS + 1):
        moment = inputs.as_of - number * horizon
        known = _known(inputs, moment)
        if known is None or pc.sum(pc.greater(known.column("frequency"), 0)).as_py() < _FEWEST_CUSTOMERS:
            break
        parts.append(_rows(known, later, moment, number))
        later = known
    return pa.concat_tables(parts[::-1])


def _known(inputs: StepInputs, moment: datetime) -> pa.Table | None:
    return purchase_features(replace(inputs, as_of=moment))


def _rows(known: pa.Table, later: pa.Table | None, moment: datetime, number: int) -> pa.Table:
    size = known.num_rows
    outcome: pa.ChunkedArray | pa.Array = pa.nulls(size, pa.bool_())
    if later is not None:
        outcome = pc.equal(known.column("frequency"), later.column("frequency"))
    repeats = pc.cast(pc.max_element_wise(pc.subtract(known.column("frequency"), 1), 1), pa.float64())
    between = pc.subtract(known.column("tenure_days"), known.column("recency_days"))
    gap = pc.divide(between, repeats)
    table = pa.table(
        {
            ROW_ID: pa.array(range(number * size, (number + 1) * size), pa.int64()),
            MOMENT: pa.array([moment.date()] * size, pa.date32()),
            "recency_days": known.column("recency_days"),
            "frequency": known.column("frequency"),
            "monetary": known.column("monetary"),
            "tenure_days": known.column("tenure_days"),
            "days_between_purchases": pc.if_else(pc.greater(known.column("frequency"), 1), gap, None),
            TARGET: outcome,
        }
    )
    return table.filter(pc.greater(known.column("frequency"), 0))
