"""From the outcomes of a run to the report's input: figures copied; of rows only how many customers a figure is about.

Ten corrections may be ten of one customer: what the report may show is decided by customers, so they are counted here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline import report_parts
from analysis_worker.pipeline.customers import INCOME_AMOUNT, OTHER_ROW_ID, ROW_ID
from analysis_worker.pipeline.outcome import StepOutcome
from analysis_worker.pipeline.plan import Plan
from analysis_worker.pipeline.units import BARE, Unit
from analysis_worker.report import (
    CorrectionRule,
    ImputedColumn,
    Prediction,
    Previous,
    Provenance,
    QualityColumn,
    ReportInput,
    ReviewQueue,
    StepDuration,
    UndoStep,
)

Outcomes = Mapping[str, StepOutcome]
_LIBRARIES = ("strongroom", "duckdb", "scikit-learn", "pyarrow", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What the runner knows beside the outcomes."""

    customers: int
    transactions: int
    position: int
    created: datetime
    quality: tuple[QualityColumn, ...]
    income_unit: Unit = BARE
    previous: Previous | None = None


def report_input(plan: Plan, outcomes: Outcomes, figures: RunFigures) -> ReportInput:
    parts: dict[str, Mapping[str, Any]] = {step: outcome.report for step, outcome in outcomes.items()}
    readable = report_parts.readable
    return ReportInput(
        provenance=_provenance(plan, outcomes, figures),
        customers=figures.customers,
        transactions=figures.transactions,
        quality=figures.quality,
        corrections=_with_customers(readable(report_parts.corrections, parts.get("correct")), outcomes),
        duplicates=readable(report_parts.duplicates, parts.get("match")),
        imputation=_in_main_units(readable(report_parts.imputation, parts.get("impute")), figures.income_unit),
        segments=readable(report_parts.segments, parts.get("segment")),
        enrichment=readable(report_parts.enrichment, parts.get("enrich")),
        value=readable(report_parts.value, parts.get("value")),
        prediction=_of_today(readable(report_parts.prediction, parts.get("classify")), outcomes),
        rules=readable(report_parts.rules, parts.get("associate")),
        observed=report_parts.observed(parts),
        previous=figures.previous,
        review=_review(parts, outcomes),
        undo=_undo(plan),
    )


def _with_customers(rules: tuple[CorrectionRule, ...] | None, outcomes: Outcomes) -> tuple[CorrectionRule, ...] | None:
    """Rules with the number of customers that each proposes something for."""
    if rules is None:
        return None
    counted = outcomes["correct"].table.group_by("rule").aggregate([(ROW_ID, "count_distinct")])
    names, customers = (counted.column(name).to_pylist() for name in ("rule", f"{ROW_ID}_count_distinct"))
    about = dict(zip(names, customers, strict=True))
    return tuple(replace(rule, customers=about.get(rule.rule)) for rule in rules)


def _in_main_units(columns: tuple[ImputedColumn, ...] | None, unit: Unit) -> tuple[ImputedColumn, ...] | None:
    """Money as people write it."""
    if columns is None:
        return None
    return tuple(_income(column, unit) if column.column == INCOME_AMOUNT else column for column in columns)


def _income(column: ImputedColumn, unit: Unit) -> ImputedColumn:
    baseline, chosen, width = map(unit.shown, (column.baseline_error, column.chosen_error, column.mean_width))
    named = replace(column, column="income", unit=unit.text)
    return replace(named, baseline_error=baseline, chosen_error=chosen, mean_width=width)


def _of_today(card: Prediction | None, outcomes: Outcomes) -> Prediction | None:
    """The card with as many customers as there are predictions; a model may have seen each of them at several moments."""
    if card is None or "abstained" not in outcomes["classify"].table.column_names:
        return card
    silent = pc.sum(outcomes["classify"].table.column("abstained")).as_py() or 0
    return replace(card, predicted=outcomes["classify"].table.num_rows - silent, abstained_rows=silent)


def _provenance(plan: Plan, outcomes: Outcomes, figures: RunFigures) -> Provenance:
    return Provenance(
        run=plan.run,
        tenant=plan.run.split("/")[1] if plan.run.startswith("tenants/") else "",
        purpose=plan.purpose.rpartition("/")[2],
        pipeline=plan.pipeline,
        settings=tuple((step.name, _options(step.options)) for step in plan.steps),
        data_position=str(figures.position),
        as_of=f"{plan.as_of:%Y-%m-%d %H:%M} UTC",
        seed=plan.seed,
        created=f"{figures.created:%Y-%m-%d %H:%M} UTC",
        versions=tuple((name, _version(name)) for name in _LIBRARIES),
        durations=tuple(StepDuration(step=step, seconds=outcome.seconds) for step, outcome in outcomes.items()),
    )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _options(options: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in sorted(options.items()))


def _review(parts: Mapping[str, Mapping[str, Any]], outcomes: Outcomes) -> tuple[ReviewQueue, ...]:
    """What waits: pairs that were proposed (or, of an older checkpoint, the pairs in the band), and doubtful corrections."""
    queues: list[ReviewQueue] = []
    if "match" in parts:
        pairs = sum(_number(band, "pairs") for band in _entries(parts, "match", "bands") if band.get("band") == "review")
        what, where = "Pairs of records that may be one person", "strongroom review run --kind match"
        queues.append(ReviewQueue(what=what, waiting=pairs, where=where, customers=_asked(outcomes["match"].proposals)))
    if "correct" in parts:
        doubtful = sum(_number(rule, "waiting") for rule in _entries(parts, "correct", "rules"))
        what, where = "Corrections that no rule is sure enough of", "strongroom review run --kind correction"
        about = int(pc.count_distinct(outcomes["correct"].table.column(ROW_ID)).as_py())
        queues.append(ReviewQueue(what=what, waiting=doubtful, where=where, customers=about))
    return tuple(queues)


def _asked(proposals: pa.Table | None) -> int | None:
    """Customers in the pairs that wait; None if there are none."""
    if proposals is None:
        return None
    ends = [proposals.column(name).to_numpy(zero_copy_only=False) for name in (ROW_ID, OTHER_ROW_ID)]
    return len(np.unique(np.concatenate(ends)))


def _entries(parts: Mapping[str, Mapping[str, Any]], step: str, name: str) -> list[Mapping[str, Any]]:
    listed = parts.get(step, {}).get(name)
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list | tuple) else []


def _number(entry: Mapping[str, Any], name: str) -> int:
    given = entry.get(name)
    return int(given) if isinstance(given, int | float) else 0


def _undo(plan: Plan) -> tuple[UndoStep, ...]:
    run = plan.run.rpartition("/")[2]
    return (
        UndoStep(text="See what would go, and change nothing:", command=f"strongroom analysis undo {run} --plan"),
        UndoStep(
            text="Take every result of this run back, to what it was before the run:", command=f"strongroom analysis undo {run}"
        ),
        UndoStep(text="Put the results in their place again:", command=f"strongroom analysis undo {run} --redo"),
    )
