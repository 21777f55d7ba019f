"""Value: purchases in, what every customer who bought will still buy out. Of the customer only the kind is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from analysis_worker.pipeline.customers import ROW_ID
from analysis_worker.pipeline.features import PURCHASE_FIELDS, plain_transactions
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.observation import CountingBack, observed
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import JsonObject, JsonValue, ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import DerivedData, ValueEstimate

if TYPE_CHECKING:
    from analysis_worker.steps.value import ValueResult

_CHANCE_BINS = 10
_TENTHS = 10
_LEAST_IN_GROUP = 10
_NO_TRANSACTIONS = pa.schema(
    [
        (ROW_ID, pa.int64()),
        ("time", pa.timestamp("us", "UTC")),
        ("amount_minor", pa.int64()),
        ("currency", pa.string()),
        ("kind", pa.string()),
    ]
)


class ValueAdapter:
    """See `StepAdapter`."""

    own_options = CountingBack

    name = "value"
    customer_fields = frozenset({"kind"})
    transaction_fields = PURCHASE_FIELDS
    sees = frozenset[str]()

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.value import ValueOptions, value

        inputs, until = observed(inputs)
        options = step_options(ValueOptions, inputs.options, seed=inputs.seed)
        transactions = plain_transactions(inputs)
        bought = _NO_TRANSACTIONS.empty_table() if transactions is None else transactions
        result = value(inputs.customers.column(ROW_ID), bought, inputs.as_of, options)
        return until.noted(Computed(table=result.estimates, summary=json_object(result.summary), report=_report(result)))

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        del lines
        return customers

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, (line,) in lines_by_row(lines):
            estimate = ValueEstimate(**{name: one for name, one in line.items() if name != ROW_ID and one is not None})
            yield row_id, DerivedData(value=estimate)


def _report(result: ValueResult) -> JsonObject:
    """The summary, the chances of the customers as histograms, and tenths of the customers by expected value."""
    alive, returning = (_histogram(result.estimates.column(f"{name}_probability")) for name in ("alive", "returns"))
    tenths = [line for one in result.summary.currencies if one.modelled for line in _tenths(result.estimates, one.currency)]
    return json_object({**json_object(result.summary), "alive": alive, "returning": returning, "tenths": tenths})


def _histogram(chances: pa.ChunkedArray) -> list[JsonValue]:
    counted, edges = np.histogram(chances.to_numpy(), bins=_CHANCE_BINS, range=(0.0, 1.0))
    return [
        {"lower": float(lower), "upper": float(upper), "customers": int(customers)}
        for lower, upper, customers in zip(edges[:-1], edges[1:], counted, strict=True)
    ]


def _tenths(estimates: pa.Table, currency: str) -> list[JsonValue]:
    """Tenths of the customers of one currency, the most valuable first: mean and share of the expected value."""
    mine = np.array([one == currency for one in estimates.column("currency").to_pylist()], bool)
    expected = -np.sort(-estimates.column("expected_value_minor").to_numpy()[mine])
    groups = max(1, min(_TENTHS, len(expected) // _LEAST_IN_GROUP))
    total = float(expected.sum()) or 1.0
    return [
        {
            "currency": currency,
            "tenth": number,
            "customers": len(part),
            "mean_value_minor": float(part.mean()),
            "share": float(part.sum() / total),
        }
        for number, part in enumerate(np.array_split(expected, groups), start=1)
    ]
