"""The top of the page: the run in one sentence, its verdicts, a few figures; and what changed since an earlier run.

Rule: whoever reads only this sees how far to trust the rest; each verdict leads to its section.
"""

from __future__ import annotations

from analysis_worker.report.figures import Figures, number
from analysis_worker.report.markup import EMPTY, Markup, tag
from analysis_worker.report.sections_data import section
from analysis_worker.report.suppression import ABSENT, short
from analysis_worker.report.tables import table
from analysis_worker.report.verdicts import Verdict, comparable, verdicts

_LEAST_PERCENT = 0.5


def headline(shown: Figures) -> Markup:
    """Title, lead, verdicts, figures."""
    source = shown.provenance
    made = f" of {source.created}" if source.created else ""
    why = f" for the purpose {short(source.purpose)}" if source.purpose else ""
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
        _verdicts(verdicts(shown)),
    )


def _verdicts(found: tuple[Verdict, ...]) -> Markup:
    lines = [
        tag(
            "li",
            tag("span", one.word, class_=f"pill {one.word.replace(' ', '')}"),
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
    facts = [_fact("Customer records", shown.customers.text), _fact("Transactions", shown.transactions.text)]
    if shown.quality:
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
    now = comparable(shown)
    rows = [
        (name, number(before.figures[name]), number(now[name]), _change(before.figures[name], now[name]))
        for name in now
        if name in before.figures
    ]
    moved = [row for row in rows if row[3] != "unchanged"]
    lead = f"Beside the run {short(before.run.rpartition('/')[2])}{f' of {before.created}' if before.created else ''}: "
    lead += f"{len(moved)} of {len(rows)} figures moved." if rows else "the two runs share no figure."
    shown_rows = moved or rows
    beside = table(
        "Figures that moved" if moved else "Figures of both runs", ("Figure", "Before", "Now", "Change"), shown_rows, (1, 2, 3)
    )
    return section("changes", title, lead, beside if rows else EMPTY, long=True)


def _change(before: float, now: float) -> str:
    """In percent, or in points for what is a percentage or small: coarse, so that no few customers can be read from it."""
    if before == now:
        return "unchanged"
    way = "up" if now > before else "down"
    if not before:
        return way if now else ABSENT
    percent = 100 * abs(now - before) / abs(before)
    return f"{way} {percent:.0f}%" if percent >= _LEAST_PERCENT else f"slightly {way}"
