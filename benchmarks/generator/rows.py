"""A person as one row of a CRM export, and the log of what is wrong with that row.

`DirtyRow` is the only way to damage a cell: it notes the clean value first, so truth cannot drift from the file. A cell is
damaged once at most, which keeps every error of one kind and makes precision and recall per kind well defined.
"""

from dataclasses import dataclass, field
from datetime import date

from benchmarks.generator.people import Person
from benchmarks.generator.truth import CellError, ErrorKind, MissingCell

CUSTOMER_COLUMNS: tuple[str, ...] = (
    "id", "first_name", "last_name", "email", "phone", "mobile", "birth_date", "age", "gender", "street", "city", "region",
    "postcode", "country", "company", "job_title", "income", "currency", "language", "signup_date", "signup_channel",
    "loyalty_tier", "satisfaction", "monthly_spend", "newsletter", "raffle_number",
)  # fmt: skip


def clean_cells(person: Person, row_id: str, as_of: date) -> dict[str, str]:
    """Return the row a careful clerk would have typed: E.164, ISO dates and codes, proper case."""
    return {
        "id": row_id,
        "first_name": person.given,
        "last_name": person.family,
        "email": person.email,
        "phone": person.phone,
        "mobile": person.mobile,
        "birth_date": person.birth_date.isoformat(),
        "age": str(age_on(person.birth_date, as_of)),
        "gender": person.gender,
        "street": person.street,
        "city": person.city.name,
        "region": person.city.region,
        "postcode": person.postcode,
        "country": person.country.code,
        "company": person.company,
        "job_title": person.job_title,
        "income": str(person.income),
        "currency": person.country.currency,
        "language": person.country.language,
        "signup_date": person.signup_date.isoformat(),
        "signup_channel": person.signup_channel,
        "loyalty_tier": person.loyalty_tier,
        "satisfaction": str(person.satisfaction),
        "monthly_spend": f"{person.monthly_spend:.2f}",
        "newsletter": "yes" if person.newsletter else "no",
        "raffle_number": str(person.raffle_number),
    }


def age_on(birth_date: date, day: date) -> int:
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


@dataclass(slots=True)
class DirtyRow:
    """One row under the clerk's hands: current cells and the truth of those that were damaged or emptied."""

    person: Person
    cells: dict[str, str]
    errors: dict[str, CellError] = field(default_factory=dict)
    missing: list[MissingCell] = field(default_factory=list)

    @property
    def row_id(self) -> str:
        return self.cells["id"]

    def damage(self, name: str, dirty: str, kind: ErrorKind) -> None:
        """Overwrite a cell; a change that changes nothing, or hits an empty or already damaged cell, is none."""
        clean = self.cells[name]
        if clean and dirty != clean and name not in self.errors:
            self.errors[name] = CellError(row=self.row_id, field=name, kind=kind, dirty=dirty, clean=clean)
            self.cells[name] = dirty

    def empty(self, name: str) -> None:
        """Empty an undamaged cell and remember what it said."""
        if self.cells[name] and name not in self.errors:
            self.missing.append(MissingCell(row=self.row_id, field=name, value=self.cells[name]))
            self.cells[name] = ""
