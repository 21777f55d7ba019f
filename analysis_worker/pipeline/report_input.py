"""From the outcomes of a run to the report's input: figures copied, nothing computed from rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Any

from analysis_worker.pipeline import report_parts
from analysis_worker.pipeline.outcome import StepOutcome
from analysis_worker.pipeline.plan import Plan
from analysis_worker.report import Previous, Provenance, QualityColumn, ReportInput, ReviewQueue, StepDuration, UndoStep

_LIBRARIES = ("strongroom", "splink", "duckdb", "scikit-learn", "pyarrow", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What the runner knows beside the outcomes."""

    customers: int
    transactions: int
    position: int
    created: datetime
    quality: tuple[QualityColumn, ...]
    previous: Previous | None = None


def report_input(plan: Plan, outcomes: Mapping[str, StepOutcome], figures: RunFigures) -> ReportInput:
    parts: dict[str, Mapping[str, Any]] = {step: outcome.report for step, outcome in outcomes.items()}
    readable = report_parts.readable
    return ReportInput(
        provenance=_provenance(plan, outcomes, figures),
        customers=figures.customers,
        transactions=figures.transactions,
        quality=figures.quality,
        corrections=readable(report_parts.corrections, parts.get("correct")),
        duplicates=readable(report_parts.duplicates, parts.get("match")),
        imputation=readable(report_parts.imputation, parts.get("impute")),
        segments=readable(report_parts.segments, parts.get("segment")),
        enrichment=readable(report_parts.enrichment, parts.get("enrich")),
        value=readable(report_parts.value, parts.get("value")),
        prediction=readable(report_parts.prediction, parts.get("classify")),
        rules=readable(report_parts.rules, parts.get("associate")),
        previous=figures.previous,
        review=_review(parts),
        undo=_undo(plan),
    )


def _provenance(plan: Plan, outcomes: Mapping[str, StepOutcome], figures: RunFigures) -> Provenance:
    return Provenance(
        run=plan.run,
        tenant=plan.run.split("/")[1] if plan.run.startswith("tenants/") else "",
        purpose=plan.purpose.rpartition("/")[2],
        data_position=str(figures.position),
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


def _review(parts: Mapping[str, Mapping[str, Any]]) -> tuple[ReviewQueue, ...]:
    pairs = sum(_number(band, "pairs") for band in _entries(parts, "match", "bands") if band.get("band") == "review")
    doubtful = sum(_number(rule, "waiting") for rule in _entries(parts, "correct", "rules"))
    queues = (
        ("match", "Pairs that may be one person", pairs, "strongroom review run --kind match"),
        ("correct", "Corrections that no rule is sure enough of", doubtful, "strongroom review run --kind correction"),
    )
    return tuple(ReviewQueue(what=what, waiting=n, where=where) for step, what, n, where in queues if step in parts)


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
