"""The errors of a neglected CRM, each with the rate at which a row suffers it.

An error is a function of a row and a stream of randomness. `CLERK_ERRORS` befall any row; `REPEAT_ERRORS` are why a second
row of the same person looks different. Rates are for `mess=1.0`, guessed from what address-quality vendors publish and
meant to be hard but not absurd.
"""

import random
from collections.abc import Callable
from datetime import date, timedelta

from benchmarks.generator.countries import Country
from benchmarks.generator.people import ascii_word
from benchmarks.generator.rows import DirtyRow
from benchmarks.generator.truth import ErrorKind
from benchmarks.generator.typing_slips import misspell, misspell_domain, slip_digit
from benchmarks.generator.words import NICKNAMES

Damage = Callable[[DirtyRow, random.Random], None]

_PLACEHOLDERS = ("n/a", "N/A", "unknown", "-", "null", "none", "?", "xxx", "TBD")
_IMPOSSIBLE_DATES = (
    "31/02/1980",
    "1975-13-05",
    "00/00/0000",
    "1968-00-01",
    "30.02.1991",
    "1852-00-01",
    "31/11/1999",
    "99/99/9999",
)
_DEFAULT_DATES = ("01/01/1900", "1900-01-01", "01.01.1970")
# The prefix for calls abroad, where it is not 00.
_ABROAD = {"AU": "0011 "}
_ABSURD_AGES = ("0", "199", "-1", "999", "150")
_GENDER_FORMS = {"female": ("F", "f", "Female", "Frau", "Mrs", "woman", "w"), "male": ("M", "m", "Male", "Herr", "Mr", "man")}
_STREET_SHORT = {
    "Road": "Rd", "Street": "St", "Avenue": "Ave", "Lane": "Ln", "Drive": "Dr", "Close": "Cl", "Boulevard": "Blvd",
    "Court": "Ct", "straße": "str.", "straat": "str.", "avenue": "av.", "boulevard": "bd", "Calle": "C/", "Avenida": "Avda.",
    "Plaza": "Pza.", "Crescent": "Cres", "Parkway": "Pkwy", "place": "pl.", "platz": "pl.",
}  # fmt: skip


def _country(row: DirtyRow) -> Country:
    return row.person.country


def _name_case(row: DirtyRow, rng: random.Random) -> None:
    change = str.upper if rng.random() < 0.6 else str.lower
    for name in ("first_name", "last_name"):
        row.damage(name, change(row.cells[name]), ErrorKind.NAME_CASE)


def _lost_accents(row: DirtyRow, _rng: random.Random) -> None:
    for name in ("first_name", "last_name"):
        value = row.cells[name]
        if not value.isascii():
            row.damage(name, ascii_word(value).title(), ErrorKind.LOST_ACCENTS)


def _email_domain(row: DirtyRow, rng: random.Random) -> None:
    local, at, domain = row.cells["email"].partition("@")
    if at and not domain.endswith(".example"):
        row.damage("email", f"{local}@{misspell_domain(domain, rng)}", ErrorKind.EMAIL_DOMAIN)


def _email_broken(row: DirtyRow, rng: random.Random) -> None:
    value = row.cells["email"]
    row.damage(
        "email",
        rng.choice((value.replace("@", ""), value.replace("@", " at "), value.replace(".", ",", 1))),
        ErrorKind.EMAIL_BROKEN,
    )


def _local_phones(row: DirtyRow, rng: random.Random) -> None:
    for name in ("phone", "mobile"):
        row.damage(name, local_phone(row.cells[name], _country(row), rng), ErrorKind.LOCAL_PHONE)


def local_phone(number: str, country: Country, rng: random.Random) -> str:
    """Write an E.164 number the way people of `country` do: trunk prefix, groups, or a 00 or (0) form."""
    national = number.removeprefix(f"+{country.dialling}")
    head, rest = national[: len(national) - 6], national[-6:]
    local = f"{country.trunk}{head}"
    if country.code == "US":
        area, exchange, line = national[:3], national[3:6], national[6:]
        return rng.choice((f"({area}) {exchange}-{line}", f"{area}-{exchange}-{line}", f"1-{area}-{exchange}-{line}", national))
    return rng.choice(
        (
            f"{local} {rest}",
            f"{local} {rest[:3]} {rest[3:]}",
            f"{local}/{rest}",
            f"{local}-{rest[:2]}-{rest[2:4]}-{rest[4:]}",
            f"{local}{rest}",
            f"{_ABROAD.get(country.code, '00')}{country.dialling} {head} {rest}",
            f"+{country.dialling} (0){head} {rest}" if country.trunk else f"+{country.dialling} {head} {rest[:3]} {rest[3:]}",
        ),
    )


