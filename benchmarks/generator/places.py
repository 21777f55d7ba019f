"""Addresses that hold together: a street in a town of a region, with a postcode and an area code of that town."""

import random
from dataclasses import dataclass

from benchmarks.generator.countries import City, Country
from benchmarks.generator.draw import Skewed, fill

_TOWNS_PER_COUNTRY = 160
# Real ones that stems and endings happen to make.
_FURTHER_CITIES = frozenset({"Rotherham"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    street: str
    city: City
    postcode: str


class Atlas:
    """One country's towns and streets, common ones first."""

    def __init__(self, country: Country, rng: random.Random) -> None:
        self._country = country
        self._cities = Skewed((*country.cities, *_towns(country, rng)), exponent=1.0, offset=3.0)
        streets = [(stem, kind) for kind in country.street_kinds for stem in country.street_stems]
        self._streets = Skewed(streets, exponent=0.8, offset=8.0)

    def address(self, rng: random.Random) -> Address:
        city = self._cities.draw(rng)
        return Address(street=self._street(rng), city=city, postcode=fill(city.postcode, rng))

    def _street(self, rng: random.Random) -> str:
        stem, kind = self._streets.draw(rng)
        number = str(int(rng.expovariate(1 / 38)) + 1) + (rng.choice("ABC") if rng.random() < 0.06 else "")
        code = self._country.code
        if code == "DE":
            return f"{_german_street(stem, kind)} {number}"
        if code == "NL":
            return f"{stem}{kind} {number}"
        if code in {"PL", "ES"}:
            return f"{kind} {stem} {number}"
        if code == "FR":
            return f"{number} {kind} {stem}"
        return f"{number} {stem} {kind}"


def _german_street(stem: str, kind: str) -> str:
    if stem in {"Neue", "Alte"}:
        return f"{stem} {kind.capitalize()}"
    return stem + kind


def _towns(country: Country, rng: random.Random) -> list[City]:
    """Make the long tail of small towns, each beside one of the large cities: same region, neighbouring postcodes."""
    names = sorted({stem + ending for stem in country.town_stems for ending in country.town_endings})
    rng.shuffle(names)
    # A made-up town must not bear the name of a real city of the country: it would lie in two regions, and the truth be open.
    cities = {city.name for city in country.cities} | _FURTHER_CITIES
    spare = iter([name for name in names[_TOWNS_PER_COUNTRY:] if name not in cities])
    own = [next(spare) if name in cities else name for name in names[:_TOWNS_PER_COUNTRY]]
    return [
        City(name=name, region=near.region, postcode=near.postcode, area_code=near.area_code)
        for name, near in ((name, rng.choice(country.cities)) for name in own)
    ]
