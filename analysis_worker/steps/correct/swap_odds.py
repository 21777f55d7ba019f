"""How likely it is that a given and a family name stand in each other's place, from how the file uses the two names.

Source: naive Bayes over two places; a name's chance to stand in a place is its count of distinct partners there, the pair in
question left out; a name of several words is judged by the word that says most. A few uses on the wrong side are what a file
with swapped rows shows of a sound name, and count half. What a name is worth of which the file shows little is shared out
between the places by how names of its ending stand in the file (`NameEndings`), within the share of names that a place shows
once (Good 1953). An everyday name (`known_names.py`) is as if the file had shown it a few times in its place.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable

from analysis_worker.steps.correct.known_names import is_family_name, is_given_name
from analysis_worker.steps.correct.name_endings import NameEndings

# Rows in a hundred that have the two exchanged, and how many rows must say otherwise; what files of hand-typed customers show.
_PRIOR, _PRIOR_ROWS = 0.03, 100
_PRIOR_ROUNDS = 5
_CONTAMINATION = 0.04
# The same two names the other way round elsewhere in the file.
_REVERSED = math.log(20)
# One of the two rows is right: which one, other uses of the names must say clearly.
_TELLING = math.log(6)
# A pair that is expected this often where names meet at random says nothing by being there.
_BY_CHANCE = 0.05
# Posterior odds from which it is said.
_CERTAIN = math.log(15)
_MOST = 30.0
# One name alone never says more: a given name is somebody's family name (`Marie`) now and then.
_MOST_BY_NAME = math.log(150)
_LEAST_NEW = 0.05
# What an everyday name is worth in uses.
_KNOWN_USES = 4.0


class SwapOdds:
    """Counts of one state of the file: distinct pairs of (given, family), and those that their own row writes the other way."""

    def __init__(self, pairs: Iterable[tuple[str, str]], doubted: Iterable[tuple[str, str]] = ()) -> None:
        self._pairs, self._doubted = frozenset(pairs), frozenset(doubted)
        self._given = Counter(word for given, _ in self._pairs for word in _words(given))
        self._family = Counter(word for _, family in self._pairs for word in _words(family))
        names = max(1, len(self._given.keys() | self._family.keys()))
        new_given = max(_LEAST_NEW, sum(count == 1 for count in self._given.values()) / names)
        new_family = max(_LEAST_NEW, sum(count == 1 for count in self._family.values()) / names)
        self._new = new_given + new_family
        self._endings = NameEndings(self._given, self._family, share_of_family=new_family / self._new)

    def log_odds(self, given: str, family: str) -> float:
        """Return what the file's use of the two names says for the pair being swapped, the share of swapped rows aside."""
        names = self._as_family(given) + self._as_given(family)
        return names + (_REVERSED if self._is_reversed_elsewhere(given, family) else 0.0)

    def _is_reversed_elsewhere(self, given: str, family: str) -> bool:
        """Say whether the file has the pair the other way round, and uses of the names besides these two say which is right."""
        if not self._is_telling(family, given):
            return False
        as_family = (self._odds_by_use(word, self._given[word] - 1, self._family[word] - 1) for word in _words(given))
        as_given = (-self._odds_by_use(word, self._given[word] - 1, self._family[word] - 1) for word in _words(family))
        return max(as_family, key=abs, default=0.0) + max(as_given, key=abs, default=0.0) > _TELLING

    def _is_telling(self, given: str, family: str) -> bool:
        """Say whether the file has the pair, though names as rare as these two would hardly meet by chance."""
        if (given, family) not in self._pairs or (given, family) in self._doubted:
            return False
        return self._rows_of(self._given, given) * self._rows_of(self._family, family) < _BY_CHANCE * len(self._pairs)

    def _rows_of(self, counts: Counter[str], name: str) -> int:
        return min((counts[word] for word in _words(name)), default=0)

    def _as_family(self, name: str) -> float:
        """Log odds that a name which stands as a given name is a family name."""
        odds = [self._odds_of_family(word, self._given[word] - 1, self._family[word]) for word in _words(name)]
        return max(odds, key=abs, default=0.0)

    def _as_given(self, name: str) -> float:
        odds = [-self._odds_of_family(word, self._given[word], self._family[word] - 1) for word in _words(name)]
        return max(odds, key=abs, default=0.0)

    def _odds_of_family(self, word: str, given_uses: int, family_uses: int) -> float:
        return self._odds_by_use(word, given_uses, family_uses, self._endings.share_of_family(word))

    def _odds_by_use(self, word: str, given_uses: int, family_uses: int, share: float = 0.5) -> float:
        given, family = _without_slips(given_uses, family_uses)
        given += _KNOWN_USES * is_given_name(word)
        family += _KNOWN_USES * is_family_name(word)
        odds = math.log((family + self._new * share) / (given + self._new * (1 - share)))
        return max(-_MOST_BY_NAME, min(_MOST_BY_NAME, odds))


def least_log_odds(log_odds: Iterable[float], *, pairs: int, found: int) -> float:
    """Return the log odds from which a pair is certainly swapped, in a file of so many pairs of which `found` are known to be.

    The share of swapped pairs is the file's own (expectation maximisation, Dempster, Laird and Rubin 1977), shrunk towards what
    is usual: a file without a clear case gets no benefit of the doubt.
    """
    ratios = [math.exp(min(odds, _MOST)) for odds in log_odds if odds > -_MOST]
    share = _PRIOR
    for _ in range(_PRIOR_ROUNDS):
        odds = share / (1 - share)
        swapped = sum(odds * ratio / (1 + odds * ratio) for ratio in ratios)
        share = (swapped + found + _PRIOR * _PRIOR_ROWS) / (pairs + found + _PRIOR_ROWS)
    return _CERTAIN - math.log(share / (1 - share))


def _words(name: str) -> list[str]:
    return re.split(r"[\s-]+", name.strip())


def _without_slips(given: int, family: int) -> tuple[float, float]:
    """Return the counts less what swapped rows explain, at least half of each: a rare use may as well be a real one."""
    return max(given / 2, given - _CONTAMINATION * family), max(family / 2, family - _CONTAMINATION * given)
