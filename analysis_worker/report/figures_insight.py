"""Figures of the later steps as they may be shown: enrichment, value, predictions, rules, and the map of segments.

Rule: as in `figures`: what the page and the twin show comes from here, small groups merged, bounded or left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis_worker.report.model import ProfileLine, SegmentEntry
from analysis_worker.report.model_insight import EnrichedField, ProductRules, Value
from analysis_worker.report.suppression import ABSENT, SMALLEST_GROUP, Count, Share, count, merge_small, share, short

_MINOR_DIGITS = {"JPY": 0, "KRW": 0, "ISK": 0, "VND": 0, "CLP": 0, "XAF": 0, "XOF": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3}
_FEWEST_ON_MAP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichedRow:
    """One field filled from one source, or several small ones together."""

    source: str
    field: str
    gaps: Count
    filled: Count
    ambiguous: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """A segment on the map: place in -1..1, share of the customers 0..1 for its size."""

    name: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """One currency: customers, and money as text."""

    currency: str
    customers: Count
    mean_purchase: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TenthRow:
    """A tenth of the customers of one currency by expected value."""

    label: str
    customers: Count
    mean_value: str
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """Expected beside made."""

    label: str
    customers: Count
    expected: float
    made: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveRow:
    """Customers by their chance to buy again."""

    label: str
    count: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFigures:
    """Expected purchases and value; texts are empty where a figure is missing."""

    estimated: bool
    reason: str
    buyers: Count
    repeat_customers: Count
    horizon_days: int
    purchases: Count
    alive_customers: Count
    alive: tuple[AliveRow, ...]
    money: tuple[MoneyRow, ...]
    tenths: tuple[TenthRow, ...]
    backtest_days: int
    backtest: tuple[ComparedRow, ...]
    error: float | None
    naive_error: float | None
    coverage_percent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """Who buys the body also buys the head."""

    body: str
    head: str
    customers: Count
    confidence: Share
    lift: float
    holdout_lift: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigures:
    """Products that go together."""

    reason: str
    buyers: Count
    baskets: Count
    products: Count
    tests: int
    learned: int
    confirmed: int
    rules: int
    recommended: Count
    rows: tuple[RuleRow, ...]


def enriched(fields: Sequence[EnrichedField], most: int) -> tuple[EnrichedRow, ...]:
    """By filled cells, the most first; fields with few filled cells are put together."""
    ordered = sorted(fields, key=lambda f: (-f.filled, f.source, f.field))
    groups = merge_small(ordered, lambda f: f.filled, most)
    rows = [_enriched(short(f.source), short(f.field), (f,)) for f in groups.shown]
    if groups.merged:
        rows.append(_enriched("several", f"{len(groups.merged)} rarer ones together", groups.merged))
    return tuple(rows)


def _enriched(source: str, field: str, parts: Sequence[EnrichedField]) -> EnrichedRow:
    gaps, filled, ambiguous = (sum(getattr(f, name) for f in parts) for name in ("gaps", "filled", "ambiguous"))
    shown = count(gaps) if not 0 < gaps - filled < SMALLEST_GROUP else Count(value=None, text="not shown")
    return EnrichedRow(source=source, field=field, gaps=shown, filled=count(filled), ambiguous=count(ambiguous))


def apart(line: ProfileLine) -> float:
    """How far a segment's feature is from all customers, -1..1, whatever its unit: sorts a profile, places a segment."""
    value, overall = finite(line.value), finite(line.overall)
    if value is None or overall is None:
        return 0.0
    if line.level:
        return value - overall
    widest = max(abs(value), abs(overall))
    return (value - overall) / widest / 2 if widest else 0.0


def segment_map(entries: Sequence[SegmentEntry], customers: int) -> tuple[MapPoint, ...]:
    """The segments' profiles in two dimensions: principal components of how they differ, weighted by size (Pearson 1901)."""
    names = sorted({(line.feature, line.level) for entry in entries for line in entry.profile})
    if len(entries) < _FEWEST_ON_MAP or not names or not customers:
        return ()
    place = {name: index for index, name in enumerate(names)}
    apartness = np.zeros((len(entries), len(names)))
    for row, entry in enumerate(entries):
        for line in entry.profile:
            apartness[row, place[line.feature, line.level]] = apart(line)
    weight = np.array([max(0, entry.customers) for entry in entries], np.float64)
    centred = apartness - np.average(apartness, axis=0, weights=weight)
    left, strength, _ = np.linalg.svd(centred * np.sqrt(weight)[:, None], full_matrices=False)
    spots = np.zeros((len(entries), 2))
    found = (left * strength)[:, :2] / np.sqrt(weight)[:, None]
    spots[:, : found.shape[1]] = found
    spots *= np.where(spots[np.argmax(np.abs(spots), axis=0), [0, 1]] < 0, -1.0, 1.0)
    reach = float(np.abs(spots).max()) or 1.0
    return tuple(
        MapPoint(name=short(e.name), x=round(float(x / reach), 3), y=round(float(y / reach), 3), size=e.customers / customers)
        for e, (x, y) in zip(entries, spots.tolist(), strict=True)
    )


