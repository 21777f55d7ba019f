"""Given and family name in each other's place, where the file proves it.

Rules: both names must be used almost only on the other side, by many different pairs of the file; fewer suffice when the
full name or the e-mail address of the row writes them the other way round, and none suffices when these write them as they
stand. Decided to a fixed point, so a corrected file stays as it is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum

# Distinct pairs that must use a name on its proper side, with and without the row's own word for it.
_PARTNERS_SUPPORTED = 6
_PARTNERS_ALONE = 20
_ONE_SIDED = 20


class Support(Enum):
    """What the row's full name and e-mail addresses say about the order of its two names."""

    SWAPPED = "swapped"
    SILENT = "silent"
    AS_IS = "as_is"


Names = tuple[str, str, Support]


def support(given: str, family: str, full_name: str | None, emails: Iterable[str]) -> Support:
    """Read the row's other fields; a contradiction among them counts as `AS_IS`."""
    first, last = given.casefold().strip(), family.casefold().strip()
    full = " ".join(full_name.casefold().split()) if full_name else ""
    boxes = {email.partition("@")[0].casefold().replace("_", ".").replace("-", ".") for email in emails}
    if full == f"{first} {last}" or f"{first}.{last}" in boxes:
        return Support.AS_IS
    return Support.SWAPPED if full == f"{last} {first}" or f"{last}.{first}" in boxes else Support.SILENT


class SwapEvidence:
    """Which (given, family, support) are certainly swapped; counted over distinct ones, so copies prove nothing."""

    def __init__(self, names: Iterable[Names]) -> None:
        standing = {(given.casefold(), family.casefold(), said) for given, family, said in names}
        self._swapped: set[Names] = set()
        while True:
            found = _proven(standing) - self._swapped
            if not found:
                break
            self._swapped |= found
            standing = standing - found | {_exchanged(names) for names in found}

    def is_swapped(self, given: str, family: str, said: Support) -> bool:
        return (given.casefold(), family.casefold(), said) in self._swapped


def _exchanged(names: Names) -> Names:
    given, family, said = names
    return family, given, Support.AS_IS if said is Support.SWAPPED else said


def _proven(standing: set[Names]) -> set[Names]:
    pairs = {(given, family) for given, family, _ in standing}
    as_given = Counter(given for given, _ in pairs)
    as_family = Counter(family for _, family in pairs)
    return {
        (given, family, said)
        for given, family, said in standing
        if said is not Support.AS_IS
        and given != family
        and _elsewhere(given, as_family, as_given, said)
        and _elsewhere(family, as_given, as_family, said)
    }


def _elsewhere(name: str, proper: Mapping[str, int], here: Mapping[str, int], said: Support) -> bool:
    needed = _PARTNERS_SUPPORTED if said is Support.SWAPPED else _PARTNERS_ALONE
    share = 3 if said is Support.SWAPPED else _ONE_SIDED
    return proper.get(name, 0) >= max(needed, share * here.get(name, 0))
