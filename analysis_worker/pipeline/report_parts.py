"""From what steps say about themselves to parts of the report: tolerant, because a picture must not cost a run its result.

Rules: a key that is missing leaves a figure out; one of another shape leaves the list or the part out. Nothing is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from analysis_worker.report import (
    AliveBin,
    Backtest,
    BacktestTenth,
    BandCount,
    CalibrationBin,
    ClusterSize,
    CorrectionRule,
    CurrencyTotal,
    CutOff,
    Duplicates,
    EnrichedField,
    Estimate,
    GroupCheck,
    ImputedColumn,
    Influence,
    LeftOut,
    LiftTenth,
    Observed,
    Prediction,
    ProductRule,
    ProductRules,
    ProfileLine,
    ScoreBin,
    SegmentEntry,
    Segments,
    TimeCheck,
    Value,
    ValueTenth,
)

Part = Mapping[str, Any]
Shape = TypeVar("Shape")
_PLAIN: Mapping[str, tuple[type, ...]] = {"int": (int, float), "float": (int, float), "str": (str,), "bool": (bool,)}
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)


def corrections(part: Part) -> tuple[CorrectionRule, ...]:
    return _each(CorrectionRule, part["rules"])


def duplicates(part: Part) -> Duplicates:
    return taken(
        Duplicates,
        part,
        histogram=_each(ScoreBin, part.get("histogram")),
        bands=_each(BandCount, part.get("bands")),
        cluster_sizes=_each(ClusterSize, part.get("cluster_sizes")),
    )


def imputation(part: Part) -> tuple[ImputedColumn, ...]:
    return _each(ImputedColumn, part["columns"])


def segments(part: Part) -> Segments:
    entries = (taken(SegmentEntry, one, profile=_each(ProfileLine, one.get("profile"))) for one in part["entries"])
    return taken(Segments, part, entries=tuple(entries))


def enrichment(part: Part) -> tuple[EnrichedField, ...]:
    return _each(EnrichedField, part["fields"])


def value(part: Part) -> Value:
    return taken(
        Value,
        part,
        alive=_each(AliveBin, part.get("alive")),
        returning=_each(AliveBin, part.get("returning")),
        tenths=_each(ValueTenth, part.get("tenths")),
        currencies=_each(CurrencyTotal, part.get("currencies")),
        backtest=_maybe(_backtest, part.get("backtest")),
    )


def _backtest(part: Part) -> Backtest:
    tenths = {name: _each(BacktestTenth, part.get(name)) for name in ("deciles", "returning")}
    return taken(Backtest, part, **tenths)


def prediction(part: Part) -> Prediction:
    return taken(
        Prediction,
        part,
        auc=_maybe(_estimate, part.get("auc")),
        brier=_maybe(_estimate, part.get("brier")),
        calibration=_each(CalibrationBin, part.get("calibration")),
        lift=_each(LiftTenth, part.get("lift")),
        cut_offs=_each(CutOff, part.get("cut_offs")),
        influences=_each(Influence, part.get("influences")),
        left_out=_each(LeftOut, part.get("left_out")),
        groups=_each(GroupCheck, part.get("groups")),
        times=_each(TimeCheck, part.get("times")),
        limits=tuple(str(one) for one in part.get("limits") or ()),
    )


def _estimate(part: Part) -> Estimate:
    return taken(Estimate, part)


def rules(part: Part) -> ProductRules:
    entries = (
        taken(ProductRule, one, body=tuple(str(product) for product in one.get("body") or ()))
        for one in part.get("entries") or ()
    )
    return taken(ProductRules, part, entries=tuple(entries))


def observed(parts: Mapping[str, Part]) -> tuple[Observed, ...]:
    """The last day of every step that says one."""
    said = ((step, _maybe(_observed, part)) for step, part in parts.items())
    return tuple(replace(one, step=step) for step, one in said if one is not None and one.as_of)


def _observed(part: Part) -> Observed:
    return taken(Observed, part)


def readable(build: Callable[[Part], Shape], part: Part | None) -> Shape | None:
    """What `build` makes of the part; None if the step did not run, or said it in a shape that this report does not know."""
    return _maybe(build, part)


def taken(shape: type[Shape], part: Part, **nested: object) -> Shape:
    """An instance of the dataclass from the keys that it knows; None counts as missing where there is a default.

    Raises:
        TypeError: the part is no mapping, a field without a default is missing, or a value is of another kind than its field.
    """
    kinds = {one.name: str(one.type).removesuffix(" | None") for one in fields(shape)}  # type: ignore[arg-type]  # dataclasses
    plain = {name: part[name] for name in kinds if name not in nested and part.get(name) is not None}
    for name, given in plain.items():
        if not isinstance(given, _PLAIN[kinds[name]]) or isinstance(given, bool) != (kinds[name] == "bool"):
            raise TypeError(f"{name} is of another kind")
    return shape(**plain, **nested)


def _maybe(build: Callable[[Part], Shape], part: Part | None) -> Shape | None:
    if part is None:
        return None
    try:
        return build(part)
    except _UNREADABLE:
        return None


def _each(shape: type[Shape], parts: Sequence[Part] | None) -> tuple[Shape, ...]:
    """All entries, or none if one of them cannot be read: half a chart would be a wrong chart."""
    try:
        return tuple(taken(shape, part) for part in parts or ())
    except _UNREADABLE:
        return ()
