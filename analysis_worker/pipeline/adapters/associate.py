"""Associate: the lines of purchases in, the next products of each customer out. Of the customer only the kind is read.

Rules: a product is its stock keeping unit, or its description where it has none; people are told its name (`product_names`);
refunds and returned lines are no purchases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import CUSTOMER_ID, ROW_ID
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.observation import CountingBack, observed
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import JsonObject, ResultRow
from analysis_worker.pipeline.product_names import product_names
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import DerivedData, Recommendation

if TYPE_CHECKING:
    from analysis_worker.steps.associate import AssociateResult

_MAX_PRODUCT = 200
_RULES_SHOWN = 150
_RECOMMENDED = ("product", "because", "confidence", "lift", "product_name", "because_names")
_NEEDED = ("kind", "time", "lines")
_LINES = pa.schema(
    [
        (ROW_ID, pa.int64()),
        ("transaction", pa.int64()),
        ("time", pa.timestamp("us", "UTC")),
        ("product", pa.string()),
        ("description", pa.string()),
    ]
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
        bought = purchase_lines(inputs.transactions)
        result = associate(inputs.customers.column(ROW_ID), bought, inputs.as_of, options)
        names = product_names(bought, _told(result))
        lines = _with_names(result.recommendations, names)
        report = _report(result, names)
        return until.noted(Computed(table=lines, summary=json_object(result.summary), report=report))

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        del lines
        return customers

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, mine in lines_by_row(lines):
            found = [Recommendation(**{name: one[name] for name in _RECOMMENDED if one.get(name) is not None}) for one in mine]
            yield row_id, DerivedData(recommendations=found)


def purchase_lines(transactions: pa.Table | None) -> pa.Table:
    """row_id, transaction, time, product and description of every line that was bought; none without the columns they need."""
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
            _text(inside, "description"),
        ],
        schema=_LINES,
    )
    return table.filter(pc.and_(pc.invert(returned), pc.is_valid(table.column("product"))))


def _text(lines: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    trimmed = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(pc.struct_field(lines, name)), 0, _MAX_PRODUCT)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _told(result: AssociateResult) -> set[str]:
    """Products that somebody reads about."""
    heads, bodies = result.rules.column("head"), pc.list_flatten(result.rules.column("body"))
    return {*heads.to_pylist(), *bodies.to_pylist()}


def _with_names(lines: pa.Table, names: Mapping[str, str]) -> pa.Table:
    """Recommendations with what their products are called; the product itself where it has no name."""
    if not names:
        return lines
    units, called = pa.array(list(names), pa.string()), pa.array(list(names.values()), pa.string())
    product, because = lines.column("product").combine_chunks(), lines.column("because").combine_chunks()
    bodies = because.flatten()
    said = pc.coalesce(called.take(pc.index_in(bodies, value_set=units)), bodies)
    lines = lines.append_column("product_name", called.take(pc.index_in(product, value_set=units)))
    offsets = pc.subtract(because.offsets, because.offsets[0])
    return lines.append_column("because_names", pa.ListArray.from_arrays(offsets, said))


def _report(result: AssociateResult, names: Mapping[str, str]) -> JsonObject:
    """The summary and the strongest rules; every rule speaks about at least the floor of customers."""
    entries = [
        {**rule, "body": [names.get(one, one) for one in rule["body"]], "head": names.get(rule["head"], rule["head"])}
        for rule in result.rules.slice(0, _RULES_SHOWN).to_pylist()
    ]
    return json_object({**json_object(result.summary), "entries": entries})
