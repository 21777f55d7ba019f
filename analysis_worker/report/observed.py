"""Up to which day the run looked, in words: whoever reads "lapsed" or "expected" must know since when and from when.

Rule: a day that nobody asked for and that is not the run's own is a finding and gets a verdict; the others are told in place.
"""

from __future__ import annotations

from datetime import date

from analysis_worker.report.figures import Figures, ObservedRow

NEWEST = "newest_transaction"
_WHY = {
    "asked": "the day that was asked for",
    "run": "the day of the run",
    NEWEST: "the day of the newest transaction",
}


def looked_at(shown: Figures, step: str) -> str:
    """One sentence for a section, with a space before it; nothing if the step says no day."""
    found = next((row for row in shown.observed if row.step == step), None)
    return "" if found is None else f" Looked at up to {day_words(found.day)}, {_why(found)}."


def days(shown: Figures) -> list[tuple[str, str]]:
    """Facts for the provenance: one line, or one per step where they differ."""
    told = {f"{day_words(row.day)} ({_why(row)})" for row in shown.observed}
    if len(told) == 1:
        return [("Looked at up to", told.pop())]
    return [(f"Looked at up to, {row.step}", f"{day_words(row.day)} ({_why(row)})") for row in shown.observed]


def stale_day(shown: Figures) -> str:
    """The day of the newest transaction in words if a step stopped there by itself, else nothing."""
    return next((day_words(row.day) for row in shown.observed if row.origin == NEWEST), "")


def day_words(day: str) -> str:
    """`1998-06-30` as `30 June 1998`; another text as it is."""
    try:
        known = date.fromisoformat(day)
    except ValueError:
        return day
    return f"{known.day} {known:%B} {known.year}"


def _why(row: ObservedRow) -> str:
    return _WHY.get(row.origin, "as the step says")
