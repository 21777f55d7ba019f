"""Forms of address and academic titles that stand before a name, split off.

Rules: what remains must be a name of its own; a word that is a title in one country and a name or an initial in another
(`Don`, `Pan`, `M.`) is only split off for customers of that country.
"""

import re

from analysis_worker.steps.correct.proposal import Change

_EVERYWHERE = frozenset(
    "mr mrs ms miss mister mx dr doctor prof professor sir rev frau herr herrn fräulein madame mme mlle mademoiselle "  # noqa: SIM905 - reads as one line
    "monsieur dott "
    "dhr mevr mevrouw mej drs ing dipl "
    "dipl-ing dipl-kfm dipl.-ing dipl.-kfm mag sra srta señor señora señorita doña sig sig.ra signor signora "
    "dott.ssa dr.-ing dr-ing pd ir fru mgr inż".split()
)
_BY_COUNTRY: dict[str, set[str]] = {
    "FR": {"m", "me", "mr"}, "BE": {"m", "me"}, "LU": {"m"}, "CH": {"m"},
    "ES": {"don", "sr", "d", "dª"}, "MX": {"don", "sr"}, "AR": {"don", "sr"}, "PT": {"sr", "dom"}, "BR": {"sr"}, "IT": {"don"},
    "PL": {"pan", "pani"}, "CZ": {"pan", "paní"}, "GB": {"dame", "lady"}, "SE": {"herr"},
}  # fmt: skip
_PAIRS = {"NL": ("de heer",), "BE": ("de heer",)}
_MAX_LENGTH = 200


def title_change(name: str, country: str | None) -> Change | None:
    """Return the name without the titles before it, None where there are none or nothing else would remain."""
    rest = name.strip()
    if len(rest) > _MAX_LENGTH:
        return None
    while (shorter := _without_one(rest, country)) is not None:
        rest = shorter
    if rest == name.strip() or sum(char.isalpha() for char in rest.split()[0]) < 2:  # noqa: PLR2004 - an initial is no name
        return None
    return Change(rule="name.title", after=rest, confidence=0.97)


def _without_one(text: str, country: str | None) -> str | None:
    for pair in _PAIRS.get(country or "", ()):
        if text.casefold().startswith(pair + " "):
            return text[len(pair) :].strip()
    head, _, rest = text.partition(" ")
    rest = rest.strip()
    # `Dr.Ada` is written without a space as often as with one.
    glued = re.fullmatch(r"((?:dr|prof|mr|mrs|ms)\.)([^\W\d_].*)", text, re.IGNORECASE)
    if glued:
        head, rest = glued.groups()
    word = head.casefold().rstrip(".,")
    local = _BY_COUNTRY.get(country or "", set())
    return rest if rest and (word in _EVERYWHERE or word in local) else None
