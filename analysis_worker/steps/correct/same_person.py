"""Other rows of the same person, found by a shared address or number: what they say against a row, or beside it.

Rules: a shared contact alone proves nothing (families share it), the given names must agree as well; contacts that many rows
share are nobody's own. Only rows with a repeated contact are kept in memory.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis_worker.steps.correct.nearness import one_slip
from analysis_worker.steps.correct.nicknames import may_be_short_for
from analysis_worker.steps.correct.people import Person

_MOST_ROWS = 8
_PHONE_DIGITS = 8
_MIN_PHONE_DIGITS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One row that shares a contact with another."""

    position: int
    given_name: str
    given: str
    family: str
    birth_text: str
    country: str | None


class SamePerson:
    """Rows by their repeated contacts; `see` every row once, then ask."""

    def __init__(self, emails: Mapping[str, int], phones: Mapping[str, int]) -> None:
        counts: Counter[str] = Counter()
        for text, times in emails.items():
            counts[_email_key(text)] += times
        for text, times in phones.items():
            counts[_phone_key(text)] += times
        counts.pop("", None)
        self._repeated = frozenset(key for key, count in counts.items() if 1 < count <= _MOST_ROWS)
        self._seen: defaultdict[str, list[Sighting]] = defaultdict(list)

    def see(self, person: Person, given_name: str, family_name: str, country: str | None) -> None:
        for key in self._keys(person):
            self._seen[key].append(
                Sighting(
                    position=person.position,
                    given_name=given_name,
                    given=_folded(given_name),
                    family=_folded(family_name),
                    birth_text=person.birth_date or person.unparsed.get("birth_date", ""),
                    country=country,
                )
            )

    def birth_texts(self, person: Person, given_name: str) -> Iterator[tuple[str, str | None]]:
        """Birth dates as other rows of the person write them, each with the row's country."""
        own = _folded(given_name)
        for other in self._others(person):
            if other.birth_text and _agree(own, other):
                yield other.birth_text, other.country

    def longer_names(self, person: Person, given_name: str, family_name: str) -> Iterator[Sighting]:
        """Rows with the same contact and family name whose given name this row's is short for."""
        short, family = _folded(given_name), _folded(family_name)
        for other in self._others(person):
            same_family = family and (other.family == family or one_slip(other.family, family))
            if same_family and may_be_short_for(short, other.given):
                yield other

    def _others(self, person: Person) -> Iterator[Sighting]:
        for key in self._keys(person):
            yield from (other for other in self._seen[key] if other.position != person.position)

    def _keys(self, person: Person) -> Iterable[str]:
        keys = {*map(_email_key, person.emails), *map(_phone_key, person.phones)}
        return sorted(key for key in keys if key in self._repeated)


def _agree(given: str, other: Sighting) -> bool:
    """Say whether the given names can be one person's; a name in the family's place counts, because rows swap them."""
    theirs = other.given
    if not given or not theirs:
        return True
    initial = given.rstrip(".")[0] == theirs[0] and 1 in (len(given.rstrip(".")), len(theirs.rstrip(".")))
    short = may_be_short_for(given, theirs) or may_be_short_for(theirs, given)
    return given in (theirs, other.family) or one_slip(given, theirs) or initial or short


def _folded(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ł", "l"))
    return "".join(char for char in letters if not unicodedata.combining(char)).strip()


def _email_key(text: str) -> str:
    key = text.strip().lower()
    return key if "@" in key else ""


def _phone_key(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits[-_PHONE_DIGITS:] if len(digits) >= _MIN_PHONE_DIGITS else ""
