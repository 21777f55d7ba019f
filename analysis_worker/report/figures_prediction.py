"""The model card of a prediction as it may be shown: calibration, lift, cut-offs, influences, groups of people.

Rows may be cases, a customer at one of several moments: then as many customers are behind them as cases by moments, at least.

Rule: as in `figures`; an observed share that few customers are behind is bounded, and drawn where its bound is.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis_worker.report.model_insight import Prediction
from analysis_worker.report.suppression import (
    SMALLEST_GROUP,
    Count,
    Share,
    clean,
    count,
    edge,
    percent,
    share,
    short,
    significant,
    words,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRow:
    """Customers of like predictions; `observed` is bounded where few are behind it, and `place` is where it is drawn."""

    customers: Count
    predicted: float
    observed: Share
    place: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftRow:
    """A tenth of the customers, the likeliest first."""

    label: str
    customers: Count
    observed: Share
    lift: float | None
    captured_percent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOffRow:
    """Everybody from a probability on."""

    label: str
    customers: Count
    right: Share
    found_percent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A group of people: predicted and observed shares."""

    group: str
    customers: Count
    predicted_percent: int
    observed: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRow:
    """A span of time, judged by what came before it."""

    label: str
    customers: Count
    predicted_percent: int
    observed: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionFigures:
    """The model card; `auc` and `brier` as text with their interval.

    `of_customers` is False where a row that the model is judged on is a customer at one of several moments.
    """

    target: str
    positive: str
    horizon_days: int
    abstained: bool
    reason: str
    known: Count
    predicted: Count
    unsaid: Count
    judged: Count
    of_customers: bool
    split: str
    base_rate_percent: int | None
    auc: str
    auc_value: float | None
    brier: str
    base_brier: float | None
    calibration_error: float | None
    calibration: tuple[CalibrationRow, ...]
    lift: tuple[LiftRow, ...]
    cut_offs: tuple[CutOffRow, ...]
    influences: tuple[tuple[str, float], ...]
    left_out: tuple[tuple[str, str], ...]
    groups: tuple[GroupRow, ...]
    times: tuple[TimeRow, ...]
    limits: tuple[str, ...]


def prediction_figures(found: Prediction, customers: int, most: int) -> PredictionFigures:
    moments = max(1, -(-found.rows // customers)) if customers else 1
    known = found.judged_rows // moments >= SMALLEST_GROUP
    auc, brier = (found.auc, found.brier) if known else (None, None)
    return PredictionFigures(
        target=short(found.target),
        positive=short(found.positive) if found.positive else "",
        horizon_days=found.horizon_days,
        abstained=found.abstained,
        reason=words(found.reason),
        known=count(found.known),
        predicted=count(found.predicted),
        unsaid=count(found.abstained_rows),
        judged=count(found.judged_rows),
        of_customers=found.rows <= customers,
        split=short(found.split) if found.split else "",
        base_rate_percent=percent(found.base_rate) if known else None,
        auc=_interval(auc.value, auc.lower, auc.upper) if auc else "",
        auc_value=significant(auc.value) if auc else None,
        brier=_interval(brier.value, brier.lower, brier.upper) if brier else "",
        base_brier=significant(found.base_brier) if known else None,
        calibration_error=significant(found.calibration_error) if known else None,
        calibration=tuple(
            CalibrationRow(
                customers=count(b.customers),
                predicted=round(b.predicted, 3),
                observed=shown,
                place=(round(b.observed, 2) if shown.percent is not None else edge(b.observed, b.customers // moments)),
            )
            for b in found.calibration[:40]
            if b.customers // moments >= SMALLEST_GROUP
            for shown in (_rate(b.observed, b.customers // moments),)
        ),
        lift=tuple(
            LiftRow(
                label=f"{t.decile}",
                customers=count(t.customers),
                observed=shown,
                lift=round(t.lift, 1) if shown.percent is not None else None,
                captured_percent=percent(t.captured) if shown.percent is not None else None,
            )
            for t in found.lift[:20]
            if t.customers // moments >= SMALLEST_GROUP
            for shown in (_rate(t.observed, t.customers // moments),)
        ),
        cut_offs=tuple(
            CutOffRow(
                label=f"{round(100 * c.probability)}%",
                customers=count(c.customers),
                right=_rate(c.precision, c.customers // moments),
                found_percent=percent(c.recall),
            )
            for c in found.cut_offs[:20]
            if c.customers // moments >= SMALLEST_GROUP
        ),
        influences=tuple((short(i.column), round(100 * i.points, 1)) for i in found.influences[: min(most, 16)]),
        left_out=tuple((short(c.column), words(c.reason)) for c in found.left_out[:most]),
        groups=tuple(
            GroupRow(
                group=short(f"{g.column}: {g.group}"),
                customers=count(g.customers),
                predicted_percent=round(100 * g.predicted),
                observed=_rate(g.observed, g.customers // moments),
            )
            for g in found.groups[:most]
            if g.customers // moments >= SMALLEST_GROUP
        ),
        times=tuple(
            TimeRow(
                label=clean((t.first if t.first == t.last else f"{t.first} to {t.last}")[:40]),
                customers=count(t.customers),
                predicted_percent=round(100 * t.predicted),
                observed=_rate(t.observed, t.customers),
            )
            for t in found.times[:12]
            if t.customers >= SMALLEST_GROUP
        ),
        limits=tuple(clean(limit[:400]) for limit in found.limits[:12]),
    )


def _rate(observed: float, customers: int) -> Share:
    return share(round(observed * customers), customers)


def _interval(value: float, lower: float | None, upper: float | None) -> str:
    if significant(value) is None:
        return ""
    if significant(lower) is None or significant(upper) is None:
        return f"{value:.3f}"
    return f"{value:.3f} ({lower:.3f} to {upper:.3f})"