def _two_phones(row: DirtyRow, rng: random.Random) -> None:
    both = rng.choice((" / ", "; ", " or ", ", ")).join((row.cells["phone"], row.cells["mobile"]))
    if row.cells["phone"] and row.cells["mobile"] and not {"phone", "mobile"} & row.errors.keys():
        row.damage("phone", both, ErrorKind.TWO_PHONES)
        row.damage("mobile", "", ErrorKind.TWO_PHONES)


def _date_form(row: DirtyRow, rng: random.Random) -> None:
    row.damage("birth_date", row.person.birth_date.strftime(rng.choice(_country(row).date_forms)), ErrorKind.DATE_FORM)


def _date_impossible(row: DirtyRow, rng: random.Random) -> None:
    row.damage("birth_date", rng.choice(_IMPOSSIBLE_DATES), ErrorKind.DATE_IMPOSSIBLE)


def _date_default(row: DirtyRow, rng: random.Random) -> None:
    row.damage("birth_date", rng.choice(_DEFAULT_DATES), ErrorKind.PLACEHOLDER)


def _wrong_age(row: DirtyRow, rng: random.Random) -> None:
    shifted = str(abs(int(row.cells["age"]) + rng.choice((-1, 1)) * rng.randint(5, 30)))
    row.damage("age", rng.choice(_ABSURD_AGES) if rng.random() < 0.25 else shifted, ErrorKind.WRONG_AGE)


def _gender_form(row: DirtyRow, rng: random.Random) -> None:
    row.damage("gender", rng.choice(_GENDER_FORMS[row.person.gender]), ErrorKind.GENDER_FORM)


def _country_form(row: DirtyRow, rng: random.Random) -> None:
    row.damage("country", rng.choice(_country(row).forms), ErrorKind.COUNTRY_FORM)


def _postcode_form(row: DirtyRow, rng: random.Random) -> None:
    value = row.cells["postcode"]
    squeezed = value.replace(" ", "").replace("-", "")
    prefixed = f"{_country(row).code[0]}-{value}"
    numeric = value.isdigit()
    forms = (
        (value.lstrip("0"), prefixed, f"{value[:2]} {value[2:]}") if numeric else (squeezed, value.lower(), squeezed.lower())
    )
    row.damage("postcode", rng.choice(forms), ErrorKind.POSTCODE_FORM)


def _street_form(row: DirtyRow, _rng: random.Random) -> None:
    street = row.cells["street"]
    for full, short in _STREET_SHORT.items():
        if full in street:
            row.damage("street", street.replace(full, short), ErrorKind.STREET_FORM)
            return


def _income_form(row: DirtyRow, rng: random.Random) -> None:
    amount = row.person.income
    currency = _country(row).currency
    forms = (f"{amount:,}", f"{amount / 1000:g}k", f"{currency} {amount}", f"{amount:,}".replace(",", ".") + f" {currency}")
    row.damage("income", rng.choice(forms), ErrorKind.INCOME_FORM)


def _placeholder(row: DirtyRow, rng: random.Random) -> None:
    name = rng.choice(
        ("email", "phone", "birth_date", "street", "city", "company", "job_title", "income", "gender", "last_name")
    )
    row.damage(name, rng.choice(_PLACEHOLDERS), ErrorKind.PLACEHOLDER)


def _typo(name: str) -> Damage:
    def damage(row: DirtyRow, rng: random.Random) -> None:
        row.damage(name, misspell(row.cells[name], rng), ErrorKind.TYPO)

    return damage


def _swapped_names(row: DirtyRow, _rng: random.Random) -> None:
    first, last = row.cells["first_name"], row.cells["last_name"]
    if not {"first_name", "last_name"} & row.errors.keys():
        row.damage("first_name", last, ErrorKind.SWAPPED_NAMES)
        row.damage("last_name", first, ErrorKind.SWAPPED_NAMES)


