"""Figures of the first steps as they may be shown: columns, corrections, entities, estimated gaps.

Rule: as in `figures`: what the page and the twin show comes from here, small groups merged, hidden or bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_worker.report.model import (
    BandCount,
    ClusterSize,
    CorrectionRule,
    Duplicates,
    ImputedColumn,
    QualityColumn,
    ScoreBin,
)
from analysis_worker.report.suppression import (
    SMALLEST_GROUP,
    Count,
    Share,
    count,
    count_about,
    merge_small,
    percent,
    share,
    short,
    significant,
)

GOOD_PERCENT, FAIR_PERCENT = 95, 70
_BAND_ORDER = ("auto", "review", "no")
_MOST_SIZES = 9
_MOST_BINS = 40


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
    """One column with gaps: filled before and after, what was tried and what came of it.

    `error_percent` is the error left, baseline = 100.
    """

    column: str
    kind: str
    missing: Count
    imputed: Count
    before: Share
    after: Share
    outcome: str
    error_percent: int | None
    baseline_error: float | None
    chosen_error: float | None
    coverage_percent: int | None
    confidence_percent: int | None
    unit: str


def completeness(columns: Sequence[QualityColumn]) -> Share:
    """Share of filled cells in the columns that anybody fills, as if every column were the mean one."""
    used = [c for c in columns if c.present] or list(columns)
    if not used:
        return share(0, 0)
    return share(round(sum(c.present for c in used) / len(used)), round(sum(c.rows for c in used) / len(used)))


def quality_row(column: QualityColumn) -> QualityRow:
    """One column."""
    filled = column.present * 100 / column.rows if column.rows else 100.0
    verdict = "good" if filled >= GOOD_PERCENT else "fair" if filled >= FAIR_PERCENT else "poor"
    if not column.present:
        verdict = "empty"
    present = share(column.present, column.rows)
    return QualityRow(column=short(column.column), present=present, unparsed=count(column.unparsed), verdict=verdict)


def correction_rows(rules: Sequence[CorrectionRule], most: int) -> tuple[CorrectionRow, ...]:
    """By proposals, the most first; rules about few customers are put together."""
    groups = merge_small(sorted(rules, key=lambda r: (-r.proposals, r.rule)), _customers_of_rule, most)
    rows = [_correction(short(r.rule), (r,)) for r in groups.shown]
    if groups.merged:
        rows.append(_correction(f"{len(groups.merged)} rarer rules together", groups.merged))
    return tuple(rows)


def _customers_of_rule(rule: CorrectionRule) -> int:
    return rule.proposals if rule.customers is None else min(rule.customers, rule.proposals)


def _correction(name: str, rules: Sequence[CorrectionRule]) -> CorrectionRow:
    proposals, applied, waiting = (sum(getattr(r, f) for r in rules) for f in ("proposals", "applied", "waiting"))
    about = sum(_customers_of_rule(r) for r in rules)
    return CorrectionRow(
        rule=name,
        proposals=count_about(proposals, about),
        applied=count_about(applied, about),
        waiting=count_about(waiting, about),
    )


def entity_figures(found: Duplicates) -> Entities:
    """Scores, bands and sizes."""
    ordered = sorted(found.bands, key=lambda b: _BAND_ORDER.index(b.band) if b.band in _BAND_ORDER else len(_BAND_ORDER))
    return Entities(
        rows=count(found.rows),
        entities=count(found.entities),
        duplicates=count(found.rows - found.entities),
        scores=tuple(_score_row(found, one) for one in found.histogram[:_MOST_BINS]),
        bands=tuple(_band_row(band) for band in ordered[:6]),
        sizes=_size_rows(found.cluster_sizes),
    )


def _score_row(found: Duplicates, one: ScoreBin) -> BarRow:
    band = next((short(b.band) for b in found.bands if b.lower <= one.lower + 1e-9 < b.upper), "")
    return BarRow(label=f"{one.lower:.2f} to {one.upper:.2f}", count=count_about(one.pairs, one.customers), band=band)


def _band_row(band: BandCount) -> BarRow:
    shown = count_about(band.pairs, band.customers)
    return BarRow(label=f"{band.lower:.2f} to {band.upper:.2f}", count=shown, band=short(band.band))


def _size_rows(sizes: Sequence[ClusterSize]) -> tuple[BarRow, ...]:
    """Entities by number of records; from where few have so many records on, all together, and the largest is not told."""
    ordered = sorted((one for one in sizes if one.entities), key=lambda c: c.size)
    cut = next((i for i, one in enumerate(ordered) if one.entities < SMALLEST_GROUP), len(ordered))
    cut = min(cut, _MOST_SIZES)
    while 0 < cut < len(ordered) and sum(one.entities for one in ordered[cut:]) < SMALLEST_GROUP:
        cut -= 1
    rows = [BarRow(label="1 record" if c.size == 1 else f"{c.size} records", count=count(c.entities)) for c in ordered[:cut]]
    if ordered[cut:]:
        label = f"{ordered[cut].size} or more records"
        rows.append(BarRow(label=label, count=count(sum(c.entities for c in ordered[cut:]))))
    return tuple(rows)


def imputed_row(column: ImputedColumn, customers: int) -> ImputedRow:
    """One column; `customers` is how many rows it has."""
    baseline, chosen = significant(column.baseline_error), significant(column.chosen_error)
    left = None if not baseline or chosen is None else round(100 * chosen / baseline)
    filled = max(0, customers - column.missing)
    return ImputedRow(
        column=short(column.column),
        kind=short(column.kind),
        missing=count(column.missing),
        imputed=count(column.imputed),
        before=share(filled, customers),
        after=share(min(customers, filled + column.imputed), customers),
        outcome=short(column.reason if column.abstained else column.method),
        error_percent=left,
        baseline_error=baseline,
        chosen_error=chosen,
        coverage_percent=percent(column.coverage),
        confidence_percent=percent(column.mean_confidence),
        unit=short(column.unit) if column.unit else "",
    )
