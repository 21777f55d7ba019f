"""Enrich: gaps filled from other records of the entity and from the worker's references, each value with where it was found.

Rules: the run's options name references; this worker's operator decides what lies behind the names. Names and contacts are
read only because a purpose's fields come whole (an address for its region): the step's policy says what is compared and filled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from analysis_worker.pipeline.column_names import ColumnNames
from analysis_worker.pipeline.customers import ROW_ID
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import JsonObject, ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import AttributeValue, DerivedData, EnrichedValue

if TYPE_CHECKING:
    from analysis_worker.steps.enrich import EnrichResult, Join


_WHOLE = ("attributes", "income")
_JOIN_FIELD = re.compile(r"([:,>]\s*)([^\s:,>=\[][^:,>=\[]*?)(\s*=)")
"""What stands left of an equals sign in a join, unless it names a part of a field."""


class ReferenceTables(Protocol):
    """Reference tables by name."""

    def table(self, name: str, columns: Sequence[str]) -> pa.Table:
        """The named columns, all as text.

        Raises:
            RunFailureError: there is no such reference or column, or it cannot be read.
        """
        ...


class EnrichAdapter:
    """See `StepAdapter`."""

    name = "enrich"
    customer_fields = frozenset(
        {
            *("kind", "emails", "phones", "addresses", "organisation", "job_title"),
            *("income", "language", "attributes", "entity"),
        }
    )
    transaction_fields = frozenset[str]()
    sees = frozenset({"match"})

    def __init__(self, references: ReferenceTables) -> None:
        self._references = references

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.enrich import EnrichOptions, EnrichRefusedError, enrich

        options = step_options(EnrichOptions, _named(inputs.options, inputs.customers))
        try:
            result = enrich(inputs.customers, self._tables(options.parsed_joins()), options)
        except EnrichRefusedError as error:
            raise RunFailureError("ENRICH_REFUSED", str(error)) from None
        return Computed(table=result.cells, summary=json_object(result.summary), report=_report(result))

    def _tables(self, joins: Sequence[Join]) -> dict[str, pa.Table]:
        """Each reference once, with the columns that any of the joins needs."""
        columns: dict[str, list[str]] = {}
        for join in joins:
            columns.setdefault(join.reference, []).extend(join.columns)
        return {name: self._references.table(name, tuple(dict.fromkeys(needed))) for name, needed in columns.items()}

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        """Values in the gaps they were found for."""
        from analysis_worker.steps.enrich import apply_cells

        return apply_cells(customers, lines)

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, cells in lines_by_row(lines):
            yield row_id, DerivedData(enriched=[_enriched(cell) for cell in cells])


def _named(options: Mapping[str, object], customers: pa.Table) -> dict[str, object]:
    """Options with the names of fields as the step knows them; parts of fields (`addresses[0].city`) stay as they are."""
    names = ColumnNames([name for name in customers.column_names if name != ROW_ID], {name: name for name in _WHOLE})
    named = dict(options)
    for option, rename in (
        ("from_entity", names.or_same),
        ("not_from_entity", names.or_same),
        ("joins", _renaming_join(names)),
    ):
        listed = options.get(option)
        if isinstance(listed, list | tuple):
            named[option] = [rename(option, one) if isinstance(one, str) else one for one in listed]
    return named


def _renaming_join(names: ColumnNames) -> Callable[[str, str], str]:
    def renamed(option: str, join: str) -> str:
        return _JOIN_FIELD.sub(lambda found: found[1] + names.or_same(option, found[2]) + found[3], join)

    return renamed


def _enriched(cell: dict[str, Any]) -> EnrichedValue:
    return EnrichedValue(field=cell["field"], value=_value(cell), source=cell["source"], keys=cell["keys"])


def _value(cell: dict[str, Any]) -> AttributeValue:
    text, kind = cell["value"], cell["kind"]
    if kind == "int":
        return AttributeValue(int_value=int(text))
    if kind == "double":
        return AttributeValue(double_value=float(text))
    return AttributeValue(bool_value=text == "True") if kind == "bool" else AttributeValue(string_value=text)


def _report(result: EnrichResult) -> JsonObject:
    return json_object({"fields": [json_object(one) for one in result.summary.fields]})
