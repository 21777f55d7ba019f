"""Tables with a caption and scoped headings; long ones fold their tail away without a script."""

from __future__ import annotations

from collections.abc import Sequence

from analysis_worker.report.markup import EMPTY, Child, Markup, join, tag

FOLD_AFTER = 24


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Child]], numbers: Sequence[int] = ()) -> Markup:
    """First cell of a row is its heading; `numbers` are the columns set flush right. Rows beyond 24 go into a fold."""
    if not rows:
        return EMPTY
    first = _table(caption, heads, rows[:FOLD_AFTER], numbers)
    rest = rows[FOLD_AFTER:]
    if not rest:
        return first
    more = _table(f"{caption} (continued)", heads, rest, numbers)
    return join(first, tag("details", tag("summary", f"{len(rest)} more rows"), more))


def folded(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Child]], numbers: Sequence[int]) -> Markup:
    """A table that opens at a click or a key; nothing without rows."""
    return tag("details", tag("summary", caption), table(caption, heads, rows, numbers)) if rows else EMPTY


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Child]], numbers: Sequence[int]) -> Markup:
    flush = frozenset(numbers)
    head = tag("tr", *(tag("th", text, scope="col", **_flush(i in flush)) for i, text in enumerate(heads)))
    body = [tag("tr", *(_cell(i, cell, flush=i in flush) for i, cell in enumerate(row))) for row in rows]
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    return tag("div", whole, class_="scroll", role="region", aria_label=caption, tabindex="0")


def _cell(index: int, content: Child, *, flush: bool) -> Markup:
    if index == 0:
        return tag("th", content, scope="row")
    return tag("td", content, **_flush(flush))


def _flush(flush: bool) -> dict[str, str]:  # noqa: FBT001 - the only argument
    return {"class_": "num"} if flush else {}
