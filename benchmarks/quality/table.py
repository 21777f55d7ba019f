"""Reads the flat figures of the quality modules as lines of one table: what, ours, peer, at least or at most, reached or not.

A module's `measure()` names a figure and what belongs to it in one of two ways: `impute.telco.nrmse.ours` beside `.peer`,
`.floor`, `.ceiling`, `.ok`; or `mine_s` beside `mine_s_peer`, `mine_s_floor`, `mine_s_ok`. A figure without `ok` is shown and
not judged. Which side of the limit is the right one follows from the verdict and the two numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

Figures = Mapping[str, object]
_PARTS = ("ours", "peer", "floor", "ceiling", "ok")
_FLAT_PEERS = ("mlxtend", "efficient_apriori", "lifetimes", "kmeans")
_WIDTHS = (46, 12, 12, 18)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLine:
    """One figure.

    Attributes:
        step: step of the analysis.
        what: the figure.
        ours, peer: measured; None where there is none, a text such as "not available" where it could not be.
        beside: the same of peers that are named one by one.
        limit: "at least 0.99", "" for none.
        ok: whether the limit is reached; None if there is none.
    """

    step: str
    what: str
    ours: object
    peer: object = None
    beside: Mapping[str, object] = field(default_factory=dict)
    limit: str = ""
    ok: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFigures:
    """What one module measured, in a process of its own: figures, seconds, peak memory; or why there are none."""

    step: str
    figures: Figures
    seconds: float = 0.0
    peak_mb: float = 0.0
    problem: str = ""


def lines_of(measured: StepFigures) -> tuple[QualityLine, ...]:
    """Figures as lines, in the order in which they were measured; each belongs to one line only."""
    grouped: dict[str, dict[str, object]] = {}
    for key, value in measured.figures.items():
        base, part = _split(key, measured.figures)
        grouped.setdefault(base, {})[part] = value
    return tuple(_line(measured.step, base, parts) for base, parts in grouped.items())


def _split(key: str, figures: Figures) -> tuple[str, str]:
    base, _, last = key.rpartition(".")
    if last in _PARTS or f"{base}.ours" in figures:
        return base, last
    for part in (*_PARTS, *_FLAT_PEERS):
        base = key.removesuffix(f"_{part}")
        if base != key and base in figures:
            return base, part
    return key, "ours"


def _line(step: str, base: str, parts: Mapping[str, object]) -> QualityLine:
    ok = parts.get("ok")
    verdict = ok if isinstance(ok, bool) else None
    ours = parts.get("ours")
    return QualityLine(
        step=step,
        what=base.removeprefix(f"{step}."),
        ours=ours,
        peer=parts.get("peer"),
        beside={name: value for name, value in parts.items() if name not in _PARTS},
        limit=_limit(ours, parts, verdict),
        ok=verdict,
    )


def _limit(ours: object, parts: Mapping[str, object], ok: bool | None) -> str:  # noqa: FBT001 - a verdict, not a switch
    floor, ceiling = parts.get("floor"), parts.get("ceiling")
    if floor is None and ceiling is None:
        return ""
    if floor is not None and ceiling is not None:
        return f"{text_of(floor)} to {text_of(ceiling)}"
    bound = floor if ceiling is None else ceiling
    if not isinstance(ours, int | float) or not isinstance(bound, int | float) or ours == bound:
        return text_of(bound)
    at_least = (ours > bound) == bool(ok)
    return f"{'at least' if at_least else 'at most'} {text_of(bound)}"


def text_of(value: object) -> str:
    """A figure in at most four significant digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def render(measured: Sequence[StepFigures]) -> Iterator[str]:
    """The table, step by step; what is judged and missed says MISSED."""
    yield _row("what", "ours", "peer", "must be", "")
    for one in measured:
        about = one.problem or f"{one.seconds:.1f} s, {one.peak_mb:,.0f} MB"
        yield f"\n{one.step} ({about})"
        for line in lines_of(one):
            mark = "" if line.ok is None else "ok" if line.ok else "MISSED"
            yield _row(f"  {line.what}", text_of(line.ours), text_of(line.peer), line.limit, mark)
            for name, value in line.beside.items():
                yield _row(f"      {name.replace('_', ' ')}", "", text_of(value), "", "")


def _row(what: str, ours: str, peer: str, limit: str, mark: str) -> str:
    first, second, third, fourth = _WIDTHS
    return f"{what:<{first}}{ours:>{second}}{peer:>{third}}  {limit:<{fourth}}{mark}".rstrip()


def failures(measured: Sequence[StepFigures]) -> tuple[str, ...]:
    """Lines that miss their limit, and modules that could not measure."""
    missed = [f"{line.step}: {line.what}" for one in measured for line in lines_of(one) if line.ok is False]
    return (*(f"{one.step}: {one.problem}" for one in measured if one.problem), *missed)


def as_json(measured: Sequence[StepFigures]) -> dict[str, object]:
    """What `quality.json` holds: every line, every step's seconds and peak memory, and what failed."""
    return {
        "format": "strongroom.quality.v1",
        "steps": [
            {"step": one.step, "seconds": one.seconds, "peak_mb": one.peak_mb, "problem": one.problem} for one in measured
        ],
        "lines": [asdict(line) for one in measured for line in lines_of(one)],
        "failures": list(failures(measured)),
    }
