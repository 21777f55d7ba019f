"""Towns and postcodes that contradict each other, by what is known of both and by what the rest of the file says.

What is known before any file is read: the regions that postcodes lie in (`postal_regions.py`) and where large towns are
(`known_towns.py`). What the file shows (`place_counts.py`): which regions its customers name for a town, and for the first
signs of a postcode. Every row is judged by all others and never by itself.

Rules, the first that applies: a region that its postcode cannot lie in is a contradiction, unless town and postcode agree:
then only the region is odd, which is not this rule's business. A large town that cannot have the postcode is one if addresses
of this file do go wrong often enough; else a hamlet of the name is as likely. Otherwise both must be known from enough other
addresses, nearly all of one region, and the two regions must differ. Where the row's own region does not speak for the town, a
second, smaller town of the name looks the same as a wrong town, and the odds between the two decide (`twin_odds.py`); for a
town that the file hardly knows the row's own region stands, and the odds are those of an area that reaches into a second
region. Hardly anybody else may have the town with such a postcode; so towns on a border stay silent.

What would be right is only known where every other address with that postcode names one town; else the proposal is to look,
without a value. A file full of contradictions gets no proposal: its columns do not belong together.
"""

from analysis_worker.steps.correct.known_towns import lies_in_known
from analysis_worker.steps.correct.people import Address
from analysis_worker.steps.correct.place_counts import PlaceCounts, Spot, spot
from analysis_worker.steps.correct.proposal import Change
from analysis_worker.steps.correct.twin_odds import TwinOdds, few_for

_MIN_TOWN_ROWS = 5
_MIN_AREAS = 2
_CONTRADICTION = "address.city_postcode"
_SURE, _DOUBTFUL = 0.9, 0.6
# Where more of the addresses contradict themselves, their parts were never of one place (made-up or shuffled data).
_MOST_WRONG = 0.1
_FEW_WRONG = 5


class PlaceEvidence:
    """`see` every address, `settle`, then ask."""

    def __init__(self) -> None:
        self._counts = PlaceCounts()
        self._town_odds = self._area_odds = TwinOdds({}, {}, odd=0, judged=0)
        self._is_about_places = True

    def see(self, address: Address) -> None:
        self._counts.add(spot(address))

    def settle(self) -> None:
        counts = self._counts
        counts.settle()
        odd = judged = slips = known = 0
        for here, rows in counts.spots():
            wrong = self._goes_wrong(here) if here.region else None
            lies = lies_in_known(here.country, here.city, here.postcode)
            judged += rows if wrong is not None else 0
            odd += rows if wrong else 0
            known += rows if wrong is not None or lies is not None else 0
            slips += rows if wrong or (lies is False and not counts.others_together(here)) else 0
        self._is_about_places = odd <= max(_FEW_WRONG, _MOST_WRONG * judged)
        used = {(here.country, area) for here, _ in counts.spots() if here.region and (area := counts.area(here))}
        areas = {place: counts.areas[place] for place in sorted(used)}
        self._town_odds = TwinOdds(counts.towns, counts.region_of_town, odd=odd, judged=judged, slips=slips, slips_of=known)
        self._area_odds = TwinOdds(areas, counts.region_of_area, odd=odd, judged=judged)

    def changes(self, address: Address) -> tuple[str, Change] | None:
        """Return the part of the address that is odd and its change, None where nothing is known to contradict."""
        here = spot(address)
        if not (here.country and here.city and here.postcode and self._is_about_places):
            return None
        if here.region and self._counts.in_region(here) is False:
            return None if self._speaks_for_postcode(here) else _look_at_postcode(self._trust(here))
        if lies_in_known(here.country, here.city, here.postcode) is False:
            return self._of_large_town(here)
        return self._by_file(here)

    def _goes_wrong(self, here: Spot) -> bool | None:
        """Say whether region and town agree against the postcode, which no second town explains; None where that is open."""
        counts = self._counts
        lies = counts.in_region(here)
        area, of_town = counts.area(here), counts.town_region(here)
        if lies is None and area and of_town:
            lies = not (here.region == of_town and self._contradicts(here, area, of_town))
        return None if lies is None else not lies and not self._speaks_for_postcode(here)

    def _speaks_for_postcode(self, here: Spot) -> bool:
        """Say whether the town is known to have such a postcode, or others have the two together, and not the region."""
        together = self._counts.others_together(here)
        if self._counts.town_regions(here)[here.region] > together:
            return False
        return together > 0 or lies_in_known(here.country, here.city, here.postcode) is True

    def _trust(self, here: Spot) -> float:
        """How sure it is that the postcode is the odd one: what else there is of the town must be in the row's region."""
        known = lies_in_known(here.country, here.city, here.postcode) is False
        return _SURE if known or self._counts.town_regions(here).keys() == {here.region} else _DOUBTFUL

    def _of_large_town(self, here: Spot) -> tuple[str, Change] | None:
        counts = self._counts
        others = counts.others_together(here)
        if others > few_for(counts.rows_of_town(here)):
            return None
        if not self._town_odds.is_not_a_hamlet(here.country, counts.area_region(here), others=others):
            return None
        if here.region and (counts.in_region(here) or counts.area_region(here) == here.region):
            return "city", Change(rule=_CONTRADICTION, after=self._town_at(here), confidence=_SURE)
        return _look_at_postcode(_SURE if here.region and counts.town_region(here) == here.region else _DOUBTFUL)

    def _by_file(self, here: Spot) -> tuple[str, Change] | None:
        counts = self._counts
        area, of_town = counts.area(here), counts.town_region(here)
        if area is None:
            return None
        if of_town is None:
            return self._of_little_known(here, area)
        if not self._contradicts(here, area, of_town):
            return None
        of_area = counts.area_region(here)
        others = counts.town_regions(here)[of_area]
        if here.region != of_town and not self._town_odds.is_wrong(here.country, here.city, of_area, others=others):
            return None
        if here.region == of_area:
            return "city", Change(rule=_CONTRADICTION, after=self._town_at(here), confidence=_SURE)
        return _look_at_postcode(_SURE if here.region == of_town else _DOUBTFUL)

    def _of_little_known(self, here: Spot, area: str) -> tuple[str, Change] | None:
        counts = self._counts
        seen = counts.town_regions(here)
        if not here.region or seen.keys() - {here.region} or counts.areas_of(here.country, here.region) < _MIN_AREAS:
            return None
        others = counts.areas[here.country, area][here.region] - 1
        if others >= few_for(counts.areas[here.country, area].total()) or not self._contradicts(here, area, here.region):
            return None
        is_wrong = self._area_odds.is_wrong(here.country, area, here.region, others=others)
        return _look_at_postcode(_DOUBTFUL) if is_wrong else None

    def _contradicts(self, here: Spot, area: str, region: str) -> bool:
        """Say whether town, of `region`, and postcode are of different regions, and hardly anybody has the two together."""
        few = few_for(self._counts.rows_of_town(here))
        return region != self._counts.area_region(here) and self._counts.together[here.country, here.city, area] <= few

    def _town_at(self, here: Spot) -> str:
        (town, rows), *more = self._counts.other_towns_at(here).most_common(2) or [("", 0)]
        return town if rows >= _MIN_TOWN_ROWS and not more and town != here.city else ""


def _look_at_postcode(confidence: float) -> tuple[str, Change]:
    return "postal_code", Change(rule=_CONTRADICTION, after="", confidence=confidence)
