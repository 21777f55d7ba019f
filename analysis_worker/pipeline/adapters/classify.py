"""Classify: profile, attributes and purchases in, a probability with reasons out, for one declared target.

Rules: no name and no contact comes near it; guessed values are not predictors, because a gap tells more than a guess made from
the other columns; who somebody is (kind, gender) may help to predict and is never predicted. Purchases count up to the moment
that `purchases_until` names (a date, or a column of dates), so that what happened after the outcome cannot tell it. The target
`purchases.stopped` is read from the purchases themselves: who buys nothing for `horizon_days`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.column_names import ColumnNames
from analysis_worker.pipeline.customers import ATTRIBUTE_PREFIX, INCOME_AMOUNT, INCOME_CURRENCY, ROW_ID
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.features import (
    PROFILE_FIELDS,
    PURCHASE_COLUMNS,
    PURCHASE_FIELDS,
    income_currencies,
    main_income_currency,
    with_dates,
    with_income_currency,
    with_purchases,
)
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.lapses import MOMENT, TARGET, lapse_rows
from analysis_worker.pipeline.observation import CountingBack, observed
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import Classification, DerivedData, Reason

if TYPE_CHECKING:
    from analysis_worker.steps.classify import ClassifyOptions

_UNTIL = "purchases_until"
_HORIZON = "horizon_days"
_DEFAULT_HORIZON, _SHORTEST_HORIZON, _LONGEST_HORIZON = 90, 7, 730
_NAMING = ("target", "time_column")
_NAMING_MANY = ("trusted", "ignored")
_NEVER_PREDICTED = frozenset({"kind", "gender", "income", INCOME_AMOUNT, INCOME_CURRENCY})
_UP_TO_NOW = "Purchases count up to the last day looked at: if the outcome was decided before, say when with purchases_until."
_OVER_TIME = (
    "Rows are customers at moments {days} days apart, known by their purchases up to then; profile and attributes are left out,"
    " because their values of then are not known."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseMoments(CountingBack):
    """Options that the adapter reads itself.

    Attributes:
        purchases_until: a date, or a column of dates, up to which purchases count; None for the end of the observation.
        horizon_days: of the target `purchases.stopped`: who buys nothing for so long has stopped.
    """

    purchases_until: str | None = None
    horizon_days: int = _DEFAULT_HORIZON


class ClassifyAdapter:
    """See `StepAdapter`."""

    own_options = PurchaseMoments

    name = "classify"
    customer_fields = PROFILE_FIELDS
    transaction_fields = PURCHASE_FIELDS
    sees = frozenset({"enrich"})

    def compute(self, inputs: StepInputs) -> Computed:
        inputs, until = observed(inputs)
        return until.noted(self._computed(inputs))

    def _computed(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.classify import ClassifyOptions, ClassifyRefusedError, classify

        fields = _fields_by_name(inputs.customers)
        given = {name: value for name, value in inputs.options.items() if name not in (_UNTIL, _HORIZON)}
        options = step_options(ClassifyOptions, _in_plain_names(given, _names(fields)), seed=inputs.seed)
        if options.target == TARGET:
            return _stopped(inputs, replace(options, time_column=MOMENT))
        if options.target in _NEVER_PREDICTED:
            raise RunFailureError("CLASSIFY_REFUSED", "who somebody is and what somebody earns is never predicted")
        table = features(inputs)
        try:
            result = classify(table, options)
        except ClassifyRefusedError as error:
            raise RunFailureError("CLASSIFY_REFUSED", str(error)) from None
        card = result.summary
        if inputs.options.get(_UNTIL) is None and set(card.used) & set(PURCHASE_COLUMNS):
            card = replace(card, limits=(*card.limits, _UP_TO_NOW))
        summary = json_object(card)
        return Computed(table=_lines(result.lines, inputs, fields, options.target), summary=summary, report=summary)

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        del lines
        return customers

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, (line,) in lines_by_row(lines):
            reasons = [Reason(**reason) for reason in line["reasons"]]
            found = Classification(target=line["target"], abstained=line["abstained"], reasons=reasons)
            if not line["abstained"]:
                found.label, found.probability = line["label"], line["probability"]
            yield row_id, DerivedData(classifications=[found])


def _stopped(inputs: StepInputs, options: ClassifyOptions) -> Computed:
    """Who will buy nothing within the horizon, learnt from who bought nothing within the horizons before."""
    from analysis_worker.steps.classify import ClassifyRefusedError, classify

    days = _horizon(inputs.options)
    rows = lapse_rows(inputs, days)
    if rows is None:
        raise RunFailureError("CLASSIFY_REFUSED", f"{TARGET!r} needs purchases with time, total and currency")
    try:
        result = classify(rows, options)
    except ClassifyRefusedError as error:
        raise RunFailureError("CLASSIFY_REFUSED", str(error)) from None
    card = replace(result.summary, limits=(*result.summary.limits, _OVER_TIME.format(days=days)))
    summary = {**json_object(card), _HORIZON: days}
    lines = result.lines.set_column(0, ROW_ID, rows.column(ROW_ID))
    lines = lines.filter(pc.less(lines.column(ROW_ID), inputs.customers.num_rows))
    target = pa.array([TARGET] * lines.num_rows, pa.string())
    return Computed(table=lines.append_column("target", target), summary=summary, report=summary)


def _horizon(options: Mapping[str, object]) -> int:
    """The option `horizon_days`.

    Raises:
        RunFailureError: it is no number of days, or the caller also says until when purchases count.
    """
    days = options.get(_HORIZON, _DEFAULT_HORIZON)
    if options.get(_UNTIL) is not None:
        raise RunFailureError("INVALID_OPTIONS", f"the option {_UNTIL!r} has no meaning for {TARGET!r}")
    if isinstance(days, bool) or not isinstance(days, int | float) or not float(days).is_integer():
        raise RunFailureError("INVALID_OPTIONS", f"the option {_HORIZON!r} must be a whole number of days")
    if not _SHORTEST_HORIZON <= days <= _LONGEST_HORIZON:
        refusal = f"the option {_HORIZON!r} must lie between {_SHORTEST_HORIZON} and {_LONGEST_HORIZON}"
        raise RunFailureError("INVALID_OPTIONS", refusal)
    return int(days)


def features(inputs: StepInputs) -> pa.Table:
    """The table that is predicted from; incomes in other than the main currency are left out."""
    table = with_income_currency(with_dates(inputs.customers))
    until = _moments(inputs, table)
    if INCOME_AMOUNT in table.column_names:
        main = pc.equal(income_currencies(table), main_income_currency(table) or "")
        amounts = pc.if_else(main, table.column(INCOME_AMOUNT), pa.scalar(None, pa.int64()))
        kept = [name for name in table.column_names if name not in (INCOME_AMOUNT, INCOME_CURRENCY)]
        table = table.select(kept).append_column("income", amounts)
    plain = {field: name for name, field in _fields_by_name(inputs.customers).items()}
    table = table.rename_columns([plain.get(name, name) for name in table.column_names])
    return with_purchases(table, _told_until(inputs, until))


def _fields_by_name(customers: pa.Table) -> dict[str, str]:
    """Names as people read them to fields: an attribute goes by its key, unless a field has that name."""
    taken = {name for name in customers.column_names if not name.startswith(ATTRIBUTE_PREFIX)}
    taken |= {*PURCHASE_COLUMNS, "income"}
    plain = {}
    for field in customers.column_names:
        key = field.removeprefix(ATTRIBUTE_PREFIX)
        plain[field if field.startswith(ATTRIBUTE_PREFIX) and key in taken else key] = field
    return plain


def _names(fields: Mapping[str, str]) -> ColumnNames:
    """The step's columns: fields and attributes by the names that people read, what is made of purchases and incomes."""
    return ColumnNames([*fields, *PURCHASE_COLUMNS, "income", TARGET], {field: name for name, field in fields.items()})


