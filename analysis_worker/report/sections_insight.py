"""The later sections: gaps filled, segments, where the figures come from, what waits, and the way back."""

from __future__ import annotations

from analysis_worker.report.charts import Bar, bar_chart
from analysis_worker.report.figures import Figures, ImputedRow, SegmentRow, number
from analysis_worker.report.markup import EMPTY, Markup, tag
from analysis_worker.report.plots import Bubble, bubble_map
from analysis_worker.report.sections_data import chart, count_bars, pair, section
from analysis_worker.report.suppression import ABSENT
from analysis_worker.report.tables import table

_CHARTED = 16


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
    rows = [(r.field, r.source, r.gaps.text, r.filled.text, r.ambiguous.text) for r in shown.enrichment]
    bars = count_bars([(r.field, r.filled) for r in shown.enrichment[:_CHARTED]])
    figure = chart(bar_chart("Gaps filled by field", bars), "Gaps filled, by field and source.")
    heads = ("Field", "Source", "Gaps", "Filled", "Unsure")
    return section("enrichment", "Enrichment", lead, pair(figure, table("Enrichment by field", heads, rows, (2, 3, 4))))


def imputation(shown: Figures) -> Markup:
    """Error left beside the best constant guess, coverage, and what was left empty on purpose."""
    if shown.imputation is None:
        return EMPTY
    if not shown.imputation:
        return section("imputation", "Imputation", "No column had gaps.")
    filled = [row for row in shown.imputation if row.error_percent is not None]
    lead = (
        f"{len(filled)} of {len(shown.imputation)} columns with gaps were filled. A column is filled only where a model beats "
        "the best constant guess on cells that were hidden from it; the others stay empty."
    )
    rows = [
        (
            r.column,
            r.missing.text,
            r.imputed.text,
            r.outcome,
            _error(r),
            _percent(r.coverage_percent),
            _percent(r.confidence_percent),
        )
        for r in shown.imputation
    ]
    heads = ("Column", "Missing", "Filled", "Method, or why left empty", "Error (constant guess)", "Coverage", "Confidence")
    whole = table("Imputation by column", heads, rows, (1, 2, 4, 5, 6))
    if not filled:
        return section("imputation", "Imputation", lead, whole, long=True)
    bars = [_error_bar(row) for row in filled[:_CHARTED]]
    drawing = bar_chart("Error left after imputation, as a share of the error of the best constant guess", bars, track=True)
    figure = chart(drawing, "Error left; the full bar is the error of the best constant guess. Shorter is better.")
    words = tag(
        "div",
        tag(
            "p",
            tag("strong", "Error"),
            " is the root mean square error for numbers, and the share of wrong cells for categories.",
        ),
        tag(
            "p",
            tag("strong", "Coverage"),
            " is how often the true value lay inside the interval; close to the asked level is right.",
        ),
        tag(
            "p",
            tag("strong", "Confidence"),
            " is the mean chance that a filled category is right, or the level of the interval.",
        ),
        tag("p", "Identity, contact and consent are never imputed."),
        class_="note",
    )
    return section("imputation", "Imputation", lead, pair(figure, words), tag("p", ""), whole, long=True)


def _error_bar(row: ImputedRow) -> Bar:
    left = row.error_percent or 0
    return Bar(label=row.column, text=f"{left}% left", length=min(1.0, left / 100))


def _error(row: ImputedRow) -> str:
    if row.chosen_error is None:
        return ABSENT
    if row.kind in ("category", "boolean"):
        return f"{100 * row.chosen_error:.0f}% ({100 * (row.baseline_error or 0):.0f}%)"
    return f"{number(row.chosen_error)} ({number(row.baseline_error)})"


def _percent(value: int | None) -> str:
    return ABSENT if value is None else f"{value}%"


def segments(shown: Figures) -> Markup:
    """Sizes, then a card per segment with what sets it apart."""
    found = shown.segments
    if found is None:
        return EMPTY
    quality = ", ".join(
        f"{name} {value:.2f}"
        for name, value in (("silhouette", found.silhouette), ("stability", found.stability))
        if value is not None
    )
    if not found.structured:
        return section("segments", "Segments", f"The data shows no groups worth naming. {found.reason}")
    lead = (
        f"{len(found.rows)} groups of customers{f' ({quality})' if quality else ''}; each card shows what sets the group apart."
    )
    largest = max((row.customers.value or 0 for row in found.rows), default=0) or 1
    bars = [_size_bar(row, largest) for row in found.rows]
    rows = [(r.name, r.customers.text, r.share.text) for r in found.rows]
    drawing = chart(bar_chart("Customers per segment", bars), "Customers per segment.")
    cards = [_card(row) for row in found.rows if row.profile]
    spots = [Bubble(label=spot.name, x=spot.x, y=spot.y, size=spot.size) for spot in found.map]
    places = chart(
        bubble_map("Segments in two dimensions: near ones are alike", spots),
        "Map of the segments: near ones have like profiles, the area is the share of customers. The axes are the two "
        "directions in which profiles differ most.",
    )
    where = [(spot.name, f"{spot.x:+.2f}", f"{spot.y:+.2f}") for spot in found.map]
    mapped = pair(places, table("Places on the map", ("Segment", "Across", "Up"), where, (1, 2))) if spots else EMPTY
    sizes = table("Segments by size", ("Segment", "Customers", "Share"), rows, (1, 2))
    return section(
        "segments",
        "Segments",
        lead,
        pair(drawing, sizes),
        mapped,
        tag("div", *cards, class_="cards") if cards else EMPTY,
        long=True,
    )


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
    """Run, purpose, position, seed, versions, durations."""
    source = shown.provenance
    facts = [
        ("Run", source.run),
        ("Tenant", source.tenant),
        ("Purpose", source.purpose),
        ("Legal basis", source.legal_basis),
        ("Data position", source.data_position),
        ("Seed", str(source.seed)),
        ("Created", source.created),
        *source.versions,
    ]
    left = table("Run and versions", ("What", "Value"), [(name, value) for name, value in facts if value])
    steps = [(d.step, f"{d.seconds:,.1f} s") for d in source.durations]
    right = table("Time per step", ("Step", "Duration"), steps, (1,))
    lead = "Same data position, settings, seed and versions give the same figures."
    return section("provenance", "Provenance", lead, tag("div", tag("div", left), tag("div", right), class_="pair"))


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
