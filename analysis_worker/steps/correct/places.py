"""Towns and postcodes that contradict each other, by what the rest of the file says about both.

Nothing but the file is asked: which regions its customers name for a town, and for the first signs of a postcode. Rules: both
must be known from enough other addresses, each with one region only, and the two regions must differ; so towns of one name,
towns on a border and files without regions stay silent. The row's own region says which of the two is odd. What would be right
is only known where every other address with that postcode names one town; else the proposal is to look, without a value.
"""

import re
from collections import Counter, defaultdict

from analysis_worker.steps.correct.countries import country_code
from analysis_worker.steps.correct.encoding import encoding_change
from analysis_worker.steps.correct.people import Address
from analysis_worker.steps.correct.postcodes import postcode_change
from analysis_worker.steps.correct.proposal import Change

_MIN_SEEN = 5
_AGREEMENT = 0.9
_MIN_TOWN_ROWS = 3
_AREA_DIGITS = {"US": 3, "AU": 1, "CH": 1, "AT": 1, "BE": 1, "DK": 1, "NO": 1, "HU": 1}
_CONTRADICTION = "address.city_postcode"

Place = tuple[str, str]


class PlaceEvidence:
    """Regions of towns and of postcode areas, per country: `see` every address, `settle`, then ask."""

    def __init__(self) -> None:
        self._towns: defaultdict[Place, Counter[str]] = defaultdict(Counter)
        self._areas: defaultdict[Place, Counter[str]] = defaultdict(Counter)
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
            self._areas[country, _area(country, postcode)][region] += 1

    def settle(self) -> None:
        self._region_of_town = _settled(self._towns)
        self._region_of_area = _settled(self._areas)

    def changes(self, address: Address) -> tuple[str, Change] | None:
        """Return the part of the address that is odd and its change, None where nothing is known to contradict."""
        country, city, region, postcode = _parts(address)
        if not country or not postcode or not city:
            return None
        of_town = self._region_of_town.get((country, city))
        of_area = self._region_of_area.get((country, _area(country, postcode)))
        if of_town is None or of_area is None or of_town == of_area:
            return None
        if region == of_area:
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


def _area(country: str, postcode: str) -> str:
    letters = re.match(r"[A-Z]+", postcode)
    return letters.group() if letters else postcode[: _AREA_DIGITS.get(country, 2)]


def _settled(counted: dict[Place, Counter[str]]) -> dict[Place, str]:
    found = {}
    for place, regions in counted.items():
        (region, rows), *_ = regions.most_common(1)
        if rows >= _MIN_SEEN and rows >= _AGREEMENT * regions.total():
            found[place] = region
    return found
