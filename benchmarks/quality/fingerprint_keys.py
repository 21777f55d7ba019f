"""The peer of the correct step: clustering by fingerprint keys, as OpenRefine offers it for every text column.

Method as its documentation describes it: trim, lower case, no punctuation, accents folded, words sorted and without repeats;
values with one key become the commonest of them. Written here from that description, for comparison only.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping


def fingerprint(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.strip().lower())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return " ".join(sorted(set(re.sub(r"[^\w\s]", "", plain).split())))


def merged(values: Iterable[str]) -> Mapping[str, str]:
    """Return what every value becomes when each cluster takes its commonest spelling; unchanged ones are left out."""
    clusters: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for value in values:
        if value:
            clusters[fingerprint(value)][value] += 1
    found: dict[str, str] = {}
    for key, spellings in clusters.items():
        best = min(spellings, key=lambda text: (-spellings[text], text))
        if key:
            found |= {text: best for text in spellings if text != best}
    return found
