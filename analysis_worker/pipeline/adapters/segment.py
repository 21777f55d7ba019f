"""Segment: profile, attributes and purchases in, one named group per customer out. No name and no contact comes near it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.column_names import ColumnNames
from analysis_worker.pipeline.customers import (
    ATTRIBUTE_PREFIX,
    INCOME_AMOUNT,
    INCOME_CURRENCY,
    ROW_ID,
    SEGMENT,
    SEGMENT_LABEL,
)
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
from analysis_worker.pipeline.observation import CountingBack, observed
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import JsonObject, ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from analysis_worker.pipeline.units import BARE, DAYS_SINCE, Unit, units_of
from strongroom.api.v1.customer_pb2 import DerivedData, SegmentAssignment, SegmentMove

if TYPE_CHECKING:
    from analysis_worker.steps.segment import SegmentResult


_NAMING = ("numeric", "categorical")


class SegmentAdapter:
    """See `StepAdapter`."""

    own_options = CountingBack

    name = "segment"
    customer_fields = PROFILE_FIELDS | {SEGMENT}
    transaction_fields = PURCHASE_FIELDS
    sees = frozenset({"enrich", "impute"})

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.segment import SegmentOptions, segment

        inputs, until = observed(inputs)
        table = features(inputs)
        options = step_options(SegmentOptions, _named(inputs.options, table), seed=inputs.seed)
        before = inputs.customers.column(SEGMENT) if SEGMENT in inputs.customers.column_names else None
        result = segment(table, options, before, _names_before(inputs.customers))
        units = units_of(inputs, table)
        lines = _with_units(result.assignments.drop_columns(["distance"]), units)
        return until.noted(Computed(table=lines, summary=json_object(result.summary), report=_report(result, units)))

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        del lines
        return customers

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, (line,) in lines_by_row(lines):
            found = SegmentAssignment(segment=line["segment"], label=line["label"], confidence=line["confidence"])
            if line["move_segment"] is not None:
                found.moves.append(
                    SegmentMove(
                        segment=line["move_segment"],
                        label=line["move_label"],
                        feature=line["move_feature"],
                        change=line["move_change"],
                        unit=line.get("move_unit") or "",
                    )
                )
            yield row_id, DerivedData(segment=found)


def features(inputs: StepInputs) -> pa.Table:
    """The table that customers are grouped by; incomes in other than the main currency and earlier segments are left out."""
    earlier = [name for name in (SEGMENT, SEGMENT_LABEL) if name in inputs.customers.column_names]
    table = _with_days(with_income_currency(with_dates(inputs.customers.drop_columns(earlier))), inputs)
    if INCOME_AMOUNT in table.column_names:
        main = pc.equal(income_currencies(table), main_income_currency(table) or "")
        amounts = pc.if_else(main, table.column(INCOME_AMOUNT), pa.scalar(None, pa.int64()))
        kept = [name for name in table.column_names if name not in (INCOME_AMOUNT, INCOME_CURRENCY)]
        table = table.select(kept).append_column("income", amounts)
    return with_purchases(_plainly_named(table), inputs)


def _names_before(customers: pa.Table) -> dict[int, str]:
    """What the segments of the run before were called, by number; of several names of one number the most frequent."""
    if SEGMENT not in customers.column_names or SEGMENT_LABEL not in customers.column_names:
        return {}
    counted = customers.group_by([SEGMENT, SEGMENT_LABEL]).aggregate([([], "count_all")])
    ranked = counted.sort_by([("count_all", "ascending"), (SEGMENT_LABEL, "descending")]).to_pylist()
    return {one[SEGMENT]: one[SEGMENT_LABEL] for one in ranked if one[SEGMENT] is not None and one[SEGMENT_LABEL]}


def _named(options: Mapping[str, object], table: pa.Table) -> dict[str, object]:
    """Options with the names of columns as the step knows them."""
    names = ColumnNames([name for name in table.column_names if name != ROW_ID])
    named = dict(options)
    for option in _NAMING:
        listed = options.get(option)
        if isinstance(listed, list | tuple):
            named[option] = [names.require(option, name) if isinstance(name, str) else name for name in listed]
    return named


def _with_days(table: pa.Table, inputs: StepInputs) -> pa.Table:
    """Dates as days up to the moment of the run: a distance between customers, which a date is not."""
    today = pa.scalar(inputs.as_of.date(), pa.date32()).cast(pa.int32())
    for index, field in enumerate(table.schema):
        if pa.types.is_date32(field.type):
            days = pc.subtract(today, table.column(index).cast(pa.int32()))
            table = table.set_column(index, f"{DAYS_SINCE}{field.name.removeprefix(ATTRIBUTE_PREFIX)}", days)
    return table


def _plainly_named(table: pa.Table) -> pa.Table:
    """Attributes under their keys, which is how people read them in a segment's name, unless a field has that name."""
    plain = [name.removeprefix(ATTRIBUTE_PREFIX) for name in table.column_names]
    kept = {name for name in plain if plain.count(name) > 1} | {ROW_ID, *PURCHASE_COLUMNS}
    return table.rename_columns(
        [name if short in kept else short for name, short in zip(table.column_names, plain, strict=True)]
    )


def _with_units(lines: pa.Table, units: Mapping[str, Unit]) -> pa.Table:
    """Moves in the units that people read."""
    rows, moved = lines.num_rows, lines.column("move_feature")
    texts, divisors = pa.repeat("", rows), pa.repeat(1.0, rows)
    for name, unit in units.items():
        mine = pc.fill_null(pc.equal(moved, name), fill_value=False)
        texts, divisors = pc.if_else(mine, unit.text, texts), pc.if_else(mine, unit.divisor, divisors)
    change = lines.column_names.index("move_change")
    lines = lines.set_column(change, "move_change", pc.divide(lines.column("move_change"), divisors))
    return lines.append_column("move_unit", texts)


def _report(result: SegmentResult, units: Mapping[str, Unit]) -> JsonObject:
    summary = result.summary
    profile: dict[int, list[JsonObject]] = {}
    for line in result.profiles.to_pylist():
        unit = BARE if line["level"] else units.get(line["feature"], BARE)
        numbers = {key: unit.shown(line[key]) for key in ("value", "overall")}
        profile.setdefault(line["segment"], []).append(
            {
                **numbers,
                "feature": line["feature"],
                "level": line["level"] or "",
                "unit": unit.text,
                "difference": unit.shown(line["difference"]) or 0.0,
                "missing": line["missing_share"],
            }
        )
    return json_object(
        {
            "customers": summary.customers,
            "structured": summary.structured,
            "reason": summary.reason,
            "silhouette": summary.silhouette,
            "stability": summary.stability,
            "entries": [
                {"name": one.name, "customers": one.customers, "profile": profile.get(one.segment, [])}
                for one in summary.segments
            ],
        }
    )
