"""How likely it is that a given and a family name stand in each other's place, from how the file uses the two names.

Source: naive Bayes over two places; a name's chance to stand in a place is its count of distinct partners there, smoothed by
the share of names that a place shows once (Good 1953), the pair in question left out; a name of several words is judged by the
word that says most. A few uses on the wrong side are what a
file with swapped rows shows of a sound name, and count half.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from enum import Enum

# Rows in a hundred that have the two exchanged where nothing else is known; what files of hand-typed customers show.
_PRIOR = math.log(0.03)
_CONTAMINATION = 0.04
# The same two names the other way round elsewhere in the file.
_REVERSED = math.log(20)
# A pair that is expected this often where names meet at random says nothing by being there.
_BY_CHANCE = 0.05
# Posterior odds from which it is said.
_CERTAIN = math.log(20)
_MAX_HEARD = math.log(15)
_LEAST_NEW = 0.05
# Beyond what addresses of the file say on the whole, a row that confirms its own order is not lightly overruled.
_DOUBT = 1.0


class Said(Enum):
    """What the row's full name and e-mail addresses say about the order of its two names."""

    SWAPPED = "swapped"
    SILENT = "silent"
    AS_IS = "as_is"
    CONFIRMED = "confirmed"


class SwapOdds:
    """Counts of one state of the file: distinct pairs of (given, family)."""

    def __init__(self, pairs: Iterable[tuple[str, str]], *, as_is: int, swapped: int) -> None:
        self._pairs = frozenset(pairs)
        self._given = Counter(word for given, _ in self._pairs for word in _words(given))
        self._family = Counter(word for _, family in self._pairs for word in _words(family))
        names = max(1, len(self._given.keys() | self._family.keys()))
        self._new_given = max(_LEAST_NEW, sum(count == 1 for count in self._given.values()) / names)
        self._new_family = max(_LEAST_NEW, sum(count == 1 for count in self._family.values()) / names)
        self._heard = max(-2 * _MAX_HEARD, min(_MAX_HEARD, math.log((as_is + 1) / (swapped + 1))))

    def is_certain(self, given: str, family: str, said: Said) -> bool:
        """Say whether the pair is swapped; `said` is what its own row writes elsewhere."""
        names = self._as_family(given) + self._as_given(family)
        elsewhere = _REVERSED if names > 0 and self._is_telling(family, given) else 0.0
        row = {Said.SWAPPED: self._heard, Said.SILENT: 0.0, Said.AS_IS: -abs(self._heard) - _DOUBT}[said]
        return _PRIOR + names + row + elsewhere >= _CERTAIN

    def _is_telling(self, given: str, family: str) -> bool:
        """Say whether the file has the pair, though names as rare as these two would hardly meet by chance."""
        if (given, family) not in self._pairs:
            return False
        return self._rows_of(self._given, given) * self._rows_of(self._family, family) < _BY_CHANCE * len(self._pairs)

    def _rows_of(self, counts: Counter[str], name: str) -> int:
        return min((counts[word] for word in _words(name)), default=0)

    def _as_family(self, name: str) -> float:
        """Log odds that a name which stands as a given name is a family name."""
        odds = []
        for word in _words(name):
            given, family = _without_slips(self._given[word] - 1, self._family[word])
            odds.append(math.log((family + self._new_family) / (given + self._new_given)))
        return max(odds, key=abs, default=0.0)

    def _as_given(self, name: str) -> float:
        odds = []
        for word in _words(name):
            given, family = _without_slips(self._given[word], self._family[word] - 1)
            odds.append(math.log((given + self._new_given) / (family + self._new_family)))
        return max(odds, key=abs, default=0.0)


def _words(name: str) -> list[str]:
    return re.split(r"[\s-]+", name.strip())


def _without_slips(given: int, family: int) -> tuple[float, float]:
    """Return the counts less what swapped rows explain, at least half of each: a rare use may as well be a real one."""
    return max(given / 2, given - _CONTAMINATION * family), max(family / 2, family - _CONTAMINATION * given)
