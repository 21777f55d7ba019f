"""Charts with two axes as inline SVG: calibration, expected beside made, the map of segments.

Rules: as in `charts`: a title for a screen reader, text for every axis, shape and place speak beside colour; a share that may
only be bounded is drawn hollow at its bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from analysis_worker.report.charts import Bar, cut, drawing, legend, wrapped
from analysis_worker.report.markup import Markup, tag

_WIDTH, _HEIGHT = 470, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 61, 28, 18, 58
_TICKS = 5
_ROW = 50
_LABEL = 88
_LARGEST_RADIUS = 44.0
_LEGEND_LETTERS = 40
_APART = 20.0
_MAP_HEIGHT = 250
_MAP_STEPS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A point: predicted and observed share, 0..1; `hollow` when the share is only a bound."""

    x: float
    y: float
    hollow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """A labelled circle: place in -1..1, area 0..1."""

    label: str
    x: float
    y: float
    size: float


def calibration(title: str, points: Sequence[Point]) -> Markup:
    """Predicted against observed, with the line on which both are equal; both axes end at the same round share."""
    reach = max((max(p.x, p.y) for p in points), default=1.0)
    end = next((one for one in (0.05, 0.1, 0.25, 0.5) if reach <= one), 1.0)
    wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    lines: list[Markup] = []
    for tick in range(_TICKS + 1):
        share = end * tick / _TICKS
        x, y = _LEFT + wide * tick / _TICKS, _TOP + tall * (1 - tick / _TICKS)
        lines.append(tag("line", class_="grid", x1=_LEFT, y1=y, x2=_LEFT + wide, y2=y))
        lines.append(tag("text", f"{100 * share:g}%", class_="quiet end", x=_LEFT - 7, y=y + 4))
        lines.append(tag("text", f"{100 * share:g}%", class_="quiet mid", x=x, y=_TOP + tall + 25))
    lines.append(tag("line", class_="ideal", x1=_LEFT, y1=_TOP + tall, x2=_LEFT + wide, y2=_TOP))
    spots = [(_LEFT + wide * min(1.0, p.x / end), _TOP + tall * (1 - min(1.0, p.y / end)), p.hollow) for p in points]
    for (x1, y1, _), (x2, y2, _) in pairwise(spots):
        lines.append(tag("line", class_="path", x1=x1, y1=y1, x2=x2, y2=y2))
    lines.extend(tag("circle", class_="hollow" if h else "dot", cx=x, cy=y, r=5) for x, y, h in spots)
    lines.append(tag("text", "predicted", class_="quiet end", x=_LEFT + wide, y=_HEIGHT - 8))
    lines.append(tag("text", "came true", class_="quiet", x=_LEFT + 6, y=_TOP + 12))
    return drawing(title, _WIDTH, _HEIGHT, lines)


def paired_bars(title: str, first: str, second: str, rows: Sequence[tuple[Bar, Bar]]) -> Markup:
    """Two bars a row, one under the other; `first` and `second` name them in the legend."""
    lines = list(legend(((first, "bar"), (second, "second"))))
    track = _WIDTH - _LABEL - 70
    for index, (one, other) in enumerate(rows):
        top = 34 + index * _ROW
        lines.append(tag("text", cut(one.label, 9), x=0, y=top + 25))
        for offset, bar in ((0, one), (19, other)):
            colour = "bar" if offset == 0 else "second"
            width = max(2.0, (bar.length or 0.0) * track)
            lines.append(tag("rect", class_=colour, x=_LABEL, y=top + offset + 2, width=width, height=12, rx=2))
            lines.append(tag("text", bar.text, class_="quiet", x=_LABEL + width + 7, y=top + offset + 13))
    return drawing(title, _WIDTH, 36 + len(rows) * _ROW, lines)


def bubble_map(title: str, bubbles: Sequence[Bubble]) -> Markup:
    """Circles whose area is a share; near ones are alike. Numbers in the circles, names in the legend below."""
    wide, tall, margin = _WIDTH, _MAP_HEIGHT, 52
    lines = [
        tag("line", class_="grid", x1=0, y1=tall / 2, x2=wide, y2=tall / 2),
        tag("line", class_="grid", x1=wide / 2, y1=0, x2=wide / 2, y2=tall),
    ]
    numbered = list(enumerate(bubbles, start=1))
    placed: list[tuple[float, float]] = []
    names: list[Markup] = []
    for number, bubble in sorted(numbered, key=lambda one: -one[1].size):
        x, y = wide / 2 + bubble.x * (wide / 2 - margin), tall / 2 - bubble.y * (tall / 2 - margin)
        radius = max(11.0, _LARGEST_RADIUS * min(1.0, bubble.size * 2) ** 0.5)
        lines.append(tag("circle", class_="bubble", cx=x, cy=y, r=radius))
        spot = _free(x, y + 5, placed)
        placed.append(spot)
        names.append(tag("text", str(number), class_="mid strong", x=spot[0], y=spot[1]))
    lines.extend(names)
    top = tall + 22.0
    for number, bubble in numbered:
        for row, part in enumerate(wrapped(bubble.label, _LEGEND_LETTERS)):
            lines.append(tag("text", part if row else f"{number}  {part}", class_="quiet", x=26 if row else 0, y=top))
            top += 22
    return drawing(title, wide, top - 8, lines)


def _free(x: float, y: float, placed: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The spot, or the nearest one on a grid around it that is inside the map and that no other number covers."""
    steps = range(-_MAP_STEPS, _MAP_STEPS + 1)
    for across, down in sorted(((a, b) for a in steps for b in steps), key=lambda one: (one[0] ** 2 + one[1] ** 2, one)):
        spot = (x + across * _APART, y + down * _APART)
        inside = _APART <= spot[0] <= _WIDTH - _APART and _APART <= spot[1] <= _MAP_HEIGHT - _APART / 2
        if inside and all(abs(spot[0] - a) >= _APART or abs(spot[1] - b) >= _APART for a, b in placed):
            return spot
    return x, y
