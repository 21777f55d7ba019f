"""The page: one self-contained HTML document per run, at most 1 MB, without scripts and without any request.

Order is fixed: headline with the verdicts, data quality first (a reader must know what the rest stands on), corrections, what
changed, entities, enrichment, imputation, segments, value, prediction, rules, provenance, what waits for review, how to undo. A
step that did not run leaves no section.
"""

from __future__ import annotations

from analysis_worker.report.figures import Figures, figures
from analysis_worker.report.headline import changes, headline
from analysis_worker.report.markup import Markup, join, page, stylesheet, tag
from analysis_worker.report.model import ReportInput
from analysis_worker.report.sections_data import corrections, entities, quality
from analysis_worker.report.sections_future import prediction, rules
from analysis_worker.report.sections_insight import enrichment, imputation, provenance, review, segments, undo
from analysis_worker.report.sections_value import value
from analysis_worker.report.style import CSS, content_policy
from analysis_worker.report.twin import fitting


def build_report(source: ReportInput) -> str:
    """The report as an HTML document.

    Args:
        source: exact figures; what may not be shown is suppressed here.

    Returns:
        HTML, UTF-8 size at most 1 MB, with every value escaped and no group of fewer than ten customers in it.
    """
    return fitting(lambda limits: _render(figures(source, limits)))


def _render(shown: Figures) -> str:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=content_policy()),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="robots", content="noindex, nofollow"),
        tag("title", f"Analysis report: {shown.provenance.tenant or 'tenant'}"),
        stylesheet(CSS),
    )
    parts = (
        *(quality, corrections, changes, entities, enrichment, imputation, segments),
        *(value, prediction, rules, provenance, review, undo),
    )
    main = tag("main", headline(shown), *(part(shown) for part in parts), id="content")
    body = tag(
        "body", tag("a", "Skip to the report", class_="skip", href="#content"), tag("div", main, _footer(), class_="sheet")
    )
    return page(head, body)


def _footer() -> Markup:
    text = (
        "Aggregates only. No figure on this page is about fewer than ten customers: smaller groups are hidden or put together, "
        "and counts are to the nearest ten, so that no difference of two figures tells of fewer either. The page loads nothing "
        "and runs nothing; its JSON twin holds the same figures."
    )
    return tag("footer", join(text))
