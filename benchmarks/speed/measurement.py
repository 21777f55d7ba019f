"""What one measurement is, and how it is repeated.

The median of several runs is reported: on a machine that others use too, a mean follows the worst run and a minimum the
luckiest.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """`rows` pieces of work took `seconds` (median of the runs)."""

    name: str
    rows: int
    seconds: float
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A peer that could not be measured here, and why."""

    name: str
    reason: str


Outcome = Measurement | Unavailable


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    return timed_result(work)[0]


def timed_result(work: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds that `work` takes, and what it returns."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def median_of(name: str, rows: int, seconds: list[float]) -> Measurement:
    """Sum up the runs of one measurement.

    Raises:
        ValueError: no run, or no rows.
    """
    if not seconds or rows < 1:
        raise ValueError("a measurement needs at least one run of at least one row")
    middle = statistics.median(seconds)
    return Measurement(name=name, rows=rows, seconds=middle, per_second=rows / middle)
