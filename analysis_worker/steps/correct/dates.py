"""Birth dates that no strict parser took: other orders, separators and month names.

Rules: a date that does not exist stays unparsed; a date with two readings is read only in the order that the rest of the
column shows (the values with a day above 12), the customers of the same country first; a two-digit year only where one
century is possible; dates that systems write for "unknown" are nobody's birthday.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from analysis_worker.steps.correct.ages import PLACEHOLDER_DATES, age_on
from analysis_worker.steps.correct.proposal import Change

_MONTHS = """
january stycznia styczeń januar januari janvier enero gennaio janeiro jan
february lutego luty februar februari fevrier février febrero febbraio fevereiro feb fév
march marca marzec märz maerz maart mars marzo março mar mrz mrt
april kwietnia kwiecień avril abril aprile apr avr abr
may maja maj mai mei mayo maggio maio
june czerwca czerwiec juni juin junio giugno junho jun
july lipca lipiec juli juillet julio luglio julho jul
august sierpnia sierpień augustus août aout agosto aug ago
september września wrzesień septembre septiembre settembre setembro sep sept
october października październik oktober octobre octubre ottobre outubro oct okt
november listopada listopad novembre noviembre novembro nov
december grudnia grudzień dezember desember décembre decembre diciembre dicembre dezembro dec dez dic déc
"""
_MONTH_OF = {
    name: number for number, names in enumerate("|".join(_MONTHS.strip().splitlines()).split("|"), 1) for name in names.split()
}
_TIME = re.compile(r"[T ]00:00(:00(\.0+)?)?(Z|\+00:00)?$")
_NUMERIC = re.compile(r"(\d{1,4})\s*([./\- ])\s*(\d{1,2})\s*\2\s*(\d{1,4})")
_SERIAL = re.compile(r"\d{4,5}")
_DAY_ZERO_OF_SPREADSHEETS = date(1899, 12, 30)
_COMPACT = re.compile(r"\d{8}")
_NAMED_DAY_FIRST = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)?[\s\-/.,]*(?:de\s+|of\s+)?([^\W\d_]{3,})\.?[\s\-/.,]*(?:de\s+)?(\d{4})"
)
_NAMED_MONTH_FIRST = re.compile(r"([^\W\d_]{3,})\.?[\s\-/.]*(\d{1,2})(?:st|nd|rd|th)?[\s\-/.,]+(\d{4})")
_MAX_LENGTH = 40
_MIN_SHOWN = 3
_AGREEMENT = 0.95
# Unicode CLDR: short dates; the lands under American rule or custom, and those whose people write both ways.
_MONTH_FIRST = frozenset({"US", "PR", "GU", "VI", "AS", "MP", "FM", "MH", "PW"})
_BOTH_ORDERS = frozenset({"CA", "PH", "ZA", "KE", "GH", "PA", "MY", "SO", "TG"})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateBounds:
    """Birth dates outside `earliest`..`latest` are not believed."""

    earliest: date
    latest: date

    def day(self, year: int, month: int, day: int) -> date | None:
        try:
            found = date(year, month, day)
        except ValueError:
            return None
        return found if self.earliest <= found <= self.latest else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What a text may mean; `separator` names the layout whose order the column can show."""

    separator: str = ""
    day_first: date | None = None
    month_first: date | None = None
    certain: date | None = None


class DateOrder:
    """The order, day or month first, that a column's unambiguous dates show, per separator and country.

    A country whose customers show too little is read as the whole column is, but never against what its people are used to;
    where the column has both orders, each country's own where that is how the column's customers write.
    """

    def __init__(self, texts: Mapping[tuple[str, str | None], int], bounds: DateBounds) -> None:
        self._bounds = bounds
        self._shown: dict[tuple[str, str | None], Counter[str]] = {}
        self._as_used_to: Counter[bool] = Counter()
        for (text, country), times in texts.items():
            found = read(text, bounds)
            if found is None or found.certain:
                continue
            if (found.day_first is None) != (found.month_first is None):
                order = "day" if found.day_first else "month"
                for group in {country, None}:
                    self._shown.setdefault((found.separator, group), Counter())[order] += times
                if usual := _usual_order(country):
                    self._as_used_to[order == usual] += times

    def order(self, separator: str, country: str | None) -> str | None:
        """Return `day` or `month`, whichever the country's customers show, else the whole column, else None."""
        own = self._shown.get((separator, country), Counter[str]())
        if own.total() >= _MIN_SHOWN:
            return _agreed(own)
        usual = _usual_order(country)
        column = _agreed(self._shown.get((separator, None), Counter[str]()))
        if usual is None or column == usual:
            return column
        return usual if not own.keys() - {usual} and _agreed(self._as_used_to) else None

    def change(self, text: str, country: str | None = None, stated_age: int | None = None) -> Change | None:
        """Return the ISO date that `text` means, None when it means none or two; a stated age confirms a day number."""
        change = self._change(text, country) or _serial(text.strip(), stated_age, self._bounds)
        return None if change is None or date.fromisoformat(change.after) in PLACEHOLDER_DATES else change

    def _change(self, text: str, country: str | None) -> Change | None:
        found = read(text, self._bounds)
        if found is None:
            return None
        if found.certain:
            return Change(rule="date.form", after=found.certain.isoformat(), confidence=0.98)
        readings = {reading for reading in (found.day_first, found.month_first) if reading}
        if len(readings) == 1:
            return Change(rule="date.only_reading", after=readings.pop().isoformat(), confidence=0.93)
        order = self.order(found.separator, country)
        if order is None or not readings:
            return None
        chosen = found.day_first if order == "day" else found.month_first
        return Change(rule="date.column_order", after=chosen.isoformat(), confidence=0.9) if chosen else None


