"""What changed since an earlier run: the figures that mean the same in every run of the same data, beside those of then.

Rules: only figures that may be shown are kept and compared, counts to the nearest ten: no difference is about fewer than ten
customers. A figure's name is what ties two runs together: names are never changed, only added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from analysis_worker.report.figures import Figures
from analysis_worker.report.suppression import ABSENT, Count, near, significant
from analysis_worker.report.wording import column_words, target_words

_LEAST_PERCENT = 0.5
_LEAST_SCORE = 0.0005
_MOST_COLUMNS = 100
_SEGMENT = "In the segment "


class Unit(Enum):
    """How a figure is written and compared."""

    THINGS = "things"
    PERCENT = "percent"
    SCORE = "score"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparable:
    """One figure: a count to the nearest ten, a percentage, a score of three decimals, or a number about the model.

    `label` is what the page calls it; its name without one.
    """

    name: str
    value: float
    unit: Unit
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One figure of both runs as text; `label` is what the page calls it, `size` how far it went, as a part of before."""

    name: str
    label: str
    before: str
    now: str
    change: str
    moved: bool
    size: float


def comparable(shown: Figures) -> Mapping[str, float]:
    """Figures by name; hidden ones are left out."""
    return {one.name: one.value for one in _known(shown)}


def changes(shown: Figures) -> tuple[Change, ...]:
    """Figures that both runs have, in the order of the page; none without an earlier run."""
    before = shown.previous.figures if shown.previous is not None else {}
    return tuple(_change(one, before[one.name]) for one in _known(shown) if one.name in before)


def _known(shown: Figures) -> Iterator[Comparable]:
    yield from _things(shown)
    if shown.completeness.percent is not None:
        yield _percent("Cells filled in, %", shown.completeness.percent)
    if shown.segments is not None:
        found = sum(row.segments for row in shown.segments.rows) if shown.segments.structured else 0
        yield Comparable(name="Segments", value=float(found), unit=Unit.MODEL)
    if shown.rules is not None:
        yield Comparable(name="Product rules", value=float(shown.rules.rules), unit=Unit.MODEL)
    if shown.prediction is not None:
        scores = (("AUC", shown.prediction.auc_value), ("Calibration error", shown.prediction.calibration_error))
        for name, score in scores:
            if score is not None:
                target = shown.prediction.target
                label = f"{name}, {target_words(target)}"
                yield Comparable(name=f"{name} of {target}", value=round(score, 3), unit=Unit.SCORE, label=label)
    for row in shown.quality[:_MOST_COLUMNS]:
        if row.present.percent is not None:
            yield replace(_percent(f"{row.column} filled, %", row.present.percent), label=f"Filled: {column_words(row.column)}")


def _things(shown: Figures) -> Iterator[Comparable]:
    imputed, found, value = shown.imputation is not None, shown.entities, shown.value
    counted: list[tuple[str, Count | None]] = [
        ("Customer records", shown.customers),
        ("Transactions", shown.transactions),
        ("Corrections proposed", shown.correction_total if shown.corrections is not None else None),
        ("Entities", found.entities if found else None),
        ("Duplicate records", found.duplicates if found else None),
        ("Gaps", shown.missing_total if imputed else None),
        ("Gaps filled by estimates", shown.imputed_total if imputed else None),
        ("Purchases expected", value.purchases if value and value.estimated else None),
        *((f"Waiting: {row.what}", row.waiting) for row in shown.review),
    ]
    if shown.segments is not None and shown.segments.structured:
        counted += [(f"{_SEGMENT}{row.name}", row.customers) for row in shown.segments.rows if row.segments == 1]
    for name, things in counted:
        if things is not None and things.value is not None:
            label = f'Segment "{name.removeprefix(_SEGMENT)}"' if name.startswith(_SEGMENT) else ""
            yield Comparable(name=name, value=float(things.value), unit=Unit.THINGS, label=label)


def _percent(name: str, percent: int) -> Comparable:
    return Comparable(name=name, value=float(percent), unit=Unit.PERCENT)


def _change(now: Comparable, before: float) -> Change:
    if now.unit is Unit.THINGS:
        before = float(near(round(before)))
    way = "up" if now.value > before else "down"
    apart = abs(now.value - before)
    said, moved, size = "unchanged", apart > 0, apart / abs(before) if before else apart
    if now.unit is Unit.PERCENT:
        said, size = (f"{way} {_points(apart)}" if moved else said), apart / 100
    elif now.unit is Unit.SCORE:
        moved = apart >= _LEAST_SCORE
        said, size = (f"{way} {apart:.3f}" if moved else said), apart
    elif moved:
        said = _relative(way, 100 * size) if before else f"{way} from none"
    label = now.label or now.name.removesuffix(", %")
    return Change(
        name=now.name,
        label=label,
        before=_text(now.unit, before),
        now=_text(now.unit, now.value),
        change=said,
        moved=moved,
        size=round(size, 4),
    )


def _relative(way: str, percent: float) -> str:
    return f"{way} {percent:,.0f}%" if percent >= _LEAST_PERCENT else f"slightly {way}"


def _points(apart: float) -> str:
    return "1 point" if apart == 1 else f"{apart:.0f} points"


def _text(unit: Unit, value: float) -> str:
    known = significant(value, 9)
    if known is None:
        return ABSENT
    if unit is Unit.PERCENT:
        return f"{known:.0f}%"
    return f"{known:.3f}" if unit is Unit.SCORE else f"{known:,.0f}"