def _nickname(row: DirtyRow, rng: random.Random) -> None:
    short = NICKNAMES.get(row.cells["first_name"])
    if short:
        row.damage("first_name", rng.choice(short), ErrorKind.NICKNAME)


def _initial(row: DirtyRow, _rng: random.Random) -> None:
    row.damage("first_name", row.cells["first_name"][:1] + ".", ErrorKind.INITIAL)


def _other_email(row: DirtyRow, _rng: random.Random) -> None:
    row.damage("email", row.person.other_email, ErrorKind.OTHER_EMAIL)


def _phone_digit(row: DirtyRow, rng: random.Random) -> None:
    name = rng.choice(("phone", "mobile"))
    row.damage(name, slip_digit(row.cells[name], rng), ErrorKind.PHONE_DIGIT)


def _date_slip(row: DirtyRow, rng: random.Random) -> None:
    """Swap day and month where that is a date, or miss by one digit: still a valid date, only the wrong one."""
    born = row.person.birth_date
    swapped = date(born.year, born.day, born.month) if born.day <= 12 and born.day != born.month else None
    slipped = rng.choice(
        (born + timedelta(days=rng.choice((-10, -1, 1, 10))), born.replace(year=born.year - 10, day=min(born.day, 28)))
    )
    row.damage("birth_date", (swapped if swapped and rng.random() < 0.5 else slipped).isoformat(), ErrorKind.DATE_SLIP)


def moved(row: DirtyRow, street: str, city: str, region: str, postcode: str) -> None:
    """Put an old address into the row: right once, wrong now."""
    for name, value in (("street", street), ("city", city), ("region", region), ("postcode", postcode)):
        row.damage(name, value, ErrorKind.MOVED)


# Order matters where two errors want one cell: the first one gets it.
CLERK_ERRORS: tuple[tuple[float, Damage], ...] = (
    (0.05, _placeholder),
    (0.02, _date_impossible),
    (0.01, _date_default),
    (0.22, _date_form),
    (0.02, _swapped_names),
    (0.03, _typo("first_name")),
    (0.03, _typo("last_name")),
    (0.03, _typo("street")),
    (0.03, _typo("city")),
    (0.10, _name_case),
    (0.10, _lost_accents),
    (0.05, _email_domain),
    (0.02, _email_broken),
    (0.05, _two_phones),
    (0.55, _local_phones),
    (0.08, _wrong_age),
    (0.30, _gender_form),
    (0.40, _country_form),
    (0.15, _postcode_form),
    (0.25, _street_form),
    (0.10, _income_form),
)
REPEAT_ERRORS: tuple[tuple[float, Damage], ...] = (
    (0.22, _nickname),
    (0.08, _initial),
    (0.10, _swapped_names),
    (0.22, _typo("first_name")),
    (0.22, _typo("last_name")),
    (0.18, _typo("street")),
    (0.12, _typo("city")),
    (0.30, _other_email),
    (0.12, _typo("email")),
    (0.15, _phone_digit),
    (0.12, _date_slip),
)
MISSING_RATES: dict[str, float] = {
    "first_name": 0.01, "email": 0.08, "phone": 0.18, "mobile": 0.15, "birth_date": 0.12, "age": 0.25, "gender": 0.12,
    "street": 0.05, "city": 0.03, "region": 0.25, "postcode": 0.05, "country": 0.04, "job_title": 0.25, "income": 0.25,
    "currency": 0.10, "language": 0.15, "signup_channel": 0.12, "loyalty_tier": 0.15, "satisfaction": 0.25,
    "monthly_spend": 0.15, "newsletter": 0.10, "raffle_number": 0.15,
}  # fmt: skip


def dirty(row: DirtyRow, rng: random.Random, errors: tuple[tuple[float, Damage], ...], intensity: float) -> None:
    """Let each error befall `row` at its rate times `intensity`."""
    chance = rng.random
    for rate, damage in errors:
        if chance() < rate * intensity:
            damage(row, rng)


def empty_cells(row: DirtyRow, rng: random.Random, intensity: float) -> None:
    chance = rng.random
    for name, rate in MISSING_RATES.items():
        if chance() < rate * intensity:
            row.empty(name)