def _in_plain_names(given: Mapping[str, object], names: ColumnNames) -> dict[str, object]:
    """Options that name columns, with the names that the step sees."""
    plain = dict(given)
    for option in _NAMING:
        name = given.get(option)
        if isinstance(name, str) and name:
            plain[option] = names.require(option, name)
    for option in _NAMING_MANY:
        listed = given.get(option)
        if isinstance(listed, list | tuple):
            plain[option] = [names.or_same(option, name) if isinstance(name, str) else name for name in listed]
    return plain


def _moments(inputs: StepInputs, table: pa.Table) -> pa.ChunkedArray | None:
    """Until when each customer's purchases are looked at, timestamps; None for the moment of the run.

    Raises:
        RunFailureError: the option is neither a date nor a column of dates.
    """
    given = inputs.options.get(_UNTIL)
    if given is None:
        return None
    dates = [field.name for field in table.schema if pa.types.is_date32(field.type)]
    column = ColumnNames(dates).find(_UNTIL, str(given))
    if column is not None:
        return table.column(column).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    try:
        day = datetime.fromisoformat(str(given))
    except ValueError:
        there = f" ({', '.join(name[:60] for name in dates[:10])})" if dates else ""
        refusal = f"the option {_UNTIL!r} must be a date such as 2026-01-31, or name a column of dates{there}"
        raise RunFailureError("INVALID_OPTIONS", refusal) from None
    moment = day if day.tzinfo else day.replace(tzinfo=UTC)
    return pa.chunked_array([pa.array([moment] * table.num_rows, pa.timestamp("us", "UTC"))])


def _told_until(inputs: StepInputs, until: pa.ChunkedArray | None) -> StepInputs:
    """The inputs as if each customer's moment was the run's: moved by the difference, later purchases lie in the future."""
    purchases = inputs.transactions
    if until is None or purchases is None or "time" not in purchases.column_names:
        return inputs
    customer = pc.index_in(purchases.column(ROW_ID), value_set=inputs.customers.column(ROW_ID).combine_chunks())
    now = pa.scalar(inputs.as_of, pa.timestamp("us", "UTC"))
    moment = pc.if_else(pc.less(until, now), until, now).take(customer)
    moment = pc.fill_null(moment, now)
    zone = pa.timestamp("us", "UTC")
    moved = pc.add(purchases.column("time").cast(zone, safe=False), pc.subtract(now, moment))
    return replace(inputs, transactions=purchases.set_column(purchases.column_names.index("time"), "time", moved))


def _lines(lines: pa.Table, inputs: StepInputs, fields: Mapping[str, str], target: str) -> pa.Table:
    """Lines by place, with the target's field beside the label and fields in the reasons."""
    lines = lines.set_column(0, ROW_ID, inputs.customers.column(ROW_ID))
    reasons = lines.column("reasons").combine_chunks()
    names, effects, texts = reasons.values.flatten()
    named = pa.array([fields.get(name, name) for name in names.to_pylist()], pa.string())
    found = pa.StructArray.from_arrays([named, effects, texts], fields=list(reasons.type.value_type))
    kept = pa.ListArray.from_arrays(reasons.offsets, found)
    lines = lines.set_column(lines.column_names.index("reasons"), "reasons", kept)
    return lines.append_column("target", pa.array([fields.get(target, target)] * lines.num_rows, pa.string()))
