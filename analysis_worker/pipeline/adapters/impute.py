"""Impute: gaps in profile and attributes in, estimates with intervals out.

Rules: identity is never guessed, so kind and gender only help to guess; purchases only help too; an income is guessed where its
currency is known, because an amount without one says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.column_names import ColumnNames
from analysis_worker.pipeline.customers import INCOME_AMOUNT, INCOME_CURRENCY, ROW_ID
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.features import (
    PROFILE_FIELDS,
    PURCHASE_FIELDS,
    income_currencies,
    purchase_features,
    with_dates,
    with_income_currency,
)
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import AttributeValue, DerivedData, ImputedValue

_PREDICT_ONLY = ("kind", "gender", INCOME_CURRENCY)
_NOT_SAID = "not said"
_REPORTED = (
    *("column", "kind", "missing", "imputed", "abstained", "reason", "method"),
    *("baseline_error", "chosen_error", "coverage", "mean_width", "mean_confidence"),
)


class ImputeAdapter:
    """See `StepAdapter`."""

    name = "impute"
    customer_fields = PROFILE_FIELDS
    transaction_fields = PURCHASE_FIELDS
    sees = frozenset({"enrich"})

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.impute import ImputeOptions, ImputeRefusedError, impute

        table = predictors(inputs)
        options = step_options(ImputeOptions, _named(inputs.options, table), seed=inputs.seed)
        helpers_only = sorted(set(options.columns or ()) & set(_PREDICT_ONLY))
        if helpers_only:
            raise RunFailureError("IMPUTE_REFUSED", f"who somebody is is never guessed: {', '.join(helpers_only)}")
        try:
            result = impute(table, options)
        except ImputeRefusedError as error:
            raise RunFailureError("IMPUTE_REFUSED", str(error)) from None
        columns = [column for column in result.summary.columns if column.column in inputs.customers.column_names]
        columns = [column for column in columns if column.column not in _PREDICT_ONLY]
        cells = _typed(_with_currency(result.cells, table), inputs.customers.schema)
        report = [{name: json_object(column)[name] for name in _REPORTED} for column in columns]
        summary = {**json_object(result.summary), "columns": [json_object(column) for column in columns]}
        return Computed(table=cells, summary=summary, report={"columns": report})

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        """Estimates in the gaps."""
        for name in sorted(set(lines.column("column").to_pylist()) & set(customers.column_names)):
            own = lines.filter(pc.equal(lines.column("column"), name))
            field = customers.schema.field(name)
            texts = dict(zip(own.column(ROW_ID).to_pylist(), own.column("value").to_pylist(), strict=True))
            guesses = pa.array([texts.get(place) for place in customers.column(ROW_ID).to_pylist()], pa.string())
            filled = pc.coalesce(
                customers.column(name),
                guesses.cast(pa.float64()).cast(field.type) if _is_number(field.type) else guesses.cast(field.type),
            )
            customers = customers.set_column(customers.column_names.index(name), field, filled)
        return customers

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, cells in lines_by_row(lines):
            values = [value for cell in cells for value in _values(cell)]
            yield row_id, DerivedData(imputed=values)


def _named(options: Mapping[str, object], table: pa.Table) -> dict[str, object]:
    """Options with the names of columns as the step knows them; names of what is never guessed stay, for the step to refuse."""
    listed = options.get("columns")
    if not isinstance(listed, list | tuple):
        return dict(options)
    names = ColumnNames([name for name in table.column_names if name != ROW_ID], {"income": INCOME_AMOUNT})
    columns = [_column(names, name) if isinstance(name, str) else name for name in listed]
    return {**options, "columns": columns}


def _column(names: ColumnNames, name: str) -> str:
    from analysis_worker.steps.impute.options import ImputeRefusedError, refuse_forbidden

    try:
        refuse_forbidden([name])
    except ImputeRefusedError as error:
        raise RunFailureError("IMPUTE_REFUSED", str(error)) from None
    return names.require("columns", name)


def predictors(inputs: StepInputs) -> pa.Table:
    """What the step looks at: columns it may fill, and columns without gaps that help."""
    from analysis_worker.steps.impute.options import ImputeRefusedError, refuse_forbidden

    table = with_income_currency(with_dates(inputs.customers))
    kept = [ROW_ID]
    for name in table.column_names:
        try:
            refuse_forbidden([name])
        except ImputeRefusedError:
            continue
        if name != ROW_ID:
            kept.append(name)
    table = table.select(kept)
    if INCOME_AMOUNT in table.column_names:
        table = _with_known_currency(table, inputs.transactions)
    for name in _PREDICT_ONLY:
        if name in table.column_names:
            column = pc.fill_null(table.column(name), _NOT_SAID)
            table = table.set_column(table.column_names.index(name), name, column)
    return _with_purchase_predictors(table, inputs)


def _with_known_currency(table: pa.Table, transactions: pa.Table | None) -> pa.Table:
    """The currency that each customer's income is in or would be in: as said, else as they pay, else the only one there is."""
    said = (
        table.column(INCOME_CURRENCY)
        if INCOME_CURRENCY in table.column_names
        else pa.chunked_array([pa.nulls(len(table), pa.string())])
    )
    stated = pc.is_valid(table.column(INCOME_AMOUNT))
    distinct = sorted(set(income_currencies(table).filter(stated).to_pylist()))
    known = pc.if_else(stated, income_currencies(table), said)
    if len(distinct) == 1:
        known = pa.chunked_array([pa.array([distinct[0]] * len(table), pa.string())])
    elif transactions is not None and "currency" in transactions.column_names:
        known = pc.coalesce(known, _paid_in(table, transactions))
    if INCOME_CURRENCY in table.column_names:
        table = table.drop_columns([INCOME_CURRENCY])
    return table.append_column(INCOME_CURRENCY, known)


