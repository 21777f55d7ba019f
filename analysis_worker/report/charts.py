"""Charts as inline SVG with text in them: nothing to load, nothing to run, readable by a screen reader through title and text.

Rules: every chart is `role=img` with a <title>; colour never speaks alone, each bar has its label and figure as text; a hidden
count is drawn as a dashed stub, so that its height tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis_worker.report.markup import Markup, tag

_ROW = 41
_WIDTH = 470
_LETTER = 10.4  # of the widest font that the page asks for, at the size it has on a phone
_GAP = 14
_LINE = 19
_LABELLED_BINS = 8  # with more, figures would overlap; the table of the chart has them
_LEGEND = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: label, the figure as text, length 0..1 (None: not to be shown), a class for its colour, and what is added to it.

    `added` is the length of a second part, in the second colour.
    """

    label: str
    text: str
    length: float | None
    colour: str = "bar"
    added: float = 0.0


def bar_chart(title: str, bars: Sequence[Bar], *, track: bool = False, names: Sequence[tuple[str, str]] = ()) -> Markup:
    """Horizontal bars, each under its label and figure; `track` draws the full length behind, `names` explain the colours."""
    top = float(_LEGEND if names else 0)
    lines: list[Markup] = list(legend(names))
    for bar in bars:
        label = wrapped(bar.label, round((_WIDTH - _GAP - len(bar.text) * _LETTER) / _LETTER))
        lines.extend(_bar(bar, label, top, track=track))
        top += _ROW + (len(label) - 1) * _LINE
    return drawing(title, _WIDTH, top + 2, lines)


def _bar(bar: Bar, label: Sequence[str], top: float, *, track: bool) -> list[Markup]:
    lines = [tag("text", line, x=0, y=top + 16 + number * _LINE) for number, line in enumerate(label)]
    lines.append(tag("text", bar.text, class_="quiet end", x=_WIDTH, y=top + 16))
    top += 22 + (len(label) - 1) * _LINE
    if track:
        lines.append(tag("rect", class_="track", x=0, y=top, width=_WIDTH, height=11, rx=3))
    if bar.length is None:
        lines.append(tag("rect", class_="hatch", x=0.5, y=top + 0.5, width=18, height=10, rx=3))
        return lines
    width = max(2.0, bar.length * _WIDTH) if bar.length > 0 else 0.0
    lines.append(tag("rect", class_=bar.colour, x=0, y=top, width=width, height=11, rx=min(3.0, width / 2)))
    if bar.added > 0:
        more = max(2.0, min(bar.added, 1.0 - bar.length) * _WIDTH)
        lines.append(tag("rect", class_="second", x=width, y=top, width=more, height=11, rx=min(3.0, more / 2)))
    return lines


def column_bars(title: str, bars: Sequence[Bar], mark: tuple[float, str] | None = None) -> Markup:
    """Upright bars apart from each other with label below and figure above; `mark` is a dashed height and what it means."""
    width, height = _WIDTH, 210
    step = width / max(1, len(bars))
    shapes: list[Markup] = []
    texts: list[Markup] = []
    for index, bar in enumerate(bars):
        left, middle = index * step + step * 0.14, index * step + step / 2
        if bar.length is None:
            shapes.append(tag("rect", class_="hatch", x=left, y=height - 8.5, width=step * 0.72, height=8))
        else:
            tall = max(1.5, bar.length * (height - 30)) if bar.length > 0 else 0.0
            shapes.append(tag("rect", class_=bar.colour, x=left, y=height - tall, width=step * 0.72, height=tall, rx=2))
            texts.append(tag("text", bar.text, class_="quiet mid", x=middle, y=height - tall - 6))
        texts.append(tag("text", bar.label, class_="quiet mid", x=middle, y=height + 19))
    if mark is not None:
        level = height - mark[0] * (height - 30)
        shapes.append(tag("line", class_="ideal", x1=0, y1=level, x2=width, y2=level))
        key = width - len(mark[1]) * _LETTER
        shapes.append(tag("line", class_="ideal", x1=key - 30, y1=12, x2=key - 6, y2=12))
        texts.append(tag("text", mark[1], class_="quiet", x=key, y=18))
    lines = shapes + texts
    lines.append(tag("line", class_="axis", x1=0, y1=height + 0.5, x2=width, y2=height + 0.5))
    return drawing(title, width, height + 28, lines)


def histogram(title: str, bars: Sequence[Bar], ends: tuple[str, str], names: Sequence[tuple[str, str]] = ()) -> Markup:
    """Upright bars that touch, for a score; `ends` label the axis, `names` explain colours, a dashed line parts two of them."""
    width, height, top = _WIDTH, 190, _LEGEND if names else 0
    step, floor = width / max(1, len(bars)), height + top
    lines: list[Markup] = list(legend(names))
    for index, bar in enumerate(bars):
        left = index * step + 1
        if index and names and bar.colour != bars[index - 1].colour:
            lines.append(tag("line", class_="ideal", x1=left - 1, y1=top + 6, x2=left - 1, y2=floor))
        if bar.length is None:
            lines.append(tag("rect", class_="hatch", x=left, y=floor - 8.5, width=step - 2, height=8))
            continue
        tall = max(1.5, bar.length * (height - 24)) if bar.length > 0 else 0.0
        lines.append(tag("rect", class_=bar.colour, x=left, y=floor - tall, width=step - 2, height=tall))
        if bar.length > 0 and len(bars) <= _LABELLED_BINS:
            lines.append(tag("text", bar.text, class_="quiet mid", x=left + step / 2 - 1, y=floor - tall - 6))
    lines.append(tag("line", class_="axis", x1=0, y1=floor + 0.5, x2=width, y2=floor + 0.5))
    lines.append(tag("text", ends[0], class_="quiet", x=0, y=floor + 20))
    lines.append(tag("text", ends[1], class_="quiet end", x=width, y=floor + 20))
    return drawing(title, width, floor + 28, lines)


def drawing(title: str, width: float, height: float, lines: Sequence[Markup]) -> Markup:
    """An SVG with a title for those who do not see it."""
    return tag("svg", tag("title", title), *lines, role="img", viewBox=f"0 0 {width:g} {height:g}", aria_label=title)


def legend(entries: Sequence[tuple[str, str]]) -> list[Markup]:
    """Squares with names, in one line at the top; `entries` are name and class."""
    lines: list[Markup] = []
    for index, (name, colour) in enumerate(entries):
        left = index * 150
        lines.append(tag("rect", class_=colour, x=left, y=6, width=12, height=12, rx=2))
        lines.append(tag("text", name, class_="quiet", x=left + 19, y=17))
    return lines


def wrapped(label: str, letters: int) -> tuple[str, ...]:
    """A label in one line or two; the table beside the chart has the whole one."""
    if len(label) <= letters:
        return (label,)
    split = label.rfind(" ", 0, letters + 1)
    if split <= 0:
        return (cut(label, letters),)
    return label[:split], cut(label[split + 1 :], letters)


def cut(label: str, letters: int) -> str:
    """A label that fits its place; the table beside the chart has the whole one."""
    return label if len(label) <= letters else label[: letters - 1] + "…"
