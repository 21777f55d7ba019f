"""What the whole file shows before any row is judged: domains, spellings, date order, gender letters, swapped names."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from analysis_worker.steps.correct.countries import country_code
from analysis_worker.steps.correct.dates import DateBounds, DateOrder
from analysis_worker.steps.correct.emails import DomainEvidence
from analysis_worker.steps.correct.genders import GenderForms
from analysis_worker.steps.correct.name_case import CaseEvidence
from analysis_worker.steps.correct.name_order import heard
from analysis_worker.steps.correct.names import plain_names
from analysis_worker.steps.correct.options import CorrectOptions
from analysis_worker.steps.correct.people import Person, people, value_counts
from analysis_worker.steps.correct.places import PlaceEvidence
from analysis_worker.steps.correct.same_person import SamePerson
from analysis_worker.steps.correct.swaps import Names, SwapEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One run's evidence; every rule that looks beyond its own row looks here."""

    domains: DomainEvidence
    case: CaseEvidence
    dates: DateOrder
    genders: GenderForms
    swaps: SwapEvidence
    same: SamePerson
    places: PlaceEvidence
    countries: list[str | None]


def own_country(person: Person) -> str | None:
    """Return the customer's first country that is known or can be read."""
    return next((code for address in person.addresses if (code := country_code(address.country or ""))), None)


def _counts(table: pa.Table, *names: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for name in names:
        if name in table.column_names:
            found.update(value_counts(table.column(name)))
    return found


def gather(table: pa.Table, options: CorrectOptions) -> Evidence:
    """Read the file once and decide what it shows."""
    bounds = DateBounds(earliest=date(options.as_of.year - options.max_age_years, 1, 1), latest=options.as_of)
    births: Counter[tuple[str, str | None]] = Counter()
    genders = set(_counts(table, "gender"))
    names: set[Names] = set()
    countries: list[str | None] = []
    spellings: Counter[str] = Counter()
    places = PlaceEvidence()
    emails = _counts(table, "emails")
    same = SamePerson(emails, _counts(table, "phones"))
    for person in people(table, options.slice_rows):
        country = own_country(person)
        countries.append(country)
        given, family, full = plain_names(person, country)
        spellings.update(name for name in (given, family, full) if name)
        same.see(person, given, family, country)
        for address in person.addresses:
            places.see(address)
        if "birth_date" in person.unparsed:
            births[person.unparsed["birth_date"], country] += 1
        if "gender" in person.unparsed:
            genders.add(person.unparsed["gender"])
        if given and family:
            names.add((given, family, heard(given, family, full, person.emails)))
    places.settle()
    return Evidence(
        domains=DomainEvidence(emails),
        case=CaseEvidence(spellings),
        dates=DateOrder(births, bounds),
        genders=GenderForms(genders),
        swaps=SwapEvidence(names),
        same=same,
        places=places,
        countries=countries,
    )
