"""The JSON twin of the page: the same figures, for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from analysis_worker.report.comparison import changes, comparable
from analysis_worker.report.figures import Figures, Limits, figures
from analysis_worker.report.model import ReportInput
from analysis_worker.report.suppression import SMALLEST_GROUP
from analysis_worker.report.verdicts import verdicts

FORMAT = "strongroom.report.v1"
LARGEST_BYTES = 1_000_000
COMPARED = 200
"""As many figures the vault keeps of a run."""

LIMITS = (
    Limits(),
    Limits(columns=80, rules=30, segments=12, profile_lines=6),
    Limits(columns=20, rules=10, segments=6, profile_lines=3),
)
"""Tried in turn until the output fits; the last always does, because names are cut."""


def report_json(source: ReportInput) -> str:
    """The report as JSON text, UTF-8 size at most 1 MB; a hidden count has value null and its text says why."""
    return fitting(lambda limits: _text(figures(source, limits)))


def comparable_figures(source: ReportInput) -> dict[str, float]:
    """Figures that a later run may be compared with, by name: the twin's object `comparable`, as much of it as is kept."""
    return dict(list(comparable(figures(source, LIMITS[0])).items())[:COMPARED])


def fitting(render: Callable[[Limits], str]) -> str:
    """The most detailed rendering that fits into 1 MB."""
    for limits in LIMITS[:-1]:
        text = render(limits)
        if len(text.encode()) <= LARGEST_BYTES:
            return text
    return render(LIMITS[-1])


def _text(shown: Figures) -> str:
    judged = {
        "verdicts": [asdict(one) for one in verdicts(shown)],
        "changes": [asdict(one) for one in changes(shown)],
        "comparable": dict(comparable(shown)),
    }
    whole = {"format": FORMAT, "smallest_group": SMALLEST_GROUP, **judged, **asdict(shown)}
    if shown.previous is not None:  # its figures are in `changes`, by the rules of this page
        whole["previous"] = {"run": shown.previous.run, "created": shown.previous.created}
    return json.dumps(whole, ensure_ascii=True, indent=1, allow_nan=False)
