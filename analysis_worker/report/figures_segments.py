"""Figures of the segments as they may be shown: sizes, profiles, and a map on which like segments are near each other.

Rules: as in `figures`; a feature that fewer than ten customers of a segment have says nothing about the segment, and a value
that fewer than ten customers have at all is not named.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis_worker.report.model import ProfileLine, SegmentEntry, Segments
from analysis_worker.report.suppression import (
    ABSENT,
    NAME_LENGTH,
    SMALLEST_GROUP,
    Count,
    Share,
    count,
    merge_small,
    near,
    number,
    share,
    short,
    significant,
    words,
)
from analysis_worker.report.wording import amount_words, column_words

_FEWEST_ON_MAP = 3
_COMPLEMENT = "false"  # says what `true` says


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """One feature of a segment beside all customers, as text."""

    feature: str
    value: str
    overall: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """One segment, or several small ones together (without a profile): `segments` of them."""

    name: str
    customers: Count
    share: Share
    profile: tuple[ProfileRow, ...]
    segments: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPoint:
    """A segment on the map: place in -1..1, share of the customers 0..1 for its size."""

    name: str
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFigures:
    """Segmentation in figures."""

    structured: bool
    reason: str
    silhouette: float | None
    stability: float | None
    rows: tuple[SegmentRow, ...]
    map: tuple[MapPoint, ...]


def segment_figures(found: Segments, most: int, lines: int) -> SegmentFigures:
    """At most `most` segments with `lines` lines of profile each; small segments are put together."""
    groups = merge_small(sorted(found.entries, key=lambda e: (-e.customers, e.name)), lambda e: e.customers, most)
    names = distinct([e.name for e in groups.shown])
    rows = [
        _segment(name, e.customers, found.customers, _profile(e, found.customers, lines))
        for name, e in zip(names, groups.shown, strict=True)
    ]
    if groups.merged:
        name = f"{len(groups.merged)} smaller segments together" if len(groups.merged) > 1 else "one small segment"
        together = _segment(name, sum(e.customers for e in groups.merged), found.customers, ())
        rows.append(replace(together, segments=len(groups.merged)))
    return SegmentFigures(
        structured=found.structured,
        reason=words(found.reason),
        silhouette=significant(found.silhouette),
        stability=significant(found.stability),
        rows=tuple(rows),
        map=segment_map(groups.shown, names, found.customers),
    )


def _segment(name: str, customers: int, total: int, profile: tuple[ProfileRow, ...]) -> SegmentRow:
    return SegmentRow(name=name, customers=count(customers), share=share(customers, total), profile=profile)


def _profile(entry: SegmentEntry, customers: int, most: int) -> tuple[ProfileRow, ...]:
    told = [one for one in entry.profile if one.level != _COMPLEMENT and _may_be_told(one, entry.customers, customers)]
    ranked = sorted(told, key=lambda p: -abs(apart(p)))
    # Of a category the level that is most over-represented, else the strongest: two levels of one say nearly the same.
    spoken = sorted(ranked, key=lambda p: bool(p.level) and apart(p) < 0)
    chosen = {one.feature: one for one in reversed(spoken)}
    strongest = [one for one in ranked if chosen[one.feature] is one][:most]
    return tuple(_profile_row(line, entry.customers, customers) for line in strongest)


def _may_be_told(line: ProfileLine, inside: int, customers: int) -> bool:
    if line.level:
        return (line.overall or 0.0) * customers >= SMALLEST_GROUP
    known = 1.0 - (line.missing or 0.0)
    return known * inside >= SMALLEST_GROUP


def _profile_row(line: ProfileLine, inside: int, customers: int) -> ProfileRow:
    if not line.level:
        unit = short(line.unit) if line.unit else ""
        here, overall = (
            amount_words(number(v), unit) if significant(v) is not None else ABSENT for v in (line.value, line.overall)
        )
        return ProfileRow(feature=column_words(line.feature), value=here, overall=overall)
    return ProfileRow(
        feature=short(f"{column_words(line.feature)}: {'yes' if line.level == 'true' else line.level}"),
        value=_level_share(line.value, inside),
        overall=_level_share(line.overall, customers),
    )


def _level_share(part: float | None, customers: int) -> str:
    known = significant(part)
    return ABSENT if known is None else share(round(known * customers), customers).text


def apart(line: ProfileLine) -> float:
    """How far a segment's feature is from all customers, -1..1, whatever its unit: sorts a profile, places a segment."""
    value, overall = line.value, line.overall
    if value is None or overall is None or not math.isfinite(value - overall):
        return 0.0
    if line.level:
        return value - overall
    widest = max(abs(value), abs(overall))
    return (value - overall) / widest / 2 if widest else 0.0


def distinct(names: Sequence[str]) -> list[str]:
    """Names as they are shown; a number where two of them look alike when they are cut."""
    shown: list[str] = []
    for name in names:
        fits, number = short(name), 1
        while fits in shown:
            number += 1
            fits = f"{short(name, NAME_LENGTH - 5)} ({number})"
        shown.append(fits)
    return shown


def segment_map(entries: Sequence[SegmentEntry], labels: Sequence[str], customers: int) -> tuple[MapPoint, ...]:
    """The segments' profiles in two dimensions: principal components of how they differ, weighted by size (Pearson 1901)."""
    names = sorted({(line.feature, line.level) for entry in entries for line in entry.profile})
    if len(entries) < _FEWEST_ON_MAP or not names or not customers:
        return ()
    place = {name: index for index, name in enumerate(names)}
    apartness = np.zeros((len(entries), len(names)))
    for row, entry in enumerate(entries):
        for line in entry.profile:
            apartness[row, place[line.feature, line.level]] = apart(line)
    weight = np.array([max(0, entry.customers) for entry in entries], np.float64)
    centred = apartness - np.average(apartness, axis=0, weights=weight)
    left, strength, _ = np.linalg.svd(centred * np.sqrt(weight)[:, None], full_matrices=False)
    spots = np.zeros((len(entries), 2))
    found = (left * strength)[:, :2] / np.sqrt(weight)[:, None]
    spots[:, : found.shape[1]] = found
    spots *= np.where(spots[np.argmax(np.abs(spots), axis=0), [0, 1]] < 0, -1.0, 1.0)
    reach = float(np.abs(spots).max()) or 1.0
    return tuple(
        MapPoint(
            name=label,
            x=round(float(x / reach), 3),
            y=round(float(y / reach), 3),
            size=round(near(e.customers) / customers, 3),
        )
        for e, label, (x, y) in zip(entries, labels, spots.tolist(), strict=True)
    )
