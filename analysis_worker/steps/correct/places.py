"""Towns and postcodes that contradict each other, by what the rest of the file says about both.

Nothing but the file is asked: which regions its customers name for a town, and for the first signs of a postcode (as many as
have enough addresses). Rules: both must be known from enough other addresses, nearly all of one region, the two regions must
differ, and hardly anybody else may have the town with such a postcode; so two towns of one name, towns on a border and files
without regions stay silent. The row's own region says which of the two is odd. What would be right
is only known where every other address with that postcode names one town; else the proposal is to look, without a value.
"""

import re
from collections import Counter, defaultdict

from analysis_worker.steps.correct.countries import country_code
from analysis_worker.steps.correct.encoding import encoding_change
from analysis_worker.steps.correct.people import Address
from analysis_worker.steps.correct.postcodes import postcode_change
from analysis_worker.steps.correct.proposal import Change

_MIN_SEEN = 4
_AGREEMENT = 0.75
_AREA_AGREEMENT = 0.9
_MIN_TOWN_ROWS = 5
_MOST_TOGETHER = 0.02
_FEW_TOGETHER = 2
_WELL_KNOWN = 40
_LONGEST_AREA, _SHORTEST_AREA = 3, 2
_CONTRADICTION = "address.city_postcode"

Place = tuple[str, str]


class PlaceEvidence:
    """Regions of towns and of postcode areas, per country: `see` every address, `settle`, then ask."""

    def __init__(self) -> None:
        self._towns: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._areas: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._together: Counter[tuple[str, str, str]] = Counter()
        self._at_postcode: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._region_of_town: dict[Place, str] = {}
        self._region_of_area: dict[Place, str] = {}

    def see(self, address: Address) -> None:
        country, city, region, postcode = _parts(address)
        if not country or not postcode or not city:
            return
        self._at_postcode[country, postcode][city] += 1
        if region:
            self._towns[country, city][region] += 1
        for area in _areas(postcode):
            self._together[country, city, area] += 1
            if region:
                self._areas[country, area][region] += 1

    def settle(self) -> None:
        self._region_of_town = _settled(self._towns, _AGREEMENT)
        self._region_of_area = _settled(self._areas, _AREA_AGREEMENT)

    def changes(self, address: Address) -> tuple[str, Change] | None:
        """Return the part of the address that is odd and its change, None where nothing is known to contradict."""
        country, city, region, postcode = _parts(address)
        if not country or not postcode or not city:
            return None
        of_town = self._region_of_town.get((country, city))
        area = next((area for area in _areas(postcode) if (country, area) in self._region_of_area), None)
        if of_town is None or area is None or of_town == self._region_of_area[country, area]:
            return None
        if self._together[country, city, area] > max(_FEW_TOGETHER, _MOST_TOGETHER * self._towns[country, city].total()):
            return None
        of_area = self._region_of_area[country, area]
        if region == of_area:
            # Two against one; but a second, smaller town of the name looks the same where the first is not well known.
            if self._towns[country, city].total() < _WELL_KNOWN:
                return None
            return "city", Change(rule=_CONTRADICTION, after=self._town_at(country, postcode, city), confidence=0.9)
        confidence = 0.9 if region == of_town else 0.6
        return "postal_code", Change(rule=_CONTRADICTION, after="", confidence=confidence)

    def _town_at(self, country: str, postcode: str, city: str) -> str:
        others = self._at_postcode[country, postcode] - Counter([city])
        (town, rows), *more = others.most_common(2) or [("", 0)]
        return town if rows >= _MIN_TOWN_ROWS and not more and town != city else ""


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
