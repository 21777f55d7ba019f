"""Towns and postcodes that contradict each other, by what the rest of the file says about both.

Nothing but the file is asked: which regions its customers name for a town, and for the first signs of a postcode (as many as
have enough addresses). Rules: both must be known from enough other addresses, nearly all of one region, the two regions must
differ, and hardly anybody else may have the town with such a postcode; so towns on a border and files without regions stay
silent. The row's own region says which of the two is odd. Where it does not speak for the town, a second, smaller town of the
name looks the same as a wrong town, and the odds between the two decide (`twin_odds.py`). For a town that the file hardly knows
the row's own region stands, if it is a region that other postcodes belong to; then the odds are those of an area that reaches
into a second region. What would be right is only known where every other address with that postcode names one town; else the
proposal is to look, without a value.
"""

import re
from collections import Counter, defaultdict

from analysis_worker.steps.correct.countries import country_code
from analysis_worker.steps.correct.encoding import encoding_change
from analysis_worker.steps.correct.people import Address
from analysis_worker.steps.correct.postcodes import postcode_change
from analysis_worker.steps.correct.proposal import Change
from analysis_worker.steps.correct.twin_odds import Place, TwinOdds, few_for

_MIN_SEEN = 4
_AGREEMENT = 0.75
_AREA_AGREEMENT = 0.9
_MIN_TOWN_ROWS = 5
_MIN_AREAS = 2
_LONGEST_AREA, _SHORTEST_AREA = 3, 2
_CONTRADICTION = "address.city_postcode"


class PlaceEvidence:
    """Regions of towns and of postcode areas, per country: `see` every address, `settle`, then ask."""

    def __init__(self) -> None:
        self._towns: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._areas: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._together: Counter[tuple[str, str, str]] = Counter()
        self._whole: Counter[tuple[str, str, str, str]] = Counter()
        self._at_postcode: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._region_of_town: dict[Place, str] = {}
        self._region_of_area: dict[Place, str] = {}
        self._regions: Counter[Place] = Counter()
        self._town_odds = self._area_odds = TwinOdds({}, {}, odd=0, judged=0)

    def see(self, address: Address) -> None:
        country, city, region, postcode = _parts(address)
        if not country or not postcode or not city:
            return
        areas = _areas(postcode)
        self._at_postcode[country, postcode][city] += 1
        if region:
            self._towns[country, city][region] += 1
            self._whole[country, city, region, areas[0]] += 1
        for area in areas:
            self._together[country, city, area] += 1
            if region:
                self._areas[country, area][region] += 1

    def settle(self) -> None:
        self._region_of_town = _settled(self._towns, _AGREEMENT)
        self._region_of_area = _settled(self._areas, _AREA_AGREEMENT)
        self._regions = Counter((country, region) for (country, _), region in self._region_of_area.items())
        odd = judged = 0
        for (country, city, region, longest), rows in self._whole.items():
            area, of_town = self._area(country, longest), self._region_of_town.get((country, city))
            if area and of_town:
                judged += rows
                odd += rows if region == of_town and self._contradicts(country, city, area, of_town) else 0
        used = {(country, area) for country, _, _, longest in self._whole if (area := self._area(country, longest))}
        areas = {place: self._areas[place] for place in sorted(used)}
        self._town_odds = TwinOdds(self._towns, self._region_of_town, odd=odd, judged=judged)
        self._area_odds = TwinOdds(areas, self._region_of_area, odd=odd, judged=judged)

    def changes(self, address: Address) -> tuple[str, Change] | None:
        """Return the part of the address that is odd and its change, None where nothing is known to contradict."""
        country, city, region, postcode = _parts(address)
        area = self._area(country, postcode) if country and city and postcode else None
        if area is None:
            return None
        of_town = self._region_of_town.get((country, city))
        if of_town is None:
            return self._of_little_known(country, city, region, area)
        if not self._contradicts(country, city, area, of_town):
            return None
        of_area = self._region_of_area[country, area]
        others = self._towns[country, city][of_area] - (region == of_area)
        if region != of_town and not self._town_odds.is_wrong(country, city, of_area, others=others):
            return None
        if region == of_area:
            return "city", Change(rule=_CONTRADICTION, after=self._town_at(country, postcode, city), confidence=0.9)
        return _look_at_postcode(0.9 if region == of_town else 0.6)

    def _of_little_known(self, country: str, city: str, region: str, area: str) -> tuple[str, Change] | None:
        seen = self._towns.get((country, city), Counter())
        if not region or seen.keys() != {region} or self._regions[country, region] < _MIN_AREAS:
            return None
        here = self._areas[country, area]
        if here[region] > few_for(here.total()) or not self._contradicts(country, city, area, region):
            return None
        is_wrong = self._area_odds.is_wrong(country, area, region, others=here[region] - 1)
        return _look_at_postcode(0.6) if is_wrong else None

    def _area(self, country: str, postcode: str) -> str | None:
        """Return the longest first signs of the postcode whose region is known."""
        return next((area for area in _areas(postcode) if (country, area) in self._region_of_area), None)

    def _contradicts(self, country: str, city: str, area: str, region: str) -> bool:
        """Say whether town, of `region`, and postcode are of different regions, and hardly anybody has the two together."""
        few = few_for(self._towns[country, city].total())
        return region != self._region_of_area[country, area] and self._together[country, city, area] <= few

    def _town_at(self, country: str, postcode: str, city: str) -> str:
        others = self._at_postcode[country, postcode] - Counter([city])
        (town, rows), *more = others.most_common(2) or [("", 0)]
        return town if rows >= _MIN_TOWN_ROWS and not more and town != city else ""


def _look_at_postcode(confidence: float) -> tuple[str, Change]:
    return "postal_code", Change(rule=_CONTRADICTION, after="", confidence=confidence)


def _parts(address: Address) -> tuple[str, str, str, str]:
    country = country_code(address.country or "") or ""
    written = (address.postal_code or "").strip()
    change = postcode_change(written, country, address.region) if country and written else None
    postcode = re.sub(r"[^A-Z0-9]", "", (change.after if change else written).upper())
    return country, _text(address.city), _text(address.region), postcode


def _text(cell: str | None) -> str:
    text = (cell or "").strip()
    change = encoding_change(text)
    return change.after if change else text


def _areas(postcode: str) -> list[str]:
    """Return the postcode's first signs, the most telling first: three digits or two, or the leading letters."""
    letters = re.match(r"[A-Z]+", postcode)
    return [letters.group()] if letters else [postcode[:length] for length in range(_LONGEST_AREA, _SHORTEST_AREA - 1, -1)]


def _settled(counted: dict[Place, Counter[str]], agreement: float) -> dict[Place, str]:
    found = {}
    for place, regions in counted.items():
        (region, rows), *_ = regions.most_common(1)
        if rows >= _MIN_SEEN and rows >= agreement * regions.total():
            found[place] = region
    return found
