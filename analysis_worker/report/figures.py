"""From exact input to the figures that page and JSON twin both show: suppressed, merged, cut to a bounded size.

Rule: `build_report` and `report_json` see nothing but what this module lets through, so they cannot disagree or leak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from analysis_worker.report.figures_data import (
    CorrectionRow,
    Entities,
    ImputedRow,
    QualityRow,
    completeness,
    correction_rows,
    entity_figures,
    imputed_row,
    quality_row,
)
from analysis_worker.report.figures_insight import (
    EnrichedRow,
    RuleFigures,
    ValueFigures,
    enriched,
    rule_figures,
    value_figures,
)
from analysis_worker.report.figures_prediction import PredictionFigures, prediction_figures
from analysis_worker.report.figures_segments import SegmentFigures, segment_figures
from analysis_worker.report.model import Provenance, ReportInput, ReviewQueue, UndoStep
from analysis_worker.report.model_insight import Previous
from analysis_worker.report.suppression import Count, Share, clean, count, count_about, short, significant

_TEXT, _LONG_TEXT = 200, 400
_MOST_FACTS = 40
_MOST_BEFORE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much detail fits; what is beyond is merged or counted, never silently dropped."""

    columns: int = 200
    rules: int = 60
    segments: int = 24
    profile_lines: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A queue that waits."""

    what: str
    waiting: Count
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRow:
    """Last day that a step looked at, and how that was decided."""

    step: str
    day: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that is shown. `columns_left_out` and `imputation_left_out` count columns that the limits cut."""

    provenance: Provenance
    customers: Count
    transactions: Count
    needs: Count
    completeness: Share
    quality: tuple[QualityRow, ...]
    columns_left_out: int
    corrections: tuple[CorrectionRow, ...] | None
    correction_total: Count
    entities: Entities | None
    imputation: tuple[ImputedRow, ...] | None
    imputation_left_out: int
    imputed_total: Count
    missing_total: Count
    segments: SegmentFigures | None
    enrichment: tuple[EnrichedRow, ...] | None
    value: ValueFigures | None
    prediction: PredictionFigures | None
    rules: RuleFigures | None
    observed: tuple[ObservedRow, ...]
    previous: Previous | None
    review: tuple[ReviewRow, ...]
    undo: tuple[UndoStep, ...]


def figures(source: ReportInput, limits: Limits) -> Figures:
    """Apply the rule of ten and the limits to everything."""
    worst_first = sorted(source.quality, key=lambda c: (c.present / c.rows if c.rows else 1.0, c.column))
    gaps = sorted(source.imputation or (), key=lambda c: (-c.imputed, -c.missing, c.column))
    imputed = [c for c in gaps if 0 < c.missing < source.customers]
    segments = source.segments
    return Figures(
        provenance=_provenance(source.provenance),
        customers=count(source.customers),
        transactions=count_about(source.transactions, source.customers),
        needs=count_about(source.needs, source.customers),
        completeness=completeness(source.quality),
        quality=tuple(quality_row(c) for c in worst_first[: limits.columns]),
        columns_left_out=max(0, len(worst_first) - limits.columns),
        corrections=None if source.corrections is None else correction_rows(source.corrections, limits.rules),
        correction_total=count(sum(c.proposals for c in source.corrections or ())),
        entities=None if source.duplicates is None else entity_figures(source.duplicates),
        imputation=None
        if source.imputation is None
        else tuple(imputed_row(c, source.customers) for c in imputed[: limits.columns]),
        imputation_left_out=max(0, len(imputed) - limits.columns),
        imputed_total=count(sum(c.imputed for c in imputed)),
        missing_total=count(sum(c.missing for c in imputed)),
        segments=None if segments is None else segment_figures(segments, limits.segments, limits.profile_lines),
        enrichment=None if source.enrichment is None else enriched(source.enrichment, limits.rules),
        value=None if source.value is None else value_figures(source.value),
        prediction=None if source.prediction is None else prediction_figures(source.prediction, source.customers, limits.rules),
        rules=None if source.rules is None else rule_figures(source.rules, limits.rules),
        observed=tuple(
            ObservedRow(step=short(one.step), day=short(one.as_of), origin=short(one.as_of_from))
            for one in source.observed[:_MOST_FACTS]
        ),
        previous=None if source.previous is None else _previous(source.previous),
        review=tuple(_review(q) for q in source.review[: limits.rules]),
        undo=tuple(
            UndoStep(text=short(u.text, _LONG_TEXT), command=clean(u.command[:_TEXT])) for u in source.undo[: limits.rules]
        ),
    )


def _provenance(source: Provenance) -> Provenance:
    named = ("run", "tenant", "purpose", "legal_basis", "pipeline", "data_position", "as_of", "created")
    texts: dict[str, str] = {name: clean(getattr(source, name)[:_TEXT]) for name in named}
    return replace(
        source,
        **texts,  # type: ignore[arg-type]  # every one of them is a text
        settings=tuple((short(step), clean(text[:_LONG_TEXT])) for step, text in source.settings[:_MOST_FACTS]),
        versions=tuple((short(name), short(version)) for name, version in source.versions[:_MOST_FACTS]),
        durations=tuple(
            replace(d, step=short(d.step), seconds=significant(d.seconds) or 0.0) for d in source.durations[:_MOST_FACTS]
        ),
    )


def _previous(source: Previous) -> Previous:
    known = {short(name): float(value) for name, value in list(source.figures.items())[:_MOST_BEFORE] if math.isfinite(value)}
    return Previous(run=clean(source.run[:_TEXT]), created=_minute(source.created[:_TEXT]), figures=known)


def _minute(moment: str) -> str:
    """A moment as this page writes moments; another text as it is."""
    try:
        known = datetime.fromisoformat(moment)
    except ValueError:
        return clean(moment)
    return f"{known.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if known.tzinfo else clean(moment)


def _review(queue: ReviewQueue) -> ReviewRow:
    return ReviewRow(
        what=short(queue.what), waiting=count_about(queue.waiting, queue.customers), where=clean(queue.where[:_TEXT])
    )
