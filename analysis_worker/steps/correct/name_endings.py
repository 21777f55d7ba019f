"""How names of one ending stand in a file: `-owski` and `-mann` are family names there, `-ette` is a given one.

Source: the share of distinct names with the ending that stand on each side, smoothed towards that of the next shorter ending
(Jelinek and Mercer 1980), so a rare ending says little. Distinct names, because one common name is no proof of an ending.
Endings that names of one role are known for (Reaney and Wilson 1997 for English ones, and their like in other languages; each
checked against the American census of 1990) count as if the file had a few names more with them: a small file shows little.
"""

from collections import Counter
from collections.abc import Mapping

_LENGTHS = (1, 2, 3, 4, 5)
_WEIGHT = 4.0
# No ending is certain.
_LEAST = 0.05
_KNOWN_NAMES = 6

# Of places and trades, "son of", "from"; left out are those that given names have as often (-er, -s, -in).
_FAMILY_ENDINGS = frozenset(
    "ton ford ley field wood worth well ham combe land stead more man mann son berg quist ski ska wicz czyk wski sen kins burn "  # noqa: SIM905 - reads as one line
    "bourn brook shaw croft hurst gate house bach meier meyer maier mayer huber bauer hofer auer kamp brink feld stein thal "
    "dorf stra sma huis veld beek horst mans inck enko idis ez oux eaux iere ini etti elli ucci escu chuk".split()
)
_GIVEN_ENDINGS = frozenset(
    "etta elle lene ine isha anne ianne lyn leen een ina ana ena ona inda anda issa ssa ika ica ia ita tha nna nnie ttie ssie "  # noqa: SIM905 - as above
    "rrie llie cie tie ouk eke tje".split()
)


class NameEndings:
    """Counts of distinct names per ending; `given` and `family` are uses of each name in its place."""

    def __init__(self, given: Mapping[str, int], family: Mapping[str, int], *, share_of_family: float) -> None:
        self._share = share_of_family
        self._given: Counter[str] = Counter()
        self._family: Counter[str] = Counter()
        self._side = {name: _side(given.get(name, 0), family.get(name, 0)) for name in given.keys() | family.keys()}
        for name, side in self._side.items():
            if side:
                (self._family if side > 0 else self._given).update(_endings(name))

    def share_of_family(self, name: str) -> float:
        """Return how likely a name of this ending is a family name, 0..1; the name itself is left out."""
        share, own = self._share, self._side.get(name, 0)
        for ending in _endings(name):
            families = self._family[ending] - (own > 0) + _KNOWN_NAMES * (ending in _FAMILY_ENDINGS)
            givens = self._given[ending] - (own < 0) + _KNOWN_NAMES * (ending in _GIVEN_ENDINGS)
            share = (families + _WEIGHT * share) / (families + givens + _WEIGHT)
        return min(1 - _LEAST, max(_LEAST, share))


def _side(given: int, family: int) -> int:
    return (family > given) - (family < given)


def _endings(name: str) -> list[str]:
    return [name[-length:] for length in _LENGTHS if len(name) > length]
