"""Given and family name in each other's place, where the file proves it.

Rules: what the file's other pairs say about the two names must be next to certain (`swap_odds.py`); less suffices when the
e-mail address of the row writes them the other way round in a file whose addresses put the given name first, much more is
asked for when it writes them as they stand (`name_order.py`), and nothing suffices when the full name does. Decided to a fixed
point, so a corrected file stays as it is.
"""

import unicodedata
from collections.abc import Iterable

from analysis_worker.steps.correct.name_order import Heard, NameOrder, Said
from analysis_worker.steps.correct.swap_odds import SwapOdds, least_log_odds

Names = tuple[str, str, Heard]


def _key(name: str) -> str:
    """Return one key for a name with and without its accents."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))


class SwapEvidence:
    """Which (given, family, what the row says) are certainly swapped; counted over distinct ones, so copies prove nothing."""

    def __init__(self, names: Iterable[Names]) -> None:
        standing = {(_key(given), _key(family), row) for given, family, row in names}
        self._swapped: set[Names] = set()
        while True:
            found = _proven(standing, len(self._swapped)) - self._swapped
            if not found:
                break
            self._swapped |= found
            standing = standing - found | {_exchanged(names) for names in found}

    def is_swapped(self, given: str, family: str, row: Heard) -> bool:
        return (_key(given), _key(family), row) in self._swapped


def _exchanged(names: Names) -> Names:
    given, family, row = names
    return family, given, row.exchanged()


def _proven(standing: set[Names], found: int) -> set[Names]:
    doubted = ((given, family) for given, family, row in standing if row.said is Said.SWAPPED)
    odds = SwapOdds(((given, family) for given, family, _ in standing), doubted)
    order = NameOrder(row for _, _, row in standing)
    judged = {
        (given, family, row): odds.log_odds(given, family) + order.log_odds(row)
        for given, family, row in sorted(standing)
        if given != family and row.said is not Said.CONFIRMED
    }
    least = least_log_odds(judged.values(), pairs=len(standing), found=found)
    return {names for names, log_odds in judged.items() if log_odds >= least}
