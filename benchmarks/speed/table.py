"""The speed table: every figure beside its yardstick, with the ratio and whether it reaches what was promised.

Ratios are "higher is better" throughout. What has to stay below something (memory, a response time) is turned round:
allowed over used. `bench.json` holds the same lines for machines.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.speed.measurement import Measurement, Unavailable

_HEADINGS = ("work", "rate", "unit", "yardstick", "ratio", "at least", "aim", "ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLine:
    """One figure. `ok` is None where nothing was promised; a rate of None means that it could not be measured here."""

    work: str
    rate: float | None
    unit: str
    yardstick: str
    ratio: float | None
    at_least: float | None
    aim: float | None
    ok: bool | None


def compare(
    measured: Measurement,
    yardstick: Measurement,
    *,
    unit: str = "records/s",
    at_least: float | None = None,
    aim: float | None = None,
) -> TableLine:
    """Set a measured rate beside its yardstick's."""
    ratio = measured.per_second / yardstick.per_second
    return TableLine(
        work=measured.name,
        rate=measured.per_second,
        unit=unit,
        yardstick=yardstick.name,
        ratio=ratio,
        at_least=at_least,
        aim=aim,
        ok=None if at_least is None else ratio >= at_least,
    )


def within(work: str, used: float, unit: str, *, allowed: float, aimed: float) -> TableLine:
    """Set something that must stay small beside what is allowed: the ratio is allowed over used, at least 1."""
    ratio = allowed / used
    return TableLine(
        work=work,
        rate=used,
        unit=unit,
        yardstick=f"{allowed:g} {unit} allowed",
        ratio=ratio,
        at_least=1.0,
        aim=allowed / aimed,
        ok=ratio >= 1.0,
    )


def missing(absent: Unavailable) -> TableLine:
    return TableLine(
        work=absent.name,
        rate=None,
        unit="",
        yardstick=absent.reason,
        ratio=None,
        at_least=None,
        aim=None,
        ok=None,
    )


def render(lines: Sequence[TableLine]) -> str:
    """Return the aligned table; numbers stand to the right."""
    cells = [_HEADINGS, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEADINGS))]
    ruled = [cells[0], tuple("-" * width for width in widths), *cells[1:]]
    return "\n".join(_aligned(row, widths) for row in ruled)


def write_json(lines: Sequence[TableLine], path: Path) -> None:
    path.write_text(json.dumps([asdict(line) for line in lines], indent=2) + "\n", encoding="utf-8")


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    to_the_right = {1, 4, 5, 6}
    parts = [
        cell.rjust(width) if column in to_the_right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(parts).rstrip()


def _cells(line: TableLine) -> tuple[str, ...]:
    verdict = {None: "", True: "yes", False: "NO"}[line.ok]
    rate = "-" if line.rate is None else f"{line.rate:,.0f}"
    return (line.work, rate, line.unit, line.yardstick, _ratio(line.ratio), _ratio(line.at_least), _ratio(line.aim), verdict)


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"
