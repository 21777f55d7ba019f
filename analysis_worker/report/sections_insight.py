"""The later sections: gaps filled, segments, where the figures come from, what waits, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_worker.report.charts import Bar, bar_chart
from analysis_worker.report.figures import Figures
from analysis_worker.report.figures_data import ImputedRow
from analysis_worker.report.figures_segments import SegmentFigures, SegmentRow
from analysis_worker.report.markup import EMPTY, Markup, join, tag
from analysis_worker.report.observed import days, looked_at
from analysis_worker.report.plots import Bubble, bubble_map
from analysis_worker.report.sections_data import chart, count_bars, pair, section
from analysis_worker.report.suppression import ABSENT, Share, number, percent
from analysis_worker.report.tables import folded, table
from analysis_worker.report.wording import column_words, outcome_words, source_words

_CHARTED = 16
_SHORT_S = 0.1


def enrichment(shown: Figures) -> Markup:
    """Gaps filled from other sources, before anything is guessed."""
    if shown.enrichment is None:
        return EMPTY
    if not shown.enrichment:
        return section("enrichment", "Enrichment", "No source knew a value that was missing.")
    lead = (
        "Gaps that reference tables or other records of the same person could fill; every value carries its source. "
        "Unsure means that several values were found, so none was taken."
    )
    rows = [
        (column_words(r.field), source_words(r.source), r.gaps.text, r.filled.text, r.ambiguous.text) for r in shown.enrichment
    ]
    bars = count_bars(
        [(f"{column_words(r.field)}, from {source_words(r.source)}", r.filled) for r in shown.enrichment[:_CHARTED]]
    )
    figure = chart(bar_chart("Gaps filled by field", bars), "Gaps filled, by field and source.")
    heads = ("Field", "Source", "Gaps", "Filled", "Unsure")
    return section("enrichment", "Enrichment", lead, pair(figure, table("Enrichment by field", heads, rows, (2, 3, 4))))


def imputation(shown: Figures) -> Markup:
    """Before and after, error left beside the best constant guess, coverage, and what was left empty on purpose."""
    if shown.imputation is None:
        return EMPTY
    title = "Estimated gaps"
    if not shown.imputation:
        return section("imputation", title, "No column had gaps.")
    filled = [row for row in shown.imputation if row.error_percent is not None]
    more = shown.imputation_left_out
    lead = (
        f"Imputation filled the gaps of {len(filled)} of {len(shown.imputation)} columns: only where a model beats the best "
        "constant guess on values that were hidden from it. An estimate carries its interval or its chance; the source stays."
    ) + (f" {more} more {'columns are' if more > 1 else 'column is'} left out here." if more else "")
    whole = table("Estimated gaps by column", _IMPUTED_HEADS, [_imputed(r) for r in shown.imputation], (1, 2, 3, 5, 6, 7))
    if not filled:
        return section("imputation", title, lead, whole)
    drawings = tag("div", _before_and_after(shown.imputation), _errors(filled), class_="pair")
    return section("imputation", title, lead, drawings, whole, _reading(filled))


_IMPUTED_HEADS = ("Column", "Gaps", "Filled before", "After", "How, or why not", "Error left", "In the interval", "Sureness")


def _imputed(row: ImputedRow) -> tuple[str, ...]:
    return (
        column_words(row.column),
        row.missing.text,
        row.before.text,
        row.after.text,
        outcome_words(row.outcome),
        ABSENT if row.error_percent is None else f"{row.error_percent}%",
        _percent(row.coverage_percent),
        _percent(row.confidence_percent if row.coverage_percent is None else None),
    )


def _before_and_after(rows: Sequence[ImputedRow]) -> Markup:
    bars = [
        Bar(label=column_words(r.column), text=_moved(r), length=before, added=max(0.0, _share(r.after) - before))
        for r in rows[:_CHARTED]
        for before in (_share(r.before),)
    ]
    drawn = bar_chart(
        "Filled cells before and after", bars, track=True, names=(("known before", "bar"), ("estimated", "second"))
    )
    return chart(drawn, "Share of records that have a value, before and after.")


def _moved(row: ImputedRow) -> str:
    return f"{row.before.text} to {row.after.text}" if row.before.text != row.after.text else f"{row.before.text}, left empty"


def _share(shown: Share) -> float:
    return (100 if shown.text.startswith("above") else shown.percent or 0) / 100


def _errors(rows: Sequence[ImputedRow]) -> Markup:
    bars = [_error_bar(row) for row in rows[:_CHARTED]]
    drawn = bar_chart("Error left, as a share of the error of the best constant guess", bars, track=True)
    caption = (
        "Error left on values that had been hidden. The whole width is the error of the best constant guess; shorter is better."
    )
    return chart(drawn, caption)


def _error_bar(row: ImputedRow) -> Bar:
    left = row.error_percent or 0
    return Bar(label=column_words(row.column), text=f"{left}% left", length=min(1.0, left / 100))


def _reading(rows: Sequence[ImputedRow]) -> Markup:
    """How to read the table; then the errors in each column's own unit, for those who know it."""
    words = (
        ("Error left", " compares with the best constant guess: at 40%, three fifths of the guess's error are gone."),
        (
            "In the interval",
            " is how often a hidden value lay inside its interval; it should be near the level asked for, 90%.",
        ),
        ("Sureness", " is the mean chance that a filled category is right."),
    )
    facts = [(column_words(r.column), *_own_unit(r)) for r in rows]
    heads = ("Column", "Measured as", "Estimates", "Constant guess")
    return join(
        tag("div", *(tag("p", tag("strong", name), text) for name, text in words), tag("p", _NEVER), class_="aside"),
        folded("Errors in each column's own unit", heads, facts, (2, 3)),
    )


