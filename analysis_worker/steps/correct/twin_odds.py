"""A town that lies elsewhere than its postcode: a wrong town, or a second, smaller town of the same name?

Odds of the two, from the file itself. A wrong town is as likely as addresses go wrong, times how common the town is; how often
addresses go wrong is seen where region and town agree against the postcode, which no second town explains, so a file without
such damage stays silent. A second town is as likely as a place of which the file has not yet shown a row (the share of towns
seen once, Good 1953), times how often a name is borne by two places of the country (seen among well-known names, shrunk
towards the share of the whole file), times one name among all. Rows in question are left out of the counts.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping

Place = tuple[str, str]

_MOST_TOGETHER = 0.02
_FEW_TOGETHER = 2
_MIN_ROWS = 4
# What is assumed until the file says otherwise, as if so many rows or names had been seen: one address in two hundred is
# wrong, one name in twenty has a second place.
_WRONG_SEEN, _ROWS_SEEN = 0.1, 20.0
_TWINS_SEEN, _NAMES_SEEN = 0.5, 10.0
_COUNTRY_WEIGHT = 20.0
_CERTAIN = 20.0
# How often a small town that has one row in the file has another.
_MEETS = 0.5
# Rows that name a large town and mean a place of the name so small that no list of places has it: one in five thousand.
_HAMLETS = 0.0002


def few_for(rows: int) -> float:
    """Return how many rows damage alone may put to a town of `rows` rows."""
    return max(_FEW_TOGETHER, _MOST_TOGETHER * rows)


class _Names:
    """Counts of one country: rows, well-known names, those of two places, places seen once."""

    def __init__(self) -> None:
        self.rows = self.known = self.twins = self.once = 0

    def add(self, regions: Counter[str]) -> None:
        rows = regions.total()
        self.rows += rows
        if rows == 1:
            self.once += 1
        elif rows >= _MIN_ROWS:
            second = sorted(regions.values())[-2] if len(regions) > 1 else 0
            self.known += 1
            self.twins += second > few_for(rows)


class TwinOdds:
    """What one file shows: `towns` rows per region of every (country, town), `region_of` those of one region.

    `odd` of `judged` rows have a postcode that contradicts town and region alike; with those of large towns that cannot have
    their postcode, `slips` of `slips_of`.
    """

    def __init__(
        self,
        towns: Mapping[Place, Counter[str]],
        region_of: Mapping[Place, str],
        *,
        odd: int,
        judged: int,
        slips: int = 0,
        slips_of: int = 0,
    ) -> None:
        self._rows = {place: regions[region_of[place]] for place, regions in towns.items() if place in region_of}
        self._in_region: Counter[Place] = Counter()
        self._names: defaultdict[str, _Names] = defaultdict(_Names)
        for (country, _), regions in towns.items():
            self._names[country].add(regions)
            for region, rows in regions.items():
                self._in_region[country, region] += rows
        known, twins = (sum(getattr(one, name) for one in self._names.values()) for name in ("known", "twins"))
        self._twins = (twins + _TWINS_SEEN) / (known + _NAMES_SEEN)
        self._wrong = (odd + _WRONG_SEEN) / (judged + _ROWS_SEEN)
        # The row in question is one of the slips itself, and no witness.
        self._slips = (max(0, slips - 1) + _WRONG_SEEN) / (slips_of + _ROWS_SEEN)

    def is_not_a_hamlet(self, country: str, region: str, *, others: int) -> bool:
        """Say whether a large town with a postcode that it cannot have is a slip rather than a hamlet of the name.

        A slip falls on a large town as often as the town has rows, so its size does not matter. `others` are further rows of
        the town with such a postcode, in `region`.
        """
        return self._slips * self._meeting(self._slips, country, region) ** others >= _CERTAIN * _HAMLETS

    def _meeting(self, wrong: float, country: str, region: str) -> float:
        """How likely another wrong row lands in the region, beside how likely another row of a small town is there."""
        return min(1.0, wrong * self._in_region[country, region] / _MEETS)

    def is_wrong(self, country: str, city: str, region: str, *, others: int) -> bool:
        """Say whether a row with the town, in `region`, has the wrong town (or postcode) rather than a second town.

        `others` are further rows of the town in that region: a second town often has several customers, errors hardly
        ever meet.
        """
        names = self._names[country]
        twins = (names.twins + _COUNTRY_WEIGHT * self._twins) / (names.known + _COUNTRY_WEIGHT)
        unseen = (names.once + 1) / (names.rows + 1)
        wrong = self._wrong * self._rows.get((country, city), 1) / (names.rows + 1)
        meet = self._meeting(wrong, country, region) ** others
        return bool(wrong * max(1, names.known) * meet >= _CERTAIN * unseen * twins)
