"""Real persons: who they are, before any clerk types them in.

Attributes depend on each other the way they do in a shop, so that a gap can be guessed from the rest: income follows age and
job, spend follows segment and income, the loyalty tier follows spend and years, satisfaction follows segment and tier,
the signup channel follows age. `raffle_number` follows nothing: no method should claim to guess it.
"""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from benchmarks.generator.countries import COUNTRIES, City, Country
from benchmarks.generator.draw import Skewed, Weighted, fill, spread, stream
from benchmarks.generator.options import GeneratorOptions
from benchmarks.generator.places import Atlas
from benchmarks.generator.segments import SEGMENTS, LatentSegment

_TRANSLITERATION = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "\u0131": "i", "'": "", " ": ""}
)
# Job titles from junior to senior with what they earn relative to the country's middle income.
_JOBS: tuple[tuple[str, float], ...] = (
    ("Student", 0.35), ("Sales Assistant", 0.62), ("Driver", 0.72), ("Clerk", 0.75), ("Nurse", 0.9), ("Technician", 0.95),
    ("Teacher", 1.05), ("Accountant", 1.2), ("Software Developer", 1.45), ("Engineer", 1.4), ("Project Manager", 1.55),
    ("Physician", 2.3), ("Lawyer", 2.1), ("Director", 2.9), ("Retired", 0.6), ("Self-employed", 1.0),
)  # fmt: skip
_TIERS: tuple[tuple[float, str], ...] = ((2.6, "platinum"), (1.2, "gold"), (0.5, "silver"), (float("-inf"), "basic"))
# What stands before the @, from given name, family name and birth date, and how often.
_LOCAL_PARTS: Weighted[Callable[[str, str, date], str]] = Weighted(
    (
        lambda first, last, _: f"{first}.{last}",
        lambda first, last, _: f"{first[0]}.{last}",
        lambda first, last, _: f"{first}{last}",
        lambda first, last, _: f"{last}.{first}",
        lambda first, _, born: f"{first}{born:%y}",
        lambda first, last, _: f"{first}_{last}",
    ),
    (40, 14, 14, 8, 12, 12),
)
_RETIRED_AT = 66
_ADULT_AT = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One real person with canonical values (E.164 numbers, ISO dates and codes)."""

    entity: str
    segment: LatentSegment
    country: Country
    given: str
    family: str
    gender: str
    birth_date: date
    email: str
    other_email: str
    phone: str
    mobile: str
    street: str
    city: City
    postcode: str
    company: str
    job_title: str
    income: int
    signup_date: date
    signup_channel: str
    loyalty_tier: str
    satisfaction: int
    monthly_spend: float
    newsletter: bool
    raffle_number: int


class _Nation:
    """The pools of one country, built once."""

    def __init__(self, country: Country, rng: random.Random) -> None:
        words = country.names
        self.country = country
        self.atlas = Atlas(country, rng)
        rare = sorted({stem + ending for stem in words.stems for ending in words.endings} - set(words.surnames))
        rng.shuffle(rare)
        self.surnames = Skewed((*words.surnames, *rare), exponent=0.75, offset=16.0)
        self.given = {
            "female": Skewed(words.female, exponent=0.7, offset=8.0),
            "male": Skewed(words.male, exponent=0.7, offset=8.0),
        }
        self.domains = Skewed(country.email_domains, exponent=1.0, offset=1.0)
        self.companies = Skewed([f"{name} {form}" for name in rare[:150] or words.surnames for form in country.company_forms])

    def surname(self, gender: str, rng: random.Random) -> str:
        name = self.surnames.draw(rng)
        if self.country.code == "ES":
            return f"{name} {self.surnames.draw(rng)}"
        if self.country.code == "PL" and gender == "female" and name.endswith(("ski", "cki")):
            return name[:-1] + "a"
        if self.country.code == "DE" and rng.random() < 0.03:
            return f"{name}-{self.surnames.draw(rng)}"
        return name


class PeopleMaker:
    """Draws persons one after another; the same options give the same persons."""

    def __init__(self, options: GeneratorOptions) -> None:
        self._options = options
        self._rng = stream(options.seed, "people")
        self._nations = [_Nation(country, stream(options.seed, f"nation {country.code}")) for country in COUNTRIES]
        self._nation = Weighted(self._nations, [country.share for country in COUNTRIES])
        self._emails: set[str] = set()

    def people(self) -> list[Person]:
        """Draw `options.people` persons, some of whom live with the person before."""
        rng = self._rng
        segments = [SEGMENTS[index] for index, n in enumerate(self._segment_sizes()) for _ in range(n)]
        rng.shuffle(segments)
        made: list[Person] = []
        for index, segment in enumerate(segments):
            head = made[-1] if made and rng.random() < self._options.household_share else None
            nation = self._nation_of(head) if head else self._nation.draw(rng)
            person = self._person(f"E{index:07d}", nation, segment, self._identity(nation, head))
            made.append(self._share_home(person, head) if head else person)
        return made

    def _segment_sizes(self) -> list[int]:
        return spread(self._options.people, [segment.share for segment in SEGMENTS])

    def _identity(self, nation: _Nation, head: Person | None) -> tuple[str, str, str]:
        """Return (gender, given, family); one in twelve who join a household bears the parent's full name."""
        rng = self._rng
        gender = "female" if rng.random() < 0.52 else "male"
        if head is None:
            return gender, nation.given[gender].draw(rng), nation.surname(gender, rng)
        if rng.random() < 1 / 12:
            return head.gender, head.given, head.family
        return gender, nation.given[gender].draw(rng), head.family

    def _person(self, entity: str, nation: _Nation, segment: LatentSegment, identity: tuple[str, str, str]) -> Person:
        rng, country = self._rng, nation.country
        gender, given, family = identity
        age_years = min(max(rng.gauss(47, 16), _ADULT_AT), 96)
        birth_date = self._options.as_of - timedelta(days=round(age_years * 365.25) + rng.randrange(1, 180))
        address = nation.atlas.address(rng)
        company = nation.companies.draw(rng) if rng.random() < 0.22 else ""
        job, pay = self._job(age_years)
        income = round(country.income * pay * (0.75 + min(age_years, 58) / 120) * rng.lognormvariate(0, 0.13), -2)
        days = rng.randint(*segment.life_days) + rng.randrange(0, 60)
        spend = round(segment.spend * (income / country.income) ** 0.45 * rng.lognormvariate(0, 0.22), 2)
        tier = self._tier(spend, days)
        return Person(
            entity=entity,
            segment=segment,
            country=country,
            given=given,
            family=family,
            gender=gender,
            birth_date=birth_date,
            email=self._email(given, family, birth_date, company, nation),
            other_email=self._email(given, family, birth_date, "", nation),
            phone=f"+{country.dialling}{fill(address.city.area_code, rng)}",
            mobile=f"+{country.dialling}{fill(rng.choice(country.mobile), rng)}",
            street=address.street,
            city=address.city,
            postcode=address.postcode,
            company=company,
            job_title=job,
            income=int(income),
            signup_date=self._options.as_of - timedelta(days=days),
            signup_channel=self._channel(age_years),
            loyalty_tier=tier,
            satisfaction=self._satisfaction(segment, tier),
            monthly_spend=spend,
            newsletter=rng.random() < (0.75 if tier in {"gold", "platinum"} else 0.3),
            raffle_number=rng.randrange(1, 1000),
        )

    def _job(self, age_years: float) -> tuple[str, float]:
        rng = self._rng
        if age_years >= _RETIRED_AT:
            return _JOBS[-2] if rng.random() < 0.9 else _JOBS[-1]
        if age_years < 24 and rng.random() < 0.55:
            return _JOBS[0]
        middle = 2 + (age_years - _ADULT_AT) / 5
        return _JOBS[min(max(round(rng.gauss(middle, 3.0)), 1), len(_JOBS) - 3)]

    def _tier(self, spend: float, days: int) -> str:
        score = spend / 100 + days / 1200 - 0.6 + self._rng.gauss(0, 0.12)
        return next(tier for floor, tier in _TIERS if score >= floor)

    def _satisfaction(self, segment: LatentSegment, tier: str) -> int:
        bonus = 0.6 if tier in {"gold", "platinum"} else 0.0
        return min(max(round(self._rng.gauss(segment.satisfaction + bonus, 0.8)), 1), 10)

    def _channel(self, age_years: float) -> str:
        young = min(max((70 - age_years) / 45, 0.05), 0.95)
        weights = (young * 1.2, young * 0.8, 0.35, (1 - young) * 1.6, (1 - young) * 0.7)
        return self._rng.choices(("app", "web", "referral", "store", "phone"), weights=weights)[0]

    def _email(self, given: str, family: str, birth_date: date, company: str, nation: _Nation) -> str:
        rng = self._rng
        first, last = ascii_word(given), ascii_word(family)
        domain = f"{ascii_word(company.split(maxsplit=1)[0])}.example" if company else nation.domains.draw(rng)
        local = _LOCAL_PARTS.draw(rng)(first, last, birth_date)
        address = f"{local}@{domain}"
        while address in self._emails:
            address = f"{local}{rng.randrange(1, 10_000)}@{domain}"
        self._emails.add(address)
        return address

    def _share_home(self, person: Person, head: Person) -> Person:
        """Give `person` the home and landline of `head`, and now and then the e-mail address."""
        return replace(
            person,
            phone=head.phone,
            street=head.street,
            city=head.city,
            postcode=head.postcode,
            email=head.email if self._rng.random() < 0.04 else person.email,
        )

    def _nation_of(self, person: Person) -> _Nation:
        return next(nation for nation in self._nations if nation.country is person.country)


@lru_cache(maxsize=100_000)
def ascii_word(text: str) -> str:
    """Return `text` as the lower-case ASCII that people use in e-mail addresses."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_TRANSLITERATION))
    return "".join(letter for letter in plain if letter.isascii() and (letter.isalnum() or letter == "-"))
