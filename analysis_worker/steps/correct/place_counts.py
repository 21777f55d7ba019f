"""What a file shows of its towns, regions and postcodes, counted once; every question leaves the row that asks out.

A postcode is counted by its first signs, as many as have enough addresses: three digits or two, or the letters that it begins
with. A town, or an area, is of one region if enough other addresses say so, nearly all the same.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from analysis_worker.steps.correct.countries import country_code
from analysis_worker.steps.correct.encoding import encoding_change
from analysis_worker.steps.correct.people import Address
from analysis_worker.steps.correct.postal_regions import postal_region, region_named
from analysis_worker.steps.correct.postcodes import postcode_change
from analysis_worker.steps.correct.twin_odds import Place

_MIN_SEEN = 4
_AGREEMENT = 0.75
_AREA_AGREEMENT = 0.9
_LONGEST_AREA, _SHORTEST_AREA = 3, 2


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an address says that it is: parts as they are once corrected, empty where absent."""

    country: str
    city: str
    region: str
    postcode: str


def spot(address: Address) -> Spot:
    country = country_code(address.country or "") or ""
    written = (address.postal_code or "").strip()
    return Spot(country, _text(address.city), _text(address.region), _postcode(written, country, address.region))


@lru_cache(maxsize=100_000)
def _postcode(written: str, country: str, region: str | None) -> str:
    change = postcode_change(written, country, region) if country and written else None
    return re.sub(r"[^A-Z0-9]", "", (change.after if change else written).upper())


def _text(cell: str | None) -> str:
    text = (cell or "").strip()
    change = encoding_change(text)
    return change.after if change else text


class PlaceCounts:
    """`add` every spot, then `settle`; all counts are of addresses with country, town and postcode."""

    def __init__(self) -> None:
        self.towns: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self.areas: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self.together: Counter[tuple[str, str, str]] = Counter()
        self.region_of_town: dict[Place, str] = {}
        self.region_of_area: dict[Place, str] = {}
        self._spots: Counter[Spot] = Counter()
        self._rows_of_town: Counter[Place] = Counter()
        self._at_postcode: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._postal: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._areas_of_region: Counter[Place] = Counter()

    def add(self, here: Spot) -> None:
        country, city, region = here.country, here.city, here.region
        if not country or not here.postcode or not city:
            return
        areas = _areas(here.postcode)
        self._spots[here] += 1
        self._at_postcode[country, here.postcode][city] += 1
        self._rows_of_town[country, city] += 1
        for area in areas:
            self.together[country, city, area] += 1
        if not region:
            return
        self.towns[country, city][region] += 1
        if lies := postal_region(country, here.postcode):
            self._postal[country, region][lies] += 1
        for area in areas:
            self.areas[country, area][region] += 1

    def settle(self) -> None:
        self.region_of_town = _settled(self.towns, _AGREEMENT)
        self.region_of_area = _settled(self.areas, _AREA_AGREEMENT)
        self._areas_of_region = Counter((country, region) for (country, _), region in self.region_of_area.items())

    def spots(self) -> Iterable[tuple[Spot, int]]:
        """Yield the spots, and how many rows are there."""
        return self._spots.items()

    def in_region(self, here: Spot) -> bool | None:
        """Say whether the postcode lies in the region, by the layout of the country's codes; None where that is open.

        A region goes by a name that is known, or is the one that other rows with the name have their postcodes in.
        """
        lies = postal_region(here.country, here.postcode)
        if lies is None or not here.region:
            return None
        named = region_named(here.country, here.region)
        if named is None:
            others = self._postal[here.country, here.region].copy()
            others[lies] -= 1
            named = _dominant(others, _AREA_AGREEMENT)
        return None if named is None else named == lies

    def area(self, here: Spot) -> str | None:
        """Return the longest first signs of the postcode whose region other rows show."""
        return next((area for area in _areas(here.postcode) if self._region_at(here, area)), None)

    def area_region(self, here: Spot) -> str:
        """Return the region of `area`, as the file writes it; empty where unknown."""
        area = self.area(here)
        return (self._region_at(here, area) or "") if area else ""

    def areas_of(self, country: str, region: str) -> int:
        return self._areas_of_region[country, region]

    def _region_at(self, here: Spot, area: str) -> str | None:
        found = self.areas.get((here.country, area))
        return _dominant(_without(found, here.region), _AREA_AGREEMENT) if found else None

    def town_regions(self, here: Spot) -> Counter[str]:
        """Return in how many other rows the town has which region."""
        return _without(self.towns.get((here.country, here.city), Counter()), here.region)

    def town_region(self, here: Spot) -> str | None:
        return _dominant(self.town_regions(here), _AGREEMENT)

    def rows_of_town(self, here: Spot) -> int:
        return self._rows_of_town[here.country, here.city]

    def others_together(self, here: Spot) -> int:
        """Return how many other rows have the town with the shortest area of the postcode."""
        return self.together[here.country, here.city, _areas(here.postcode)[-1]] - 1

    def other_towns_at(self, here: Spot) -> Counter[str]:
        """Return the towns that other rows have with the very postcode."""
        return self._at_postcode[here.country, here.postcode] - Counter([here.city])


def _areas(postcode: str) -> list[str]:
    """Return the postcode's first signs, the most telling first: three digits or two, or the leading letters."""
    letters = re.match(r"[A-Z]+", postcode)
    return [letters.group()] if letters else [postcode[:length] for length in range(_LONGEST_AREA, _SHORTEST_AREA - 1, -1)]


def _without(regions: Counter[str], own: str) -> Counter[str]:
    return regions - Counter([own]) if own else regions


def _settled(counted: dict[Place, Counter[str]], agreement: float) -> dict[Place, str]:
    return {place: region for place, regions in counted.items() if (region := _dominant(regions, agreement))}


def _dominant(regions: Counter[str], agreement: float) -> str | None:
    (region, rows), *_ = regions.most_common(1) or [("", 0)]
    return region if rows >= _MIN_SEEN and rows >= agreement * regions.total() else None
