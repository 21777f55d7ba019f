"""A stated age against the birth date: the date is a fact, the age was true on the day somebody typed it.

Rules: dates that systems write for "unknown" prove nothing; a difference within the tolerance is no error; a difference of
whole decades may as well be a slip in the year of birth, so nothing is said unless something else confirms that year.
"""

import re
from datetime import date

from analysis_worker.steps.correct.options import CorrectOptions
from analysis_worker.steps.correct.proposal import Change

# What forms and databases store when nobody gave a birth date.
PLACEHOLDER_DATES = frozenset(
    {date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1), date(2000, 1, 1), date(1899, 12, 30), date(1899, 12, 31)}
)


def age_on(birth: date, day: date) -> int:
    """Return completed years; somebody born on 29 February turns a year older on 1 March of common years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def parse_iso(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def age_change(stated: int | None, birth_text: str | None, options: CorrectOptions, *, sure: bool = False) -> Change | None:
    """Return the age that the birth date gives where the stated one is out of tolerance.

    `sure` says that more than one source has the birth date.
    """
    birth = parse_iso(birth_text)
    if stated is None or birth is None or birth in PLACEHOLDER_DATES or birth > options.as_of:
        return None
    age = age_on(birth, options.as_of)
    difference = abs(age - stated)
    if age > options.max_age_years or difference <= options.age_tolerance_years:
        return None
    if difference % 10 == 0 and not sure and stated <= options.max_age_years:
        return None
    return Change(rule="age.birth_date", after=str(age), confidence=0.9)


_NUMBER = re.compile(r"-?\d{1,6}")
_IMPOSSIBLE_AGE = 1_000
_WRITTEN_AGE = re.compile(
    r"(?:aged?\s*:?\s*)?(\d{1,3})(?:[.,]0+)?\s*(?:y|yo|y/o|yrs?\.?|years?(?:\s+old)?|jahre|ans|años|jaar)?", re.IGNORECASE
)


def age_text_change(text: str, birth_text: str | None, options: CorrectOptions) -> Change | None:
    """Return the number in an age written as text (`42 years`), or the birth date's where that is out of tolerance.

    An impossible number (-1, 999) is only replaced where the birth date says by what.
    """
    match = _WRITTEN_AGE.fullmatch(text.strip())
    if match is None or int(match.group(1)) > options.max_age_years:
        return age_change(_IMPOSSIBLE_AGE, birth_text, options) if _NUMBER.fullmatch(text.strip()) else None
    better = age_change(int(match.group(1)), birth_text, options)
    return better or Change(rule="age.form", after=str(int(match.group(1))), confidence=0.95)
