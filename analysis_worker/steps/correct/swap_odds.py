"""How likely it is that a given and a family name stand in each other's place, from how the file uses the two names.

Source: naive Bayes over two places; a name's chance to stand in a place is its count of distinct partners there, smoothed by
the share of names that a place shows once (Good 1953), the pair in question left out. A few uses on the wrong side are what a
file with swapped rows shows of a sound name, and count as none.
"""

import math
from collections import Counter
from collections.abc import Iterable

# Rows in a hundred that have the two exchanged where nothing else is known; what files of hand-typed customers show.
_PRIOR = math.log(0.03)
_CONTAMINATION = 0.08
# The same two names the other way round elsewhere in the file.
_REVERSED = math.log(20)
# Posterior odds from which it is said.
_CERTAIN = math.log(30)
_MAX_HEARD = math.log(15)
_LEAST_NEW = 0.05


class SwapOdds:
    """Counts of one state of the file: distinct pairs of (given, family)."""

    def __init__(self, pairs: Iterable[tuple[str, str]], *, as_is: int, swapped: int) -> None:
        self._pairs = frozenset(pairs)
        self._given = Counter(given for given, _ in self._pairs)
        self._family = Counter(family for _, family in self._pairs)
        names = max(1, len(self._given.keys() | self._family.keys()))
        self._new_given = max(_LEAST_NEW, sum(count == 1 for count in self._given.values()) / names)
        self._new_family = max(_LEAST_NEW, sum(count == 1 for count in self._family.values()) / names)
        self._heard = max(-2 * _MAX_HEARD, min(_MAX_HEARD, math.log((as_is + 1) / (swapped + 1))))

    def is_certain(self, given: str, family: str, *, heard: bool) -> bool:
        """Say whether the pair is swapped; `heard` when its own row writes the names the other way round."""
        names = self._as_family(given) + self._as_given(family)
        row = self._heard if heard else 0.0
        elsewhere = _REVERSED if names > 0 and (family, given) in self._pairs else 0.0
        return _PRIOR + names + row + elsewhere >= _CERTAIN

    def _as_family(self, name: str) -> float:
        """Log odds that a name which stands as a given name is a family name."""
        given, family = _without_slips(self._given[name] - 1, self._family[name])
        return math.log((family + self._new_family) / (given + self._new_given))

    def _as_given(self, name: str) -> float:
        given, family = _without_slips(self._given[name], self._family[name] - 1)
        return math.log((given + self._new_given) / (family + self._new_family))


def _without_slips(given: int, family: int) -> tuple[float, float]:
    return max(0.0, given - _CONTAMINATION * family), max(0.0, family - _CONTAMINATION * given)
