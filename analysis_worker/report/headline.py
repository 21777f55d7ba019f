"""The top of the page: the run in one sentence, its verdicts, a few figures; and what changed since an earlier run.

Rule: whoever reads only this sees how far to trust the rest; each verdict leads to its section.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis_worker.report.comparison import Change
from analysis_worker.report.comparison import changes as changes_of
from analysis_worker.report.figures import Figures
from analysis_worker.report.markup import Markup, tag
from analysis_worker.report.sections_data import pill, section
from analysis_worker.report.suppression import short
from analysis_worker.report.tables import folded, table
from analysis_worker.report.verdicts import Verdict, verdicts


def headline(shown: Figures) -> Markup:
    """Title, lead, verdicts, figures."""
    source = shown.provenance
    made = f" of {source.created}" if source.created else ""
    why = f' for the purpose "{short(source.purpose)}"' if source.purpose else ""
    lead = (
        f"Results of the analysis run{made}{why}. Everything below is derived data beside the source values: "
        "nothing that a source said was overwritten."
    )
    return tag(
        "header",
        tag("p", "Strongroom analysis report", class_="eyebrow"),
        tag("h1", f"What we know about the customers of {short(source.tenant or 'this tenant')}"),
        tag("p", lead, class_="lead"),
        _facts(shown),
        tag(
            "p",
            "Counts are to the nearest ten: neither a figure nor a difference of two tells of a few customers.",
            class_="small",
        ),
        _verdicts(verdicts(shown)),
    )


def _verdicts(found: tuple[Verdict, ...]) -> Markup:
    lines = [
        tag(
            "li",
            pill(one.word),
            tag("a", one.title, href=f"#{one.section}"),
            tag("span", one.text, class_="why"),
        )
        for one in found
    ]
    return tag(
        "nav",
        tag("h2", "Verdicts", id="verdicts-title"),
        tag("ul", *lines),
        class_="verdicts",
        aria_labelledby="verdicts-title",
    )


def _facts(shown: Figures) -> Markup:
    facts = [_fact("Customer records", shown.customers.text)]
    if shown.transactions.value != 0:
        facts.append(_fact("Transactions", shown.transactions.text))
    if any(row.verdict != "empty" for row in shown.quality):
        facts.append(_fact("Cells filled in", shown.completeness.text))
    if shown.entities is not None:
        facts.append(_fact("Entities", shown.entities.entities.text))
    elif shown.segments is not None:
        facts.append(_fact("Segments", str(len(shown.segments.rows)) if shown.segments.structured else "none"))
    return tag("dl", *facts, class_="facts")


def _fact(term: str, value: str) -> Markup:
    return tag("div", tag("dt", term), tag("dd", value))


def changes(shown: Figures) -> Markup:
    """Figures of this run beside those of the run before."""
    title = "What changed since the last run"
    before = shown.previous
    if before is None:
        lead = "No earlier run is at hand to compare with: this page is a starting point."
        compare = tag("p", "To compare two runs customer by customer: ", tag("code", "strongroom analysis diff RUN RUN"))
        return section("changes", title, lead, compare)
    found = changes_of(shown)
    moved = [one for one in found if one.moved]
    lead = f"Beside the run {short(before.run.rpartition('/')[2])}{f' of {before.created}' if before.created else ''}: "
    lead += f"{len(moved)} of {len(found)} figures moved." if found else "the two runs share no figure."
    heads = ("Figure", "Before", "Now", "Change")
    first = table("Figures that moved", heads, _rows(moved), (1, 2, 3))
    same = [one for one in found if not one.moved]
    rest = folded(f"{len(same)} that did not move", heads, _rows(same), (1, 2, 3))
    return section("changes", title, lead, first, rest)


def _rows(found: Sequence[Change]) -> list[tuple[str, ...]]:
    return [(one.label, one.before, one.now, one.change) for one in found]
