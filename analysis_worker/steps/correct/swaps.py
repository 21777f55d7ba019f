"""Given and family name in each other's place, where the file proves it.

Rules: what the file's other pairs say about the two names must be next to certain (`swap_odds.py`); less suffices when the
e-mail address of the row writes them the other way round in a file whose addresses put the given name first, much more is
asked for when it writes them as they stand, and nothing suffices when the full name does. Decided to a fixed point, so a
corrected file stays as it is.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from analysis_worker.steps.correct.swap_odds import Said, SwapOdds, least_log_odds

Names = tuple[str, str, Said]
_OTHER_WAY = {Said.SWAPPED: Said.AS_IS, Said.AS_IS: Said.SWAPPED, Said.SILENT: Said.SILENT, Said.CONFIRMED: Said.CONFIRMED}


def _plain(text: str) -> frozenset[str]:
    """Return the letters of `text` as an address writes them: without accents, and umlauts either way."""
    lower = text.casefold()
    umlauts = lower.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return frozenset(re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", form)) for form in (lower, umlauts))


def _key(name: str) -> str:
    """Return one key for a name with and without its accents."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in folded if not unicodedata.combining(char))


def support(given: str, family: str, full_name: str | None, emails: Iterable[str]) -> Said:
    """Read the row's other fields; a full name in the present order settles it, contradicting addresses count as `AS_IS`."""
    full = " ".join(full_name.casefold().split()) if full_name else ""
    first, last = given.casefold().strip(), family.casefold().strip()
    boxes = {re.sub(r"[^a-z]", "", email.partition("@")[0].casefold()) for email in emails}
    firsts, lasts = _plain(given), _plain(family)
    if full == f"{first} {last}":
        return Said.CONFIRMED
    if boxes & _addresses(firsts, lasts):
        return Said.AS_IS
    return Said.SWAPPED if full == f"{last} {first}" or boxes & _addresses(lasts, firsts) else Said.SILENT


def _addresses(firsts: Iterable[str], lasts: Iterable[str]) -> set[str]:
    """Return the address forms that name the given name, or its initial, before the family name or its initial, or alone."""
    return {
        form
        for first in firsts
        for last in lasts
        if first and last
        for form in (first, first + last, first[0] + last, first + last[0])
    }


class SwapEvidence:
    """Which (given, family, support) are certainly swapped; counted over distinct ones, so copies prove nothing."""

    def __init__(self, names: Iterable[Names]) -> None:
        standing = {(_key(given), _key(family), said) for given, family, said in names}
        self._swapped: set[Names] = set()
        while True:
            found = _proven(standing, len(self._swapped)) - self._swapped
            if not found:
                break
            self._swapped |= found
            standing = standing - found | {_exchanged(names) for names in found}

    def is_swapped(self, given: str, family: str, said: Said) -> bool:
        return (_key(given), _key(family), said) in self._swapped


def _exchanged(names: Names) -> Names:
    given, family, said = names
    return family, given, _OTHER_WAY[said]


def _proven(standing: set[Names], found: int) -> set[Names]:
    heard = Counter(said for _, _, said in standing)
    odds = SwapOdds({(given, family) for given, family, _ in standing}, as_is=heard[Said.AS_IS], swapped=heard[Said.SWAPPED])
    judged = {
        names: odds.log_odds(*names) for names in sorted(standing) if names[0] != names[1] and names[2] is not Said.CONFIRMED
    }
    least = least_log_odds(judged.values(), pairs=len(standing), found=found)
    return {names for names, log_odds in judged.items() if log_odds >= least}