def _usual_order(country: str | None) -> str | None:
    """Return the order that people of the country are used to, None where it is not known or they use both."""
    if country is None or country in _BOTH_ORDERS:
        return None
    return "month" if country in _MONTH_FIRST else "day"


def _agreed(shown: Counter[_T]) -> _T | None:
    """Return what nearly all of enough dates show."""
    most, times = next(iter(shown.most_common(1)), (None, 0))
    return most if times >= _MIN_SHOWN and times >= _AGREEMENT * shown.total() else None


def _serial(text: str, stated_age: int | None, bounds: DateBounds) -> Change | None:
    """The day that a spreadsheet's number of days means, where the stated age says the same."""
    if stated_age is None or not _SERIAL.fullmatch(text):
        return None
    found = _DAY_ZERO_OF_SPREADSHEETS + timedelta(days=int(text))
    if bounds.day(found.year, found.month, found.day) is None:
        return None
    agrees = abs(age_on(found, bounds.latest) - stated_age) <= 1
    return Change(rule="date.serial", after=found.isoformat(), confidence=0.95) if agrees else None


def read(text: str, bounds: DateBounds) -> Readings | None:
    """Return every reading of `text` within the bounds, None when it is no date."""
    stripped = _TIME.sub("", text.strip())
    if len(text) > _MAX_LENGTH or not stripped:
        return None
    return _named(stripped, bounds) or _compact(stripped, bounds) or _numeric(stripped, bounds)


def _named(text: str, bounds: DateBounds) -> Readings | None:
    day_first, month_first = _NAMED_DAY_FIRST.fullmatch(text), _NAMED_MONTH_FIRST.fullmatch(text)
    if day_first:
        day, name, year = day_first.groups()
    elif month_first:
        name, day, year = month_first.groups()
    else:
        return None
    month = _MONTH_OF.get(name.lower())
    return Readings(certain=bounds.day(int(year), month, int(day))) if month else None


def _compact(text: str, bounds: DateBounds) -> Readings | None:
    if not _COMPACT.fullmatch(text):
        return None
    year_first = bounds.day(int(text[:4]), int(text[4:6]), int(text[6:]))
    other = _both_orders(int(text[:2]), int(text[2:4]), int(text[4:]), "", bounds)
    if year_first and not (other.day_first or other.month_first):
        return Readings(certain=year_first)
    return None if year_first else other


def _numeric(text: str, bounds: DateBounds) -> Readings | None:
    match = _NUMERIC.fullmatch(text)
    if not match:
        return None
    first, separator, second, third = match.groups()
    if len(first) == 4 and len(third) <= 2:  # noqa: PLR2004 - a year of four digits leads
        return Readings(certain=bounds.day(int(first), int(second), int(third)))
    if len(first) > 2 or len(third) == 3 or len(third) == 1:  # noqa: PLR2004 - a day or month has two digits at most
        return None
    year = int(third) if len(third) == 4 else _century(int(third), bounds)  # noqa: PLR2004 - as above
    return _both_orders(int(first), int(second), year, separator, bounds) if year else None


def _century(short: int, bounds: DateBounds) -> int | None:
    # A number up to 31 may be a day as well, so the order of the three parts is open.
    if short <= 31:  # noqa: PLR2004 - the longest month
        return None
    years: Iterable[int] = (century + short for century in (1800, 1900, 2000))
    possible = [year for year in years if bounds.earliest.year <= year <= bounds.latest.year]
    return possible[0] if len(possible) == 1 else None


def _both_orders(first: int, second: int, year: int, separator: str, bounds: DateBounds) -> Readings:
    return Readings(separator=separator, day_first=bounds.day(year, second, first), month_first=bounds.day(year, first, second))