def value_figures(found: Value) -> ValueFigures:
    test = found.backtest
    tenths = [t for t in found.tenths if t.customers >= SMALLEST_GROUP][:40]
    several = len({t.currency for t in tenths}) > 1
    made = [t for t in (test.deciles if test else ()) if t.customers >= SMALLEST_GROUP][:20]
    return ValueFigures(
        estimated=found.estimated,
        reason=words(found.reason),
        buyers=count(found.buyers),
        repeat_customers=count(found.repeat_customers),
        horizon_days=found.horizon_days,
        purchases=_sum(found.expected_purchases),
        alive_customers=_sum(found.expected_alive),
        alive=tuple(
            AliveRow(label=f"{round(100 * b.lower)} to {round(100 * b.upper)}%", count=count(b.customers))
            for b in found.alive[:40]
        ),
        money=tuple(
            MoneyRow(
                currency=short(c.currency or "no currency"),
                customers=count(c.customers),
                mean_purchase=money(c.mean_purchase_minor, c.currency) if c.modelled else ABSENT,
                expected=money(c.expected_value_minor, c.currency) if c.modelled else words(c.reason),
            )
            for c in found.currencies[:20]
            if c.customers >= SMALLEST_GROUP
        ),
        tenths=tuple(
            TenthRow(
                label=f"{t.tenth}{f' {short(t.currency)}' if several else ''}",
                customers=count(t.customers),
                mean_value=money(t.mean_value_minor, t.currency),
                percent=round(100 * t.share),
            )
            for t in tenths
        ),
        backtest_days=test.days if test else 0,
        backtest=tuple(
            ComparedRow(label=str(n), customers=count(t.customers), expected=round(t.expected, 3), made=round(t.made, 3))
            for n, t in enumerate(made, start=1)
            if finite(t.expected) is not None and finite(t.made) is not None
        ),
        error=finite(test.mean_absolute_error) if test else None,
        naive_error=finite(test.naive_error) if test else None,
        coverage_percent=percent(test.coverage) if test else None,
    )


def rule_figures(found: ProductRules, most: int) -> RuleFigures:
    """Rules with at least ten customers behind them, as the step ordered them."""
    entries = [e for e in found.entries if e.customers >= SMALLEST_GROUP][:most]
    return RuleFigures(
        reason="" if found.reason == "rules" else words(found.reason),
        buyers=count(found.buyers),
        baskets=count(found.baskets),
        products=count(found.products),
        tests=found.tests,
        learned=found.learned,
        confirmed=found.confirmed,
        rules=found.rules,
        recommended=count(found.recommended),
        rows=tuple(
            RuleRow(
                body=short(" + ".join(e.body[:6])),
                head=short(e.head),
                customers=count(e.customers),
                confidence=share(e.customers, round(e.customers / e.confidence) if e.confidence > 0 else 0),
                lift=round(e.lift, 2),
                holdout_lift=None if finite(e.holdout_lift) is None else round(e.holdout_lift or 0.0, 2),
            )
            for e in entries
        ),
    )


def money(minor: float, currency: str) -> str:
    """An amount in units of its currency, three figures or more."""
    if not math.isfinite(minor):
        return ABSENT
    digits = _MINOR_DIGITS.get(currency, 2)
    amount = minor / 10**digits
    text = f"{amount:,.0f}" if abs(amount) >= 1_000 or not digits else f"{amount:,.2f}"  # noqa: PLR2004 - cents say nothing there
    return f"{text} {short(currency)}" if currency else text


def finite(value: float | None) -> float | None:
    """The number, or None for what no page can show."""
    return None if value is None or not math.isfinite(value) else value


def percent(part: float | None) -> int | None:
    """A share in whole percent."""
    return None if part is None or not math.isfinite(part) else round(100 * part)


def _sum(value: float | None) -> Count:
    known = finite(value)
    return Count(value=None, text=ABSENT) if known is None else count(round(known))


def words(reason: str) -> str:
    return short(reason).replace("_", " ") if reason else ""
