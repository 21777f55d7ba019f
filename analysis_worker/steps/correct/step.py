"""The correct step: every rule over every row, one proposal per field at most.

Rules: precision first, a value that may be right stays; rules that need another field read it as it will be once corrected
(a phone by the corrected country, an age by the date just read), so applying all proposals and running again yields none.
"""

from collections.abc import Iterator
from functools import lru_cache

import pyarrow as pa

from analysis_worker.steps.correct.ages import age_change, age_text_change
from analysis_worker.steps.correct.countries import country_change, country_code
from analysis_worker.steps.correct.evidence import Evidence, gather, own_country
from analysis_worker.steps.correct.name_case import name_change
from analysis_worker.steps.correct.options import CorrectOptions
from analysis_worker.steps.correct.people import Person, people
from analysis_worker.steps.correct.phones import phone_change
from analysis_worker.steps.correct.postcodes import postcode_change
from analysis_worker.steps.correct.proposal import Change, CorrectResult, Proposal, to_result
from analysis_worker.steps.correct.swaps import Support, support

Found = tuple[str, str, Change]


def correct(table: pa.Table, options: CorrectOptions) -> CorrectResult:
    """Propose corrections of a table of customers.

    Args:
        table: One row per customer: `row_id` and any of the columns `people.INPUT_FIELDS`.
        options: The day to judge by and the tenant's default region.

    Returns:
        Proposals ordered by row, then field, and counts per rule.
    """
    evidence = gather(table, options)
    rules = _Rules(evidence, options)
    found = (
        Proposal(position=person.position, field=field, before=before, change=change)
        for person in people(table, options.slice_rows)
        for field, before, change in rules.of(person)
    )
    return to_result(found, table.column("row_id"))


class _Rules:
    """The rules bound to one file's evidence; remembers answers, because values repeat."""

    def __init__(self, evidence: Evidence, options: CorrectOptions) -> None:
        self._evidence = evidence
        self._options = options
        self._name = lru_cache(maxsize=100_000)(lambda name, kind: name_change(name, evidence.case, kind=kind))
        self._postcode = lru_cache(maxsize=100_000)(postcode_change)

    def of(self, person: Person) -> Iterator[Found]:
        yield from self._names(person)
        yield from self._gender(person)
        yield from self._birth_and_age(person)
        yield from self._emails(person)
        yield from self._phones(person)
        yield from self._addresses(person)

    def _names(self, person: Person) -> Iterator[Found]:
        given, family = person.given_name, person.family_name
        if person.full_name:
            yield from _one("full_name", person.full_name, self._name(person.full_name, "full"))
        said = support(given, family, person.full_name, person.emails) if given and family else Support.AS_IS
        if given and family and self._evidence.swaps.is_swapped(given, family, said):
            confidence = 0.95 if said is Support.SWAPPED else 0.85
            yield "given_name", given, self._exchanged(family, "given", confidence)
            yield "family_name", family, self._exchanged(given, "family", confidence)
            return
        if given:
            yield from _one("given_name", given, self._name(given, "given"))
        if family:
            yield from _one("family_name", family, self._name(family, "family"))

    def _exchanged(self, name: str, kind: str, confidence: float) -> Change:
        cased = self._name(name, kind)
        return Change(rule="name.swapped", after=cased.after if cased else name, confidence=confidence)

    def _gender(self, person: Person) -> Iterator[Found]:
        text = person.gender or person.unparsed.get("gender")
        if text:
            yield from _one("gender", text, self._evidence.genders.change(text))

    def _birth_and_age(self, person: Person) -> Iterator[Found]:
        birth, text = person.birth_date, person.unparsed.get("birth_date")
        if birth is None and text is not None:
            change = self._evidence.dates.change(text, own_country(person))
            birth = change.after if change else None
            yield from _one("birth_date", text, change)
        if person.stated_age is not None:
            yield from _one("stated_age", str(person.stated_age), age_change(person.stated_age, birth, self._options))
            return
        age_text = person.unparsed.get("stated_age")
        if age_text is not None:
            yield from _one("stated_age", age_text, age_text_change(age_text, birth, self._options))

    def _emails(self, person: Person) -> Iterator[Found]:
        for index, email in enumerate(person.emails):
            yield from _one(f"emails[{index}]", email, self._evidence.domains.change(email))

    def _phones(self, person: Person) -> Iterator[Found]:
        own = tuple(dict.fromkeys(code for address in person.addresses if (code := country_code(address.country or ""))))
        for index, phone in enumerate(person.phones):
            yield from _one(f"phones[{index}]", phone, phone_change(phone, own, self._options.default_region))

    def _addresses(self, person: Person) -> Iterator[Found]:
        for index, address in enumerate(person.addresses):
            path = f"addresses[{index}]"
            if address.country:
                yield from _one(f"{path}.country", address.country, country_change(address.country))
            if address.postal_code:
                code = country_code(address.country or "")
                change = self._postcode(address.postal_code, code, address.region)
                yield from _one(f"{path}.postal_code", address.postal_code, change)


def _one(field: str, before: str, change: Change | None) -> Iterator[Found]:
    if change is not None and change.after != before:
        yield field, before, change
