"""Figures of the later steps as they may be shown: enrichment, value, predictions, rules, and the map of segments.

Rule: as in `figures`: what the page and the twin show comes from here, small groups merged, bounded or left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_worker.currencies import minor_per_major
from analysis_worker.report.model_insight import AliveBin, EnrichedField, ProductRule, ProductRules, Value
from analysis_worker.report.suppression import (
    ABSENT,
    SMALLEST_GROUP,
    Count,
    Share,
    count,
    count_about,
    edge,
    merge_small,
    percent,
    share,
    short,
    significant,
    words,
)

_LARGE = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"))
_CENTS_BELOW = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichedRow:
    """One field filled from one source, or several small ones together."""

    source: str
    field: str
    gaps: Count
    filled: Count
    ambiguous: Count


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

    currency: str
    tenth: int
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
class ReturnRow:
    """A tenth of the customers of the back-test: the chance to buy again, 0..1, how many did, and where that is drawn."""

    label: str
    customers: Count
    expected: float
    came: Share
    place: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AliveRow:
    """Customers by a chance: to be still active, to buy again."""

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
    returning_customers: Count
    returning: tuple[AliveRow, ...]
    money: tuple[MoneyRow, ...]
    tenths: tuple[TenthRow, ...]
    backtest_days: int
    backtest: tuple[ComparedRow, ...]
    returned: tuple[ReturnRow, ...]
    calibration_error: float | None
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
    return EnrichedRow(source=source, field=field, gaps=count(gaps), filled=count(filled), ambiguous=count(ambiguous))


def value_figures(found: Value) -> ValueFigures:
    test = found.backtest if found.backtest and found.backtest.customers >= SMALLEST_GROUP else None
    told = found.estimated and found.buyers >= SMALLEST_GROUP
    tenths = [t for t in found.tenths if t.customers >= SMALLEST_GROUP][:40]
    made = [t for t in (test.deciles if test else ()) if t.customers >= SMALLEST_GROUP][:20]
    return ValueFigures(
        estimated=found.estimated,
        reason=words(found.reason),
        buyers=count(found.buyers),
        repeat_customers=count(found.repeat_customers),
        horizon_days=found.horizon_days,
        purchases=_sum(found.expected_purchases if told else None),
        alive_customers=_sum(found.expected_alive if told else None),
        alive=_chances(found.alive),
        returning_customers=_sum(found.expected_returning if told else None),
        returning=_chances(found.returning),
        money=tuple(
            MoneyRow(
                currency=short(c.currency or "no currency"),
                customers=count(c.customers),
                mean_purchase=money(c.mean_purchase_minor, c.currency) if c.modelled else ABSENT,
                expected=money(c.expected_value_minor, c.currency) if c.modelled else words(c.reason),
            )
            for c in sorted(found.currencies, key=lambda c: (-c.customers, c.currency))[:20]
            if c.customers >= SMALLEST_GROUP
        ),
        tenths=tuple(
            TenthRow(
                currency=short(t.currency or "no currency"),
                tenth=t.tenth,
                customers=count(t.customers),
                mean_value=money(t.mean_value_minor, t.currency),
                percent=round(100 * t.share),
            )
            for t in tenths
        ),
        backtest_days=test.days if test else 0,
        backtest=tuple(
            ComparedRow(label=str(n), customers=count(t.customers), expected=round(t.expected, 2), made=round(t.made, 2))
            for n, t in enumerate(made, start=1)
            if significant(t.expected) is not None and significant(t.made) is not None
        ),
        returned=tuple(
            ReturnRow(
                label=str(n),
                customers=count(t.customers),
                expected=round(t.expected, 2),
                came=came,
                place=round(t.made, 2) if came.percent is not None else edge(t.made, t.customers),
            )
            for n, t in enumerate(test.returning[:20] if test else (), start=1)
            if t.customers >= SMALLEST_GROUP and significant(t.expected) is not None and significant(t.made) is not None
            for came in (share(round(t.made * t.customers), t.customers),)
        ),
        calibration_error=significant(test.calibration_error) if test else None,
        error=significant(test.mean_absolute_error) if test else None,
        naive_error=significant(test.naive_error) if test else None,
        coverage_percent=percent(test.coverage) if test else None,
    )


def rule_figures(found: ProductRules, most: int) -> RuleFigures:
    """Rules with at least ten customers behind them, as the step ordered them; of the same products one way round."""
    entries = _one_way([e for e in found.entries if e.customers >= SMALLEST_GROUP])[:most]
    return RuleFigures(
        reason="" if found.reason == "rules" else words(found.reason),
        buyers=count(found.buyers),
        baskets=count_about(found.baskets, found.buyers),
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
                lift=round(e.lift, 1),
                holdout_lift=None if significant(e.holdout_lift) is None else round(e.holdout_lift or 0.0, 1),
            )
            for e in entries
        ),
    )


def _one_way(rules: Sequence[ProductRule]) -> list[ProductRule]:
    """Of rules about the same products the one that holds for the largest share: the other ways say nothing new."""
    best: dict[frozenset[str], ProductRule] = {}
    for rule in rules:
        products = frozenset((*rule.body, rule.head))
        if products not in best or rule.confidence > best[products].confidence:
            best[products] = rule
    return [rule for rule in rules if best[frozenset((*rule.body, rule.head))] is rule]


def money(minor: float, currency: str) -> str:
    """An amount in units of its currency, with three significant digits: no customer's purchases can be had by subtraction."""
    known = significant(minor / minor_per_major(currency))
    if known is None:
        return ABSENT
    name = next((f"{known / size:,.3g}{word}" for size, word in _LARGE if abs(known) >= size), "")
    text = name or (f"{known:,.0f}" if known == int(known) or abs(known) >= _CENTS_BELOW else f"{known:,.2f}")
    return f"{text} {short(currency)}" if currency else text


def _chances(bins: Sequence[AliveBin]) -> tuple[AliveRow, ...]:
    return tuple(
        AliveRow(label=f"{round(100 * b.lower)} to {round(100 * b.upper)}%", count=count(b.customers)) for b in bins[:40]
    )


def _sum(value: float | None) -> Count:
    known = significant(value)
    return Count(value=None, text=ABSENT) if known is None else count(round(known))
