"""The first sections: how good the data is, what was corrected, who is the same person."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_worker.report.charts import Bar, bar_chart, histogram
from analysis_worker.report.figures import BarRow, Figures, QualityRow
from analysis_worker.report.markup import EMPTY, Child, Markup, tag
from analysis_worker.report.suppression import ABSENT, Count
from analysis_worker.report.tables import folded, table

_CHARTED = 16
_BANDS = {"auto": "merged by rule", "review": "for a person", "no": "different people"}


def section(name: str, title: str, lead: str, *children: Child, long: bool = False) -> Markup:
    """One titled part of the page."""
    content = (tag("h2", title, id=f"{name}-title"), tag("p", lead, class_="soft"), *children)
    return tag("section", *content, id=name, aria_labelledby=f"{name}-title", class_="long" if long else "short")


def pair(figure: Markup, beside: Markup) -> Markup:
    """A chart with its table beside it."""
    return tag("div", figure, tag("div", beside), class_="pair")


def chart(drawing: Markup, caption: str) -> Markup:
    """A drawing with a caption."""
    return tag("figure", drawing, tag("figcaption", caption))


def quality(shown: Figures) -> Markup:
    """Completeness per column, worst first."""
    rows = [
        (r.column, r.present.text, r.unparsed.text, tag("span", r.verdict, class_=f"tag {r.verdict}")) for r in shown.quality
    ]
    bars = [_quality_bar(row) for row in shown.quality[:_CHARTED]]
    more = f" The {shown.columns_left_out} most complete columns are left out." if shown.columns_left_out else ""
    if not rows:
        return EMPTY
    count_good = sum(r.verdict == "good" for r in shown.quality)
    lead = f"{count_good} of {len(rows)} columns are good (95% filled or more); the emptiest come first.{more}"
    figure = chart(
        bar_chart("Share of filled cells per column, emptiest first", bars, track=True),
        "Share of cells that hold a value. Good from 95%, fair from 70%, poor below.",
    )
    heads = ("Column", "Filled", "Kept verbatim", "Verdict")
    return section(
        "quality", "Data quality", lead, pair(figure, table("Completeness by column", heads, rows, (1, 2))), long=True
    )


def _quality_bar(row: QualityRow) -> Bar:
    length = None if row.present.percent is None else row.present.percent / 100
    if row.present.text.startswith("above"):
        length = 1.0
    return Bar(label=row.column, text=row.present.text, length=length, colour=row.verdict)


def corrections(shown: Figures) -> Markup:
    """Proposals per rule."""
    if shown.corrections is None:
        return EMPTY
    if not shown.corrections:
        return section("corrections", "Corrections", "No rule had anything to propose: the data is clean where the rules look.")
    rows = [(r.rule, r.proposals.text, r.applied.text, r.waiting.text) for r in shown.corrections]
    bars = _bars([BarRow(label=r.rule, count=r.proposals) for r in shown.corrections[:_CHARTED]])
    lead = "Each proposal names its rule and confidence. Applied means that the tenant's policy accepts it without a person."
    figure = chart(bar_chart("Proposed corrections per rule", bars), "Proposals per rule.")
    heads = ("Rule", "Proposed", "Applied", "Waiting")
    return section("corrections", "Corrections", lead, pair(figure, table("Corrections by rule", heads, rows, (1, 2, 3))))


def entities(shown: Figures) -> Markup:
    """Match scores with their bands, and cluster sizes."""
    found = shown.entities
    if found is None:
        return EMPTY
    lead = (
        f"{found.rows.text} customer records belong to {found.entities.text} entities; {found.duplicates.text} are duplicates."
    )
    parts: list[Markup] = []
    if found.scores:
        bars = _bars(found.scores, power=0.5)
        drawing = histogram("Compared pairs by match probability", bars, "0: different", "1: the same person")
        bands = [(_BANDS.get(b.band, b.band), b.label, b.count.text) for b in found.bands]
        scores = [(b.label, b.count.text, _BANDS.get(b.band, b.band) or ABSENT) for b in found.scores]
        beside = (
            table("Bands", ("Band", "Probability", "Pairs"), bands, (2,)),
            folded("Pairs by probability", ("Probability", "Pairs", "Band"), scores, (1,)),
        )
        parts.append(pair(chart(drawing, _score_caption(bars)), tag("div", *beside)))
    if found.sizes:
        rows = [(b.label, b.count.text) for b in found.sizes]
        drawing = bar_chart("Entities by number of records", _bars(found.sizes))
        beside_sizes = table("Entities by number of records", ("Size", "Entities"), rows, (1,))
        parts.append(pair(chart(drawing, "How many records stand behind one entity."), beside_sizes))
    return section("entities", "Entities", lead, *parts)


def _score_caption(bars: Sequence[Bar]) -> str:
    dashed = " A dashed stub stands for fewer than ten pairs." if any(b.length is None for b in bars) else ""
    return f"Bars grow with the square root of the count, so that rare scores stay visible.{dashed}"


def _bars(rows: Sequence[BarRow], power: float = 1.0) -> list[Bar]:
    largest = max((row.count.value or 0 for row in rows), default=0) or 1
    return [
        Bar(label=r.label, text=r.count.text, length=_length(r.count, largest, power), colour=r.band or "bar") for r in rows
    ]


def count_bars(rows: Sequence[tuple[str, Count]]) -> list[Bar]:
    """Bars of counts, the largest at full length."""
    return _bars([BarRow(label=label, count=shown) for label, shown in rows])


def _length(shown: Count, largest: int, power: float) -> float | None:
    return None if shown.value is None else float((shown.value / largest) ** power)
