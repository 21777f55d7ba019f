"""Until when a run looks at purchases: the day that recency, lapses and forecasts are counted from.

Rules: a day that is asked for counts to its end, in UTC, and what happened later is not handed to the step. Without one it is
the moment of the run, but where transactions end long before that (an old export, a feed that stopped) it is the end of the day
of the newest one: else everybody would look as if they had stopped buying. "Long" is a week at least, and three times the
longest time without any transaction in the last year of the data. What was taken stands in the step's summary.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.step_adapter import Computed, StepInputs

AS_OF = "as_of"
ASKED, OF_THE_RUN, NEWEST = "asked", "run", "newest_transaction"
_ZONE = pa.timestamp("us", "UTC")
_DAY_US = 86_400_000_000
_QUIET_DAYS, _QUIET_TIMES = 7, 3
_YEAR_DAYS, _FEWEST_DAYS = 365, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingBack:
    """Options of every step that counts back.

    Attributes:
        as_of: the last day that is looked at; None for the moment of the run, or the newest transaction where the data are old.
    """

    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Until when purchases are looked at, and how that was decided: `asked`, `run` or `newest_transaction`."""

    until: datetime
    origin: str

    def noted(self, found: Computed) -> Computed:
        """What a step found, with this in its summary and its report."""
        said = {AS_OF: self.until.date().isoformat(), f"{AS_OF}_from": self.origin}
        return replace(found, summary={**found.summary, **said}, report={**found.report, **said})


def observed(inputs: StepInputs) -> tuple[StepInputs, Observation]:
    """The inputs up to the end of the observation, without the option, and what that end is.

    Raises:
        RunFailureError: INVALID_OPTIONS, the option is no date, or lies before the first transaction or after the run.
    """
    times = _times(inputs)
    given = inputs.options.get(AS_OF)
    found = _found(inputs, times) if given is None else _asked(given, inputs, times)
    options = {name: value for name, value in inputs.options.items() if name != AS_OF}
    transactions = inputs.transactions
    if transactions is not None and times is not None:
        transactions = transactions.filter(pc.less_equal(times, pa.scalar(found.until, _ZONE)))
    return replace(inputs, options=options, transactions=transactions, as_of=found.until), found


def _times(inputs: StepInputs) -> pa.ChunkedArray | None:
    table = inputs.transactions
    if table is None or "time" not in table.column_names:
        return None
    return table.column("time").cast(_ZONE, safe=False)


def _asked(given: object, inputs: StepInputs, times: pa.ChunkedArray | None) -> Observation:
    try:
        day = date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != given:
        raise _refused("must be a date such as 2026-01-31")
    if day > inputs.as_of.date():
        raise _refused("lies after the moment of the run")
    first = None if times is None else pc.min(times).as_py()
    if first is not None and day < first.date():
        raise _refused("lies before the first transaction that the run reads")
    return Observation(until=min(_end_of(day), inputs.as_of), origin=ASKED)


def _found(inputs: StepInputs, times: pa.ChunkedArray | None) -> Observation:
    """The moment of the run, or the newest transaction's day if nothing has happened for much longer than ever before."""
    of_the_run = Observation(until=inputs.as_of, origin=OF_THE_RUN)
    if times is None:
        return of_the_run
    past = pc.drop_null(times).filter(pc.less_equal(pc.drop_null(times), pa.scalar(inputs.as_of, _ZONE)))
    days = np.unique(past.cast(pa.int64()).to_numpy() // _DAY_US)
    days = days[days >= days[-1] - _YEAR_DAYS] if len(days) else days
    if len(days) < _FEWEST_DAYS:
        return of_the_run
    newest = date(1970, 1, 1) + timedelta(days=int(days[-1]))
    quiet = (inputs.as_of.date() - newest).days
    if quiet <= max(_QUIET_DAYS, _QUIET_TIMES * int(np.diff(days).max())):
        return of_the_run
    return Observation(until=_end_of(newest), origin=NEWEST)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)


def _refused(problem: str) -> RunFailureError:
    return RunFailureError("INVALID_OPTIONS", f"the option {AS_OF!r} {problem}")
