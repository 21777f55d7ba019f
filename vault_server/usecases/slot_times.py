"""When recurring work is due, by an interval or by a cron line: arithmetic on slots, without a clock.

Cron lines have five fields (minute, hour, day of the month, month, day of the week; Sunday is 0 and 7), each `*`, numbers,
names, ranges and steps in lists. If both days are restricted, either of them is enough, as POSIX says. All times are UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from vault_server.errors import InvalidArgumentError
from vault_server.usecases.schedule_slots import due_slot, next_slot

_US = 1_000_000
_DAYS_LOOKED_AT = 366 * 8 + 1  # a 29th of February can be eight years away
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_NAMES: tuple[dict[str, int], ...] = (
    {},
    {},
    {},
    {name: number for number, name in enumerate(_MONTHS, start=1)},
    {name: number for number, name in enumerate(_DAYS)},
)


class Timing(Protocol):
    """When work is due."""

    def due(self, last_us: int | None, now_us: int) -> int | None:
        """The slot to begin now, or None; `last_us` is the newest slot that was begun."""
        ...

    def next(self, last_us: int | None, now_us: int) -> int | None:
        """The slot that is due next, None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Slots a whole number of intervals apart, the first as soon as it is seen."""

    interval_us: int

    def due(self, last_us: int | None, now_us: int) -> int | None:
        return due_slot(last_us, self.interval_us, now_us)

    def next(self, last_us: int | None, now_us: int) -> int | None:
        return next_slot(last_us, self.interval_us, now_us)


@dataclass(frozen=True, slots=True)
class At:
    """The minutes of a cron line, behind the moment at which it was set. Of those that were missed the newest is due."""

    times: CronTimes
    set_us: int

    def due(self, last_us: int | None, now_us: int) -> int | None:
        newest = self.times.newest(now_us)
        begun = max(last_us or 0, self.set_us)
        return newest if newest is not None and newest > begun else None

    def next(self, last_us: int | None, now_us: int) -> int | None:
        due = self.due(last_us, now_us)
        return now_us if due is not None else self.times.first_behind(now_us)


@dataclass(frozen=True, slots=True)
class CronTimes:
    """A cron line, understood."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool

    def newest(self, now_us: int) -> int | None:
        """The newest slot that is not in the future."""
        now = _moment(now_us)
        for ago in range(_DAYS_LOOKED_AT):
            found = [slot for slot in self._slots_of(now.date() - timedelta(days=ago)) if slot <= now]
            if found:
                return _micros(found[-1])
        return None

    def first_behind(self, now_us: int) -> int | None:
        """The first slot in the future."""
        now = _moment(now_us)
        for ahead in range(_DAYS_LOOKED_AT):
            for slot in self._slots_of(now.date() + timedelta(days=ahead)):
                if slot > now:
                    return _micros(slot)
        return None

    def _slots_of(self, day: date) -> Iterator[datetime]:
        if day.month not in self.months or not self._has(day):
            return
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)

    def _has(self, day: date) -> bool:
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (of_month or of_week) if self.either_day else (of_month and of_week)


@lru_cache(maxsize=1024)
def cron_times(line: str) -> CronTimes:
    """Understand a cron line.

    Raises:
        InvalidArgumentError: INVALID_CRON; the message names the field.
    """
    parts = line.split()
    if len(parts) != len(_FIELDS):
        raise _invalid(f"a cron line has five fields: {', '.join(_FIELDS)}")
    minutes, hours, days, months, weekdays = (_numbers(place, text.lower()) for place, text in enumerate(parts))
    times = CronTimes(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        either_day=not parts[2].startswith("*") and not parts[4].startswith("*"),
    )
    if times.first_behind(0) is None:
        raise _invalid("there is no such day in any year")
    return times


def _numbers(place: int, text: str) -> frozenset[int]:
    return frozenset(number for item in text.split(",") for number in _item(place, item))


def _item(place: int, item: str) -> range:
    low, high = _RANGES[place]
    span, slash, step_text = item.partition("/")
    step = _number(place, step_text, 1, high) if slash else 1
    if span == "*":
        return range(low, high + 1, step)
    first_text, dash, last_text = span.partition("-")
    first = _number(place, first_text, low, high)
    last = _number(place, last_text, low, high) if dash else high if slash else first
    if last < first:
        raise _invalid(f"the range of the {_FIELDS[place]} is backwards")
    return range(first, last + 1, step)


def _number(place: int, text: str, low: int, high: int) -> int:
    number = _NAMES[place].get(text)
    if number is None and text.isascii() and text.isdigit() and len(text) <= len("59"):
        number = int(text)
    if number is None or not low <= number <= high:
        raise _invalid(f"the {_FIELDS[place]} must be {low} to {high}, `*`, or lists, ranges and steps of these")
    return number


def _moment(time_us: int) -> datetime:
    return datetime.fromtimestamp(time_us // _US, tz=UTC)


def _micros(moment: datetime) -> int:
    return int(moment.timestamp()) * _US


def _invalid(message: str) -> InvalidArgumentError:
    return InvalidArgumentError(message, reason="INVALID_CRON", metadata={"field": "schedule.cron"})