_NEVER = "Identity, contact and consent are never estimated."


def _own_unit(row: ImputedRow) -> tuple[str, str, str]:
    if row.kind in ("category", "boolean"):
        return "wrong values", _percent(percent(row.chosen_error)), _percent(percent(row.baseline_error))
    told = f"typical distance, {row.unit}" if row.unit else "typical distance"
    return told, number(row.chosen_error), number(row.baseline_error)


def _percent(value: int | None) -> str:
    return ABSENT if value is None else f"{value}%"


def segments(shown: Figures) -> Markup:
    """Sizes, the map, then a card per segment with what sets it apart."""
    found = shown.segments
    if found is None:
        return EMPTY
    if not found.structured:
        why = f" ({found.reason})" if found.reason else ""
        lead = f"The data shows no groups worth naming{why}. That is a finding: whoever needs groups must draw the lines."
        lead += looked_at(shown, "segment")
        return section("segments", "Segments", lead)
    lead = _segments_lead(found) + looked_at(shown, "segment")
    largest = max((row.customers.value or 0 for row in found.rows), default=0) or 1
    bars = [_size_bar(row, largest) for row in found.rows]
    rows = [(r.name, r.customers.text, r.share.text) for r in found.rows]
    drawing = chart(bar_chart("Customers per segment", bars), "Customers per segment.")
    sizes = pair(drawing, table("Segments by size", ("Segment", "Customers", "Share"), rows, (1, 2)))
    cards = [_card(row) for row in found.rows if row.profile]
    return section("segments", "Segments", lead, sizes, _map(found), tag("div", *cards, class_="cards"))


def _segments_lead(found: SegmentFigures) -> str:
    lead = f"{sum(row.segments for row in found.rows)} groups of customers; each card shows what sets the group apart."
    if found.stability is not None:
        lead += f" Found again in samples of the data: {found.stability:.2f} of 1 (stability)."
    if found.silhouette is not None:
        lead += f" How far the groups stand apart: {found.silhouette:.2f} of 1 (silhouette; 0 is one cloud)."
    return lead


def _map(found: SegmentFigures) -> Markup:
    if not found.map:
        return EMPTY
    spots = [Bubble(label=spot.name, x=spot.x, y=spot.y, size=spot.size) for spot in found.map]
    drawn = chart(
        bubble_map("Segments in two dimensions: near ones are alike", spots),
        "Map of the segments: near ones have like profiles, the area is the share of customers. The axes are the two "
        "directions in which profiles differ most.",
    )
    where = [(spot.name, _signed(spot.x), _signed(spot.y)) for spot in found.map]
    return pair(drawn, table("Places on the map, from -1 to 1", ("Segment", "Across", "Up"), where, (1, 2)))


def _signed(place: float) -> str:
    return f"{place:+.2f}".replace("-0.00", "0.00").replace("+0.00", "0.00")


def _size_bar(row: SegmentRow, largest: int) -> Bar:
    length = None if row.customers.value is None else row.customers.value / largest
    return Bar(label=row.name, text=row.customers.text, length=length)


def _card(row: SegmentRow) -> Markup:
    lines = [(p.feature, p.value, p.overall) for p in row.profile]
    inner = table(f"Profile of {row.name}", ("Feature", "Here", "All"), lines, (1, 2))
    return tag(
        "article",
        tag("h3", row.name),
        tag("p", f"{row.customers.text} customers, {row.share.text}", class_="soft"),
        inner,
        class_="card",
    )


def provenance(shown: Figures) -> Markup:
    """Run, purpose, position, seed, settings, versions, durations."""
    source = shown.provenance
    facts = [
        ("Run", source.run),
        ("Tenant", source.tenant),
        ("Purpose", source.purpose),
        ("Legal basis", source.legal_basis),
        ("Pipeline", source.pipeline),
        ("Data position", source.data_position),
        ("Asked for", source.as_of),
        *days(shown),
        ("Seed", str(source.seed)),
        ("Created", source.created),
    ]
    steps = [(d.step, _seconds(d.seconds)) for d in source.durations]
    settings = [(step, text or "defaults") for step, text in source.settings]
    left = join(
        table("The run", ("What", "Value"), [(name, value) for name, value in facts if value]),
        table("Versions", ("Program", "Version"), source.versions),
    )
    right = join(
        table("Settings by step", ("Step", "Settings"), settings),
        table("Time per step", ("Step", "Duration"), steps, (1,)),
    )
    lead = "Same data position, settings, seed and versions give the same figures."
    return section("provenance", "Provenance", lead, tag("div", tag("div", left), tag("div", right), class_="pair"))


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= _SHORT_S else f"below {_SHORT_S} s"


def review(shown: Figures) -> Markup:
    """Queues that wait for a person."""
    if not any(row.waiting.value is None or row.waiting.value for row in shown.review):
        return section("review", "What waits for review", "Nothing waits: no result of this run needs a person's decision.")
    rows = [(r.what, r.waiting.text, tag("code", r.where) if r.where else ABSENT) for r in shown.review]
    lead = "Doubtful cases are not applied until somebody decides."
    return section("review", "What waits for review", lead, table("Review queues", ("What", "Waiting", "Where"), rows, (1,)))


def undo(shown: Figures) -> Markup:
    """The way back."""
    lead = (
        "Results stand beside the source values and carry the name of their run, so leaving them out, or taking them back, "
        "changes nothing that a source said."
    )
    steps = [tag("li", step.text, *((" ", tag("code", step.command)) if step.command else ())) for step in shown.undo]
    return section("undo", "How to undo", lead, tag("ol", *steps) if steps else EMPTY)
