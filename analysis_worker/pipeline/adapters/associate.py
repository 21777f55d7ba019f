"""Associate: the lines of purchases in, the next products of each customer out. Of the customer only the kind is read.

Rules: a product is its stock keeping unit, or its description where it has none; refunds and returned lines are no purchases.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import CUSTOMER_ID, ROW_ID
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.observation import CountingBack, observed
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import JsonObject, ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import DerivedData, Recommendation

if TYPE_CHECKING:
    from analysis_worker.steps.associate import AssociateResult

_MAX_PRODUCT = 200
_RULES_SHOWN = 50
_NEEDED = ("kind", "time", "lines")
_LINES = pa.schema(
    [(ROW_ID, pa.int64()), ("transaction", pa.int64()), ("time", pa.timestamp("us", "UTC")), ("product", pa.string())]
)


class AssociateAdapter:
    """See `StepAdapter`."""

    own_options = CountingBack

    name = "associate"
    customer_fields = frozenset({"kind"})
    transaction_fields = frozenset({CUSTOMER_ID, "kind", "time", "lines"})
    sees = frozenset[str]()

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.associate import AssociateOptions, associate

        inputs, until = observed(inputs)
        options = step_options(AssociateOptions, inputs.options, seed=inputs.seed)
        result = associate(inputs.customers.column(ROW_ID), purchase_lines(inputs.transactions), inputs.as_of, options)
        return until.noted(Computed(table=result.recommendations, summary=json_object(result.summary), report=_report(result)))

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        del lines
        return customers

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, mine in lines_by_row(lines):
            found = [
                Recommendation(product=one["product"], because=one["because"], confidence=one["confidence"], lift=one["lift"])
                for one in mine
            ]
            yield row_id, DerivedData(recommendations=found)


def purchase_lines(transactions: pa.Table | None) -> pa.Table:
    """row_id, transaction, time and product of every line that was bought; none without the columns they need."""
    if transactions is None or any(name not in transactions.column_names for name in _NEEDED):
        return _LINES.empty_table()
    refund = pc.equal(pc.utf8_lower(pc.fill_null(transactions.column("kind"), "")), "refund")
    bought = transactions.select([ROW_ID, "time", "lines"]).filter(pc.invert(refund)).combine_chunks()
    lines = bought.column("lines")
    parents = pc.list_parent_indices(lines).cast(pa.int64())
    inside = pc.list_flatten(lines)
    returned = pc.fill_null(pc.less(pc.struct_field(inside, "quantity_milli"), 0), fill_value=False)
    table = pa.table(
        [
            bought.column(ROW_ID).take(parents),
            parents,
            bought.column("time").take(parents),
            pc.coalesce(_text(inside, "sku"), _text(inside, "description")),
        ],
        schema=_LINES,
    )
    return table.filter(pc.and_(pc.invert(returned), pc.is_valid(table.column("product"))))


def _text(lines: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    trimmed = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(pc.struct_field(lines, name)), 0, _MAX_PRODUCT)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _report(result: AssociateResult) -> JsonObject:
    """The summary and the strongest rules; every rule speaks about at least the floor of customers."""
    return json_object({**json_object(result.summary), "entries": result.rules.slice(0, _RULES_SHOWN).to_pylist()})
