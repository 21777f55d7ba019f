"""How a trait is said: a column's low and high, and its levels, in the words of whoever reads a list of segments.

Rules: yes and no become the thing and "no" thing; a level that speaks for itself stands alone; other levels stand before their
column ("gold loyalty tier"), codes behind it ("language de"); what is counted is few or many, what lasts short or long, all
else low or high. A column's name is only split into words: it is never translated.
"""

import re

from analysis_worker.steps.segment.encoding import MISSING, OTHER

MAX_LEVEL = 30
_YES = frozenset({"true", "yes", "y", "t", "1", "1.0"})
_NO = frozenset({"false", "no", "n", "f", "0", "0.0"})
_KNOWN = {
    ("gender", "female"): "women",
    ("gender", "male"): "men",
    ("kind", "person"): "people",
    ("kind", "organisation"): "organisations",
    ("kind", "organization"): "organisations",
}
_CODES = frozenset({"code", "country", "currency", "id", "language", "locale", "number", "region", "store", "zip"})
_LASTING = frozenset({"age", "duration", "months", "tenure", "weeks", "years"})
_MONEY = frozenset({"charges", "costs", "earnings", "expenses", "fees", "payments", "sales", "savings", "takings"})
_SINCE = "days since "
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\s]+")
_SHORT_CODE = 3


def column_words(name: str) -> str:
    """`InternetService` and `internet_service` as `internet service`; abbreviations stay as they are."""
    parts = [part for part in _WORD_BREAK.split(name) if part]
    return " ".join(part if part.isupper() and len(part) > 1 else part[:1].lower() + part[1:] for part in parts) or name


def number_phrase(name: str, *, high: bool, very: bool) -> str:
    """`high monthly spend`, `many support calls`, `very long tenure`, `recent signup`."""
    told = column_words(name)
    if told.startswith(_SINCE):
        event = told.removeprefix(_SINCE).removesuffix(" date")
        return f"{event} long ago" if high else f"recent {event}"
    last = told.rpartition(" ")[2]
    pair = ("low", "high")
    if last in _LASTING:
        pair = ("short", "long")
    elif last.endswith("s") and not last.endswith(("ss", "us", "is")) and last not in _MONEY:
        pair = ("few", "many")
    return f"{'very ' if very else ''}{pair[high]} {told}"


def level_phrase(name: str, level: str) -> str:
    """`phone service`, `no phone service`, `fiber optic internet service`, `language de`, `loyalty tier unknown`."""
    told, said = column_words(name), level.strip()[:MAX_LEVEL].strip()
    folded = said.casefold()
    if level == MISSING:
        return f"{told} unknown"
    if level == OTHER:
        return f"a rarer {told}"
    if (told, folded) in _KNOWN:
        return _KNOWN[told, folded]
    thing = told.removeprefix("has ").removeprefix("is ")
    if folded in _YES:
        return thing
    if folded in _NO:
        return f"no {thing}"
    last = told.rpartition(" ")[2]
    if folded.startswith("no ") or last in folded.split():
        return _small(said)
    code = len(said) <= _SHORT_CODE and not said.isupper()
    behind = last in _CODES or code or any(letter.isdigit() for letter in said)
    return f"{told} {said}" if behind else f"{_small(said)} {told}"


def _small(said: str) -> str:
    """A level inside a sentence: its first letter small, unless it is a name or an abbreviation."""
    return said[:1].lower() + said[1:] if said[1:] == said[1:].lower() else said
