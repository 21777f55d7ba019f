"""Keeps the report of a chunk within a message: a file whose every cell is broken must not make its own report unreadable."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.api.v1.import_service_pb2 import RowIssue

MAX_ISSUES = 10_000
FATAL_SHOWN = 2


def fitting(issues: Sequence[RowIssue]) -> list[RowIssue]:
    """The issues; where there are too many, of each row the first fatal ones and one that counts its unparsed cells."""
    if len(issues) <= MAX_ISSUES:
        return list(issues)
    by_line: dict[int, list[RowIssue]] = {}
    for issue in issues:
        by_line.setdefault(issue.line, []).append(issue)
    return [issue for found in by_line.values() for issue in _of_row(found)]


def _of_row(found: list[RowIssue]) -> list[RowIssue]:
    fatal = [issue for issue in found if issue.fatal][:FATAL_SHOWN]
    cells = [issue for issue in found if not issue.fatal]
    if len(cells) <= 1:
        return [*fatal, *cells]
    counted = RowIssue(
        line=cells[0].line, reason=cells[0].reason, message=f"{len(cells)} cells kept as written; they do not parse"
    )
    return [*fatal, counted]
