"""The first sections: how good the data is, what was corrected, who is the same person."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_worker.report.charts import Bar, bar_chart, histogram
from analysis_worker.report.figures import Figures
from analysis_worker.report.figures_data import FAIR_PERCENT, GOOD_PERCENT, BarRow, QualityRow
from analysis_worker.report.markup import EMPTY, Child, Markup, join, tag
from analysis_worker.report.suppression import ABSENT, Count
from analysis_worker.report.tables import folded, table
from analysis_worker.report.verdicts import verdicts
from analysis_worker.report.wording import column_words, rule_words

_CHARTED = 16
_NAMED = 12
_BANDS = {"auto": "merged by rule", "review": "for a person", "no": "different"}


def section(name: str, title: str, lead: str, *children: Child) -> Markup:
    """One titled part of the page; on paper, title, lead and first part stay together."""
    start = (tag("h2", title, id=f"{name}-title"), tag("p", lead, class_="soft"), *children[:1])
    return tag("section", tag("div", *start, class_="start"), *children[1:], id=name, aria_labelledby=f"{name}-title")


def pair(figure: Markup, beside: Markup) -> Markup:
    """A chart with its table beside it."""
    return tag("div", figure, tag("div", beside), class_="pair")


def chart(drawing: Markup, caption: str) -> Markup:
    """A drawing with a caption."""
    return tag("figure", drawing, tag("figcaption", caption))


def quality(shown: Figures) -> Markup:
    """The checks at a glance, then completeness per column, worst first; columns that nobody fills are only named."""
    used = [r for r in shown.quality if r.verdict != "empty"]
    if not shown.quality:
        return EMPTY
    if not used:
        lead = "The records of this run have purchases and nothing else: no other column holds a value."
        return section("quality", "Data quality", lead, _unused(shown))
    figure = chart(
        bar_chart("Share of filled cells per column, emptiest first", [_quality_bar(r) for r in used[:_CHARTED]], track=True),
        f"Share of records that have a value. Good from {GOOD_PERCENT}%, fair from {FAIR_PERCENT}%, poor below.",
    )
    heads = ("Column", "Filled", "Kept verbatim", "Verdict")
    rows = [
        (column_words(r.column), r.present.text, r.unparsed.text, tag("span", r.verdict, class_=f"tag {r.verdict}"))
        for r in used
    ]
    beside = tag("div", table("Completeness by column", heads, rows, (1, 2)), _unused(shown))
    return section("quality", "Data quality", _quality_lead(shown, used), join(_glance(shown), pair(figure, beside)))


def _quality_lead(shown: Figures, used: Sequence[QualityRow]) -> str:
    good = sum(r.verdict == "good" for r in used)
    lead = f"{good} of {len(used)} columns in use are good (filled to {GOOD_PERCENT}% or more); the emptiest come first."
    more = shown.columns_left_out
    return lead + (f" {more} fuller {'columns are' if more > 1 else 'column is'} left out here." if more else "")


def _unused(shown: Figures) -> Markup:
    names = [column_words(r.column) for r in shown.quality if r.verdict == "empty"]
    if not names:
        return EMPTY
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return tag("p", f"No record has a value in: {', '.join(names[:_NAMED])}{more}.", class_="soft")


def _glance(shown: Figures) -> Markup:
    figures = {
        "quality": ("Cells filled in", shown.completeness.text),
        "corrections": ("Corrections proposed", shown.correction_total.text),
        "entities": ("Duplicate records", shown.entities.duplicates.text if shown.entities else ABSENT),
    }
    tiles = [
        tag("div", tag("dt", figures[one.section][0]), tag("dd", figures[one.section][1], " ", pill(one.word)))
        for one in verdicts(shown)
        if one.section in figures
    ]
    return tag("dl", *tiles, class_="facts few")


def pill(word: str) -> Markup:
    """A verdict's word in its frame."""
    return tag("span", word, class_=f"pill {word.replace(' ', '')}")


def _quality_bar(row: QualityRow) -> Bar:
    length = None if row.present.percent is None else row.present.percent / 100
    if row.present.text.startswith("above"):
        length = 1.0
    return Bar(label=column_words(row.column), text=row.present.text, length=length, colour=row.verdict)


def corrections(shown: Figures) -> Markup:
    """Proposals per rule."""
    if shown.corrections is None:
        return EMPTY
    if not shown.corrections:
        return section("corrections", "Corrections", "No rule had anything to propose: the data is clean where the rules look.")
    rows = [(rule_words(r.rule), r.proposals.text, r.applied.text, r.waiting.text) for r in shown.corrections]
    bars = _bars([BarRow(label=rule_words(r.rule), count=r.proposals) for r in shown.corrections[:_CHARTED]])
    lead = (
        "What the rules would write in place of what a source wrote. Applied: the rule is nearly certain, and the correction "
        "stands beside the source value. Waiting: a person decides."
    )
    figure = chart(bar_chart("Proposed corrections per rule", bars), "Proposals per rule.")
    heads = ("Rule", "Proposed", "Applied", "Waiting")
    beside = table("Corrections by rule", heads, rows, (1, 2, 3))
    return section("corrections", "Corrections", lead, pair(figure, beside))


def entities(shown: Figures) -> Markup:
    """Match scores with their bands, and cluster sizes."""
    found = shown.entities
    if found is None:
        return EMPTY
    lead = (
        f"An entity is the one real person or firm behind several records. {found.rows.text} records belong to "
        f"{found.entities.text} entities; {found.duplicates.text} records repeat somebody."
    )
    parts: list[Markup] = []
    if found.scores:
        bars = _bars(found.scores, power=0.5)
        names = [(_BANDS[band], band) for band in reversed(_BANDS)]
        drawing = histogram("Compared pairs by match probability", bars, ("0: different", "1: the same"), names)
        bands = [(_BANDS.get(b.band, b.band), b.label, b.count.text) for b in found.bands]
        scores = [(b.label, b.count.text, _BANDS.get(b.band, b.band) or ABSENT) for b in found.scores]
        beside = (
            table("Pairs of records by band", ("Band", "Probability", "Pairs"), bands, (2,)),
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
    dashed = " A dashed stub stands for fewer than ten." if any(b.length is None for b in bars) else ""
    return (
        "Pairs of records that were compared, by the chance that they are the same. Bars grow with the square root of the "
        f"count, so that rare scores stay visible.{dashed}"
    )


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