def _paid_in(table: pa.Table, transactions: pa.Table) -> pa.Array:
    counted = transactions.group_by([ROW_ID, "currency"]).aggregate([([], "count_all")])
    ranked = counted.sort_by([("count_all", "ascending"), ("currency", "descending")]).to_pylist()
    most = {line[ROW_ID]: line["currency"] for line in ranked if line["currency"]}
    return pa.array([most.get(place) for place in table.column(ROW_ID).to_pylist()], pa.string())


def _with_purchase_predictors(table: pa.Table, inputs: StepInputs) -> pa.Table:
    features = purchase_features(inputs)
    if features is None:
        return table
    longest = pc.max(features.column("tenure_days")).as_py() or 0.0
    for name, absent in (("recency_days", longest), ("frequency", 0), ("monetary", 0.0), ("tenure_days", 0.0)):
        column = pc.fill_null(features.column(name), absent)
        table = table.append_column(f"purchases {name}", column)
    return table


def _with_currency(cells: pa.Table, table: pa.Table) -> pa.Table:
    """Cells by place, each with its currency; amounts in an unknown currency are left out."""
    places = cells.column(ROW_ID).cast(pa.int64())
    cells = cells.set_column(0, ROW_ID, places)
    money = pc.equal(cells.column("column"), INCOME_AMOUNT)
    nothing = pa.scalar(None, pa.string())
    currency = nothing if INCOME_CURRENCY not in table.column_names else table.column(INCOME_CURRENCY).take(places)
    cells = cells.append_column("currency", pc.if_else(money, currency, pa.nulls(len(cells), pa.string())))
    unknown = pc.fill_null(pc.equal(cells.column("currency"), _NOT_SAID), fill_value=False)
    return cells.filter(pc.invert(unknown)).sort_by([(ROW_ID, "ascending"), ("column", "ascending")])


def _typed(cells: pa.Table, schema: pa.Schema) -> pa.Table:
    """Cells with the type of their column beside them: a Struct of the vault tells whole numbers from others."""
    whole = {field.name for field in schema if pa.types.is_integer(field.type)}
    flags = pa.array([name in whole for name in cells.column("column").to_pylist()], pa.bool_())
    return cells.append_column("whole", flags)


def _values(cell: dict[str, Any]) -> Iterator[ImputedValue]:
    money = cell["column"] == INCOME_AMOUNT
    guess = ImputedValue(
        field="income.amount_minor" if money else cell["column"],
        value=_value(cell),
        confidence=cell["confidence"],
        method=cell["method"],
        lower=cell["lower"],
        upper=cell["upper"],
        draws=[_drawn(cell, text) for text in cell["draws"]],
    )
    yield guess
    if money and cell["currency"]:
        currency = AttributeValue(string_value=cell["currency"])
        yield ImputedValue(
            field="income.currency", value=currency, confidence=cell["confidence"], method="currency_of_customer"
        )


def _value(cell: dict[str, Any]) -> AttributeValue:
    if cell["value_boolean"] is not None:
        return AttributeValue(bool_value=cell["value_boolean"])
    if cell["value_date"] is not None:
        return AttributeValue(date_value=cell["value"])
    if cell["value_number"] is None:
        return AttributeValue(string_value=cell["value"])
    return (
        AttributeValue(int_value=round(cell["value_number"]))
        if cell["whole"]
        else AttributeValue(double_value=cell["value_number"])
    )


def _drawn(cell: dict[str, Any], text: str) -> AttributeValue:
    """A draw in the type of its cell."""
    if cell["value_boolean"] is not None:
        return _value({**cell, "value_boolean": text == "true"})
    return _value({**cell, "value": text, "value_number": None if cell["value_number"] is None else float(text)})


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
