"""From the outcomes of a run to the report's input: figures copied, nothing computed from rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Any

from analysis_worker.pipeline.outcome import StepOutcome
from analysis_worker.pipeline.plan import Plan
from analysis_worker.report import (
    BandCount,
    ClusterSize,
    CorrectionRule,
    Duplicates,
    ImputedColumn,
    ProfileLine,
    Provenance,
    QualityColumn,
    ReportInput,
    ReviewQueue,
    ScoreBin,
    SegmentEntry,
    Segments,
    StepDuration,
    UndoStep,
)

_LIBRARIES = ("strongroom", "splink", "duckdb", "scikit-learn", "pyarrow", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFigures:
    """What the runner knows beside the outcomes."""

    customers: int
    transactions: int
    position: int
    created: datetime
    quality: tuple[QualityColumn, ...]


def report_input(plan: Plan, outcomes: Mapping[str, StepOutcome], figures: RunFigures) -> ReportInput:
    parts: dict[str, Mapping[str, Any]] = {step: outcome.report for step, outcome in outcomes.items()}
    return ReportInput(
        provenance=_provenance(plan, outcomes, figures),
        customers=figures.customers,
        transactions=figures.transactions,
        quality=figures.quality,
        corrections=_corrections(parts["correct"]) if "correct" in parts else None,
        duplicates=_duplicates(parts["match"]) if "match" in parts else None,
        imputation=tuple(ImputedColumn(**column) for column in parts["impute"]["columns"]) if "impute" in parts else None,
        segments=_segments(parts["segment"]) if "segment" in parts else None,
        review=_review(plan, parts),
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


def _corrections(part: Mapping[str, Any]) -> tuple[CorrectionRule, ...]:
    return tuple(CorrectionRule(**rule) for rule in part["rules"])


def _duplicates(part: Mapping[str, Any]) -> Duplicates:
    return Duplicates(
        rows=part["rows"],
        entities=part["entities"],
        histogram=tuple(ScoreBin(**line) for line in part["histogram"]),
        bands=tuple(BandCount(**line) for line in part["bands"]),
        cluster_sizes=tuple(ClusterSize(**line) for line in part["cluster_sizes"]),
    )


def _segments(part: Mapping[str, Any]) -> Segments:
    entries = tuple(
        SegmentEntry(
            name=entry["name"], customers=entry["customers"], profile=tuple(ProfileLine(**line) for line in entry["profile"])
        )
        for entry in part["entries"]
    )
    return Segments(**{name: value for name, value in part.items() if name != "entries"}, entries=entries)


def _review(plan: Plan, parts: Mapping[str, Mapping[str, Any]]) -> tuple[ReviewQueue, ...]:
    where = f"strongroom analysis results {plan.run}"
    queues = []
    if "match" in parts:
        waiting = sum(band["pairs"] for band in parts["match"]["bands"] if band["band"] == "review")
        queues.append(ReviewQueue(what="Pairs that may be one person", waiting=waiting, where=where))
    if "correct" in parts:
        waiting = sum(rule["waiting"] for rule in parts["correct"]["rules"])
        queues.append(ReviewQueue(what="Corrections that no rule is sure enough of", waiting=waiting, where=where))
    return tuple(queues)


def _undo(plan: Plan) -> tuple[UndoStep, ...]:
    steps = ",".join(step.name for step in plan.steps)
    return (
        UndoStep(text="Nothing that a source said was changed: exports without result fields show it as it was."),
        UndoStep(
            text="A new run of the same steps takes the place of these results.",
            command=f"strongroom analysis start --steps {steps} --wait",
        ),
    )
