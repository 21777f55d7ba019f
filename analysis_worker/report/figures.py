"""From exact input to the figures that page and JSON twin both show: suppressed, merged, cut to a bounded size.

Rule: `build_report` and `report_json` see nothing but what this module lets through, so they cannot disagree or leak.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from analysis_worker.report.figures_insight import (
    EnrichedRow,
    MapPoint,
    RuleFigures,
    ValueFigures,
    apart,
    enriched,
    finite,
    percent,
    rule_figures,
    segment_map,
    value_figures,
)
from analysis_worker.report.figures_prediction import PredictionFigures, prediction_figures
from analysis_worker.report.model import (
    BandCount,
    CorrectionRule,
    Duplicates,
    ImputedColumn,
    ProfileLine,
    Provenance,
    QualityColumn,
    ReportInput,
    ReviewQueue,
    SegmentEntry,
    Segments,
    UndoStep,
)
from analysis_worker.report.model_insight import Previous
from analysis_worker.report.suppression import (
    ABSENT,
    SMALLEST_GROUP,
    Count,
    Share,
    count,
    merge_small,
    remainder,
    rounded,
    share,
    short,
    total,
)

_GOOD, _FAIR = 95, 70
_BAND_ORDER = ("auto", "review", "no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much detail fits; what is beyond is merged or counted, never silently dropped."""

    columns: int = 200
    rules: int = 60
    segments: int = 24
    profile_lines: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRow:
    """Completeness of one column with a verdict in a word."""

    column: str
    present: Share
    unparsed: Count
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """One rule, or several small ones together."""

    rule: str
    proposals: Count
    applied: Count
    waiting: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRow:
    """One bar: label, count, and the band it belongs to ("" for none)."""

    label: str
    count: Count
    band: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """Matching in figures."""

    rows: Count
    entities: Count
    duplicates: Count
    scores: tuple[BarRow, ...]
    bands: tuple[BarRow, ...]
    sizes: tuple[BarRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImputedRow:
    """One column with gaps: what was tried and what came of it. `error_percent` is the error left, baseline = 100."""

    column: str
    kind: str
    missing: Count
    imputed: Count
    outcome: str
    error_percent: int | None
    baseline_error: float | None
    chosen_error: float | None
    coverage_percent: int | None
    confidence_percent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """One feature of a segment beside all customers, as text."""

    feature: str
    value: str
    overall: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """One segment, or several small ones together (without a profile)."""

    name: str
    customers: Count
    share: Share
    profile: tuple[ProfileRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFigures:
    """Segmentation in figures."""

    structured: bool
    reason: str
    silhouette: float | None
    stability: float | None
    rows: tuple[SegmentRow, ...]
    map: tuple[MapPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """A queue that waits."""

    what: str
    waiting: Count
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that is shown. `columns_left_out` counts columns that the limits cut."""

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
    imputed_total: Count
    missing_total: Count
    segments: SegmentFigures | None
    enrichment: tuple[EnrichedRow, ...] | None
    value: ValueFigures | None
    prediction: PredictionFigures | None
    rules: RuleFigures | None
    previous: Previous | None
    review: tuple[ReviewRow, ...]
    undo: tuple[UndoStep, ...]


def figures(source: ReportInput, limits: Limits) -> Figures:
    """Apply the rule of ten and the limits to everything."""
    worst_first = sorted(source.quality, key=lambda c: (c.present / c.rows if c.rows else 1.0, c.column))
    imputed = None if source.imputation is None else [c for c in source.imputation if c.missing]
    return Figures(
        provenance=_provenance(source.provenance),
        customers=count(source.customers),
        transactions=count(source.transactions),
        needs=count(source.needs),
        completeness=share(sum(c.present for c in source.quality), sum(c.rows for c in source.quality)),
        quality=tuple(_quality(c) for c in worst_first[: limits.columns]),
        columns_left_out=max(0, len(worst_first) - limits.columns),
        corrections=None if source.corrections is None else _corrections(source.corrections, limits),
        correction_total=count(sum(c.proposals for c in source.corrections or ())),
        entities=None if source.duplicates is None else _entities(source.duplicates),
        imputation=None if imputed is None else tuple(_imputed(c) for c in imputed[: limits.columns]),
        imputed_total=total(c.imputed for c in imputed or ()),
        missing_total=total(c.missing for c in imputed or ()),
        segments=None if source.segments is None else _segments(source.segments, limits),
        enrichment=None if source.enrichment is None else enriched(source.enrichment, limits.rules),
        value=None if source.value is None else value_figures(source.value),
        prediction=None if source.prediction is None else prediction_figures(source.prediction, limits.rules),
        rules=None if source.rules is None else rule_figures(source.rules, limits.rules),
        previous=None if source.previous is None else _previous(source.previous),
        review=tuple(_review(q) for q in source.review[: limits.rules]),
        undo=tuple(UndoStep(text=u.text[:400], command=u.command[:200]) for u in source.undo[: limits.rules]),
    )


def _provenance(source: Provenance) -> Provenance:
    named = ("run", "tenant", "purpose", "legal_basis", "data_position", "created")
    return replace(
        source,
        **{name: getattr(source, name)[:200] for name in named},
        versions=tuple((short(name), short(version)) for name, version in source.versions[:40]),
        durations=tuple(replace(d, step=short(d.step)) for d in source.durations[:40]),
    )


def _previous(source: Previous) -> Previous:
    known = {short(name): float(value) for name, value in list(source.figures.items())[:100] if math.isfinite(value)}
    return Previous(run=source.run[:200], created=source.created[:200], figures=known)


def _quality(column: QualityColumn) -> QualityRow:
    percent = column.present * 100 / column.rows if column.rows else 100.0
    verdict = "good" if percent >= _GOOD else "fair" if percent >= _FAIR else "poor"
    if not column.present:
        verdict = "empty"
    present = share(column.present, column.rows)
    return QualityRow(column=short(column.column), present=present, unparsed=count(column.unparsed), verdict=verdict)


def _corrections(rules: tuple[CorrectionRule, ...], limits: Limits) -> tuple[CorrectionRow, ...]:
    groups = merge_small(sorted(rules, key=lambda r: (-r.proposals, r.rule)), lambda r: r.proposals, limits.rules)
    rows = [_correction(short(r.rule), (r,)) for r in groups.shown]
    if groups.merged:
        rows.append(_correction(f"{len(groups.merged)} rarer rules together", groups.merged))
    return tuple(rows)


def _correction(name: str, rules: tuple[CorrectionRule, ...]) -> CorrectionRow:
    proposals, applied, waiting = (sum(getattr(r, f) for r in rules) for f in ("proposals", "applied", "waiting"))
    rest_is_small = any(0 < part < SMALLEST_GROUP for part in (applied, waiting, proposals - applied - waiting))
    hidden = Count(value=None, text="not shown")
    return CorrectionRow(
        rule=name,
        proposals=count(proposals),
        applied=hidden if rest_is_small and applied else count(applied),
        waiting=hidden if rest_is_small and waiting else count(waiting),
    )


def _entities(found: Duplicates) -> Entities:
    scores = [
        BarRow(label=f"{b.lower:.2f} to {b.upper:.2f}", count=count(b.pairs), band=_band(found, b.lower))
        for b in found.histogram
    ]
    ordered = sorted(found.bands, key=lambda b: _BAND_ORDER.index(b.band) if b.band in _BAND_ORDER else len(_BAND_ORDER))
    bands = [_band_row(found, band) for band in ordered[:6]]
    groups = merge_small(sorted(found.cluster_sizes, key=lambda c: c.size), lambda c: c.entities, 9)
    sizes = [BarRow(label="1 record" if c.size == 1 else f"{c.size} records", count=count(c.entities)) for c in groups.shown]
    if groups.merged:
        few, many = min(c.size for c in groups.merged), max(c.size for c in groups.merged)
        label = f"{few} records" if few == many else f"{few} to {many} records"
        sizes.append(BarRow(label=label, count=count(sum(c.entities for c in groups.merged))))
    return Entities(
        rows=count(found.rows),
        entities=remainder(found.rows, found.entities),
        duplicates=count(found.rows - found.entities),
        scores=tuple(scores[:40]),
        bands=tuple(bands),
        sizes=tuple(sizes),
    )


def _band_row(found: Duplicates, band: BandCount) -> BarRow:
    bins = [b.pairs for b in found.histogram if band.lower - 1e-9 <= b.lower < band.upper]
    return BarRow(label=f"{band.lower:.2f} to {band.upper:.2f}", count=rounded(band.pairs, bins), band=short(band.band))


def _band(found: Duplicates, lower: float) -> str:
    return next((short(b.band) for b in found.bands if b.lower <= lower + 1e-9 < b.upper), "")


def _imputed(column: ImputedColumn) -> ImputedRow:
    baseline, chosen = finite(column.baseline_error), finite(column.chosen_error)
    left = None if not baseline or chosen is None else round(100 * chosen / baseline)
    return ImputedRow(
        column=short(column.column),
        kind=short(column.kind),
        missing=count(column.missing),
        imputed=count(column.imputed),
        outcome=short(column.reason if column.abstained else column.method).replace("_", " "),
        error_percent=left,
        baseline_error=finite(column.baseline_error),
        chosen_error=finite(column.chosen_error),
        coverage_percent=percent(column.coverage),
        confidence_percent=percent(column.mean_confidence),
    )


def _segments(found: Segments, limits: Limits) -> SegmentFigures:
    groups = merge_small(sorted(found.entries, key=lambda e: (-e.customers, e.name)), lambda e: e.customers, limits.segments)
    rows = [_segment(short(e.name), e.customers, found.customers, _profile(e, limits)) for e in groups.shown]
    if groups.merged:
        name = f"{len(groups.merged)} smaller segments together"
        rows.append(_segment(name, sum(e.customers for e in groups.merged), found.customers, ()))
    return SegmentFigures(
        structured=found.structured,
        reason=short(found.reason) if found.reason else "",
        silhouette=finite(found.silhouette),
        stability=finite(found.stability),
        rows=tuple(rows),
        map=segment_map(groups.shown, found.customers),
    )


def _segment(name: str, customers: int, total: int, profile: tuple[ProfileRow, ...]) -> SegmentRow:
    return SegmentRow(name=name, customers=count(customers), share=share(customers, total), profile=profile)


def _profile(entry: SegmentEntry, limits: Limits) -> tuple[ProfileRow, ...]:
    strongest = sorted(entry.profile, key=lambda p: -abs(apart(p)))[: limits.profile_lines]
    return tuple(_profile_row(line, entry.customers) for line in strongest)


def _profile_row(line: ProfileLine, customers: int) -> ProfileRow:
    if not line.level:
        return ProfileRow(feature=short(line.feature), value=number(line.value), overall=number(line.overall))
    inside = ABSENT if finite(line.value) is None else share(round((line.value or 0.0) * customers), customers).text
    overall = ABSENT if percent(line.overall) is None else f"{percent(line.overall)}%"
    return ProfileRow(feature=short(f"{line.feature}: {line.level}"), value=inside, overall=overall)


def _review(queue: ReviewQueue) -> ReviewRow:
    return ReviewRow(what=short(queue.what), waiting=count(queue.waiting), where=queue.where[:200])


def number(value: float | None) -> str:
    """Three or so significant figures: enough to compare, too few to find somebody by."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004 - whole numbers from three digits on
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"  # noqa: PLR2004 - keeps three figures
