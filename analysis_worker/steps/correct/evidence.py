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
from analysis_worker.steps.correct.options import CorrectOptions
from analysis_worker.steps.correct.people import Person, people, value_counts
from analysis_worker.steps.correct.swaps import Names, SwapEvidence, support


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One run's evidence; every rule that looks beyond its own row looks here."""

    domains: DomainEvidence
    case: CaseEvidence
    dates: DateOrder
    genders: GenderForms
    swaps: SwapEvidence


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
    for person in people(table, options.slice_rows):
        if "birth_date" in person.unparsed:
            births[person.unparsed["birth_date"], own_country(person)] += 1
        if "gender" in person.unparsed:
            genders.add(person.unparsed["gender"])
        if person.given_name and person.family_name:
            said = support(person.given_name, person.family_name, person.full_name, person.emails)
            names.add((person.given_name, person.family_name, said))
    return Evidence(
        domains=DomainEvidence(_counts(table, "emails")),
        case=CaseEvidence(_counts(table, "given_name", "family_name", "full_name")),
        dates=DateOrder(births, bounds),
        genders=GenderForms(genders),
        swaps=SwapEvidence(names),
    )
