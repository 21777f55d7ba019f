"""The correct step: every rule over every row, one proposal per field at most.

Rules: precision first, a value that may be right stays; rules that need another field read it as it will be once corrected
(a phone by the corrected country, an age by the date just read), so applying all proposals and running again yields none.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

import pyarrow as pa

from analysis_worker.steps.correct.ages import age_change, age_text_change, parse_iso
from analysis_worker.steps.correct.countries import country_change, country_code
from analysis_worker.steps.correct.encoding import encoding_change
from analysis_worker.steps.correct.evidence import Evidence, gather, own_country
from analysis_worker.steps.correct.languages import language_change
from analysis_worker.steps.correct.name_case import name_change
from analysis_worker.steps.correct.name_order import CONFIRMED, Said, heard
from analysis_worker.steps.correct.names import plain_names, readable, then
from analysis_worker.steps.correct.options import CorrectOptions
from analysis_worker.steps.correct.outliers import outliers
from analysis_worker.steps.correct.people import Address, Person, people
from analysis_worker.steps.correct.phones import phone_change
from analysis_worker.steps.correct.postcodes import postcode_change
from analysis_worker.steps.correct.proposal import Change, CorrectResult, Proposal, to_result
from analysis_worker.steps.correct.totals import wrong_totals

Found = tuple[str, str, Change]
# Birth dates of one person that differ by less give the same age, give or take what the tolerance allows.
_HALF_A_YEAR = timedelta(days=183)


def correct(table: pa.Table, options: CorrectOptions, transactions: pa.Table | None = None) -> CorrectResult:
    """Propose corrections of a table of customers and of the totals of their transactions.

    Args:
        table: One row per customer: `row_id` and any of the columns `people.INPUT_FIELDS`, `income_minor`,
            `income_currency` and `attributes.*`.
        options: The day to judge by and the tenant's default region.
        transactions: See `totals.wrong_totals`; None where there are none.

    Returns:
        Proposals ordered by row, then field, and counts per rule.
    """
    evidence = gather(table, options)
    rules = _Rules(evidence, options)
    found = [
        Proposal(position=person.position, field=field, before=before, change=change)
        for person in people(table, options.slice_rows)
        for field, before, change in rules.of(person)
    ]
    found += outliers(table, evidence.countries)
    if transactions is not None and transactions.num_rows:
        found += wrong_totals(transactions, table.column("row_id"))
    return to_result(found, table.column("row_id"))


class _Rules:
    """The rules bound to one file's evidence; remembers answers, because values repeat."""

    def __init__(self, evidence: Evidence, options: CorrectOptions) -> None:
        self._evidence = evidence
        self._options = options
        self._name = lru_cache(maxsize=100_000)(lambda name, kind: name_change(name, evidence.case, kind=kind))
        self._postcode = lru_cache(maxsize=100_000)(postcode_change)

    def of(self, person: Person) -> Iterator[Found]:
        country = own_country(person)
        yield from self._names(person, country)
        yield from self._gender(person)
        yield from self._birth_and_age(person, country)
        if person.language:
            yield from _one("language", person.language, language_change(person.language))
        elif "language" in person.unparsed:
            yield from _one("language", person.unparsed["language"], language_change(person.unparsed["language"]))
        yield from self._emails(person)
        yield from self._phones(person)
        yield from self._addresses(person)

    def _names(self, person: Person, country: str | None) -> Iterator[Found]:
        given, family, full = plain_names(person, country)
        if person.full_name:
            yield from _one("full_name", person.full_name, self._proper(person.full_name, "full", country))
        row = heard(given, family, full, person.emails) if given and family else CONFIRMED
        if person.given_name and person.family_name and self._evidence.swaps.is_swapped(given, family, row):
            confidence = 0.95 if row.said is Said.SWAPPED else 0.85
            yield "given_name", person.given_name, self._exchanged(family, "given", confidence)
            yield "family_name", person.family_name, self._exchanged(given, "family", confidence)
            return
        if person.given_name:
            change = self._proper(person.given_name, "given", country) or self._longer(person, given, family, country)
            yield from _one("given_name", person.given_name, change)
        if person.family_name:
            yield from _one("family_name", person.family_name, self._proper(person.family_name, "family", country))

    def _proper(self, name: str, kind: str, country: str | None) -> Change | None:
        read = readable(name, kind, country)
        return then(read.change, read.text, lambda text: self._name(text, kind))

    def _longer(self, person: Person, given: str, family: str, country: str | None) -> Change | None:
        """The name that the given one is short for, where exactly one is known of the person: an alternative, not an error.

        Of two people in one household one may be called what the other is called for short, so the birth dates must agree.
        """
        birth = self._birth(person.birth_date or person.unparsed.get("birth_date", ""), country)
        names = {
            change.after if (change := self._name(other.given_name, "given")) else other.given_name
            for other in self._evidence.same.longer_names(person, given, family)
            if birth is not None and self._birth(other.birth_text, other.country) == birth
        }
        return Change(rule="name.nickname", after=names.pop(), confidence=0.6) if len(names) == 1 else None

    def _birth(self, text: str, country: str | None) -> str | None:
        if parse_iso(text):
            return text
        change = self._evidence.dates.change(text, country) if text else None
        return change.after if change else None

    def _exchanged(self, name: str, kind: str, confidence: float) -> Change:
        cased = self._name(name, kind)
        return Change(rule="name.swapped", after=cased.after if cased else name, confidence=confidence)

    def _gender(self, person: Person) -> Iterator[Found]:
        text = person.gender or person.unparsed.get("gender")
        if text:
            yield from _one("gender", text, self._evidence.genders.change(text))

    def _birth_and_age(self, person: Person, country: str | None) -> Iterator[Found]:
        birth, text = person.birth_date, person.unparsed.get("birth_date")
        if birth is None and text is not None:
            change = self._evidence.dates.change(text, country, person.stated_age)
            birth = change.after if change else None
            yield from _one("birth_date", text, change)
        age_text = str(person.stated_age) if person.stated_age is not None else person.unparsed.get("stated_age")
        if age_text is None:
            return
        if person.stated_age is not None:
            sure = birth is not None and self._is_confirmed(person, birth, country)
            change = age_change(person.stated_age, birth, self._options, sure=sure)
        else:
            change = age_text_change(age_text, birth, self._options)
        if change is not None and birth is not None and self._is_disputed(person, birth, country):
            return
        yield from _one("stated_age", age_text, change)

    def _is_confirmed(self, person: Person, birth: str, country: str | None) -> bool:
        """Say whether another row of the person, or the year in an address, agrees with the birth date."""
        boxes = (email.partition("@")[0] for email in person.emails)
        return any(re.fullmatch(rf"\D*(?:{birth[:4]}|{birth[2:4]})", box) for box in boxes) or birth in set(
            self._other_births(person, country)
        )

    def _is_disputed(self, person: Person, birth: str, country: str | None) -> bool:
        """Say whether another row of the person gives another birth date: then it is not the age that is known to be wrong."""
        own = parse_iso(birth)
        others = (parse_iso(other) for other in self._other_births(person, country))
        return any(own and other and abs(own - other) > _HALF_A_YEAR for other in others)

    def _other_births(self, person: Person, country: str | None) -> Iterator[str]:
        for text, its_country in self._evidence.same.birth_texts(person, plain_names(person, country)[0]):
            birth = self._birth(text, its_country)
            if birth is not None:
                yield birth

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
            for part in ("street", "line2", "city", "region"):
                text = getattr(address, part)
                if text:
                    yield from _one(f"{path}.{part}", text, encoding_change(text))
            if address.country:
                yield from _one(f"{path}.country", address.country, country_change(address.country))
            form = None
            if address.postal_code:
                code = country_code(address.country or "")
                form = self._postcode(address.postal_code, code, address.region)
                yield from _one(f"{path}.postal_code", address.postal_code, form)
            yield from self._contradiction(path, address, form)

    def _contradiction(self, path: str, address: Address, form: Change | None) -> Iterator[Found]:
        found = self._evidence.places.changes(address)
        if found is not None and (found[0] == "city" or form is None):
            part, change = found
            yield f"{path}.{part}", getattr(address, part), change


def _one(field: str, before: str, change: Change | None) -> Iterator[Found]:
    if change is not None and change.after != before:
        yield field, before, change
