"""Charts as inline SVG with text in them: nothing to load, nothing to run, readable by a screen reader through title and text.

Rules: every chart is `role=img` with a <title>; colour never speaks alone, each bar has its label and figure as text; a hidden
count is drawn as a dashed stub, so that its height tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_worker.report.markup import Markup, tag

_ROW = 27
_WIDTH = 470
_LABEL = 150
_FIGURE = 96
_LABEL_LETTERS = 21
_LABELLED_BINS = 8  # with more, figures would overlap; the table of the chart has them


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: label, the figure as text, length 0..1 (None: not to be shown), and a class for its colour."""

    label: str
    text: str
    length: float | None
    colour: str = "bar"


def bar_chart(title: str, bars: Sequence[Bar], *, track: bool = False, label_width: int = _LABEL) -> Markup:
    """Horizontal bars, one per line; `track` draws the full length behind, for shares."""
    room = _WIDTH - label_width - _FIGURE
    lines: list[Markup] = []
    for index, bar in enumerate(bars):
        top = index * _ROW
        lines.append(tag("text", cut(bar.label, round(label_width / 7.6)), x=0, y=top + 17))
        if track:
            lines.append(tag("rect", class_="track", x=label_width, y=top + 6, width=room, height=14, rx=3))
        if bar.length is None:
            lines.append(tag("rect", class_="hatch", x=label_width + 0.5, y=top + 6.5, width=18, height=13, rx=3))
        else:
            width = max(2.0, bar.length * room) if bar.length > 0 else 0.0
            lines.append(
                tag("rect", class_=bar.colour, x=label_width, y=top + 6, width=width, height=14, rx=min(3.0, width / 2))
            )
        lines.append(tag("text", bar.text, class_="quiet end", x=_WIDTH, y=top + 17))
    return drawing(title, _WIDTH, len(bars) * _ROW + 2, lines)


def column_bars(title: str, bars: Sequence[Bar], mark: tuple[float, str] | None = None) -> Markup:
    """Upright bars apart from each other with label below and figure above; `mark` is a dashed height with its meaning."""
    width, height = _WIDTH, 210
    step = width / max(1, len(bars))
    lines: list[Markup] = []
    for index, bar in enumerate(bars):
        left, middle = index * step + step * 0.14, index * step + step / 2
        if bar.length is None:
            lines.append(tag("rect", class_="hatch", x=left, y=height - 8.5, width=step * 0.72, height=8))
        else:
            tall = max(1.5, bar.length * (height - 30)) if bar.length > 0 else 0.0
            lines.append(tag("rect", class_=bar.colour, x=left, y=height - tall, width=step * 0.72, height=tall, rx=2))
            lines.append(tag("text", bar.text, class_="quiet mid", x=middle, y=height - tall - 6))
        lines.append(tag("text", bar.label, class_="quiet mid", x=middle, y=height + 17))
    if mark is not None:
        level = height - mark[0] * (height - 30)
        lines.append(tag("line", class_="ideal", x1=0, y1=level, x2=width, y2=level))
        lines.append(tag("text", mark[1], class_="quiet end", x=width, y=level - 6))
    lines.append(tag("line", class_="axis", x1=0, y1=height + 0.5, x2=width, y2=height + 0.5))
    return drawing(title, width, height + 24, lines)


def histogram(title: str, bars: Sequence[Bar], low: str, high: str) -> Markup:
    """Upright bars that touch, for a score; `low` and `high` label the ends of the axis."""
    width, height = _WIDTH, 190
    step = width / max(1, len(bars))
    lines: list[Markup] = []
    for index, bar in enumerate(bars):
        left = index * step + 1
        if bar.length is None:
            lines.append(tag("rect", class_="hatch", x=left, y=height - 8.5, width=step - 2, height=8))
            continue
        tall = max(1.5, bar.length * (height - 24)) if bar.length > 0 else 0.0
        lines.append(tag("rect", class_=bar.colour, x=left, y=height - tall, width=step - 2, height=tall))
        if bar.length > 0 and len(bars) <= _LABELLED_BINS:
            lines.append(tag("text", bar.text, class_="quiet mid", x=left + step / 2 - 1, y=height - tall - 6))
    lines.append(tag("line", class_="axis", x1=0, y1=height + 0.5, x2=width, y2=height + 0.5))
    lines.append(tag("text", low, class_="quiet", x=0, y=height + 18))
    lines.append(tag("text", high, class_="quiet end", x=width, y=height + 18))
    return drawing(title, width, height + 26, lines)


def drawing(title: str, width: float, height: float, lines: Sequence[Markup]) -> Markup:
    """An SVG with a title for those who do not see it."""
    return tag("svg", tag("title", title), *lines, role="img", viewBox=f"0 0 {width:g} {height:g}", aria_label=title)


def legend(entries: Sequence[tuple[str, str]]) -> list[Markup]:
    """Squares with names, in one line at the top; `entries` are name and class."""
    lines: list[Markup] = []
    for index, (name, colour) in enumerate(entries):
        left = index * 150
        lines.append(tag("rect", class_=colour, x=left, y=4, width=12, height=12, rx=2))
        lines.append(tag("text", name, class_="quiet", x=left + 19, y=14))
    return lines


def cut(label: str, letters: int = _LABEL_LETTERS) -> str:
    """A label that fits its place; the table beside the chart has the whole one."""
    return label if len(label) <= letters else label[: letters - 1] + "…"
