"""What the row itself says about the order of its two names: its full name and its e-mail addresses.

An address of a shape (`given.family`, `g.family`, `given_family`, `given` alone) is worth what addresses of that shape say in
the whole file: where nine of ten `a.b` put the given name first, one that does not says less than a `b71` that names the family
name alone. Rule: a shape of which the file has few is worth what all shapes are (Jelinek and Mercer 1980).
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from analysis_worker.steps.correct.emails import repair_syntax

# Addresses of a shape that weigh as much as what all shapes say.
_WEIGHT = 10.0
_MOST = math.log(40)
# Letters that do not come apart into a plain one and an accent.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "đ": "d", "\u0131": "i"})
# Beyond what addresses of the file say, a row that confirms its own order is not lightly overruled.
_DOUBT = 0.5


class Said(StrEnum):
    """What the row's full name and e-mail addresses say about the order of its two names."""

    SWAPPED = "swapped"
    SILENT = "silent"
    AS_IS = "as_is"
    CONFIRMED = "confirmed"


_OTHER_WAY = {Said.SWAPPED: Said.AS_IS, Said.AS_IS: Said.SWAPPED, Said.SILENT: Said.SILENT, Said.CONFIRMED: Said.CONFIRMED}


@dataclass(frozen=True, slots=True, order=True)
class Heard:
    """What a row says, and the shape of the address that says it (empty for a full name)."""

    said: Said
    shape: str = ""

    def exchanged(self) -> "Heard":
        return Heard(_OTHER_WAY[self.said], self.shape)


SILENT, CONFIRMED = Heard(Said.SILENT), Heard(Said.CONFIRMED)


def heard(given: str, family: str, full_name: str | None, emails: Iterable[str]) -> Heard:
    """Read the row's other fields; a full name in the present order settles it, contradicting addresses count as `AS_IS`."""
    full = " ".join(full_name.casefold().split()) if full_name else ""
    first, last = given.casefold().strip(), family.casefold().strip()
    if full == f"{first} {last}":
        return CONFIRMED
    written = (repair_syntax(email) or email for email in emails)
    boxes = {re.sub(r"[^a-z]", "", box): box for email in written if (box := email.partition("@")[0].casefold())}
    firsts, lasts = _plain(given), _plain(family)
    for said, forms in ((Said.AS_IS, _addresses(firsts, lasts)), (Said.SWAPPED, _addresses(lasts, firsts))):
        if shapes := sorted(forms[letters] + _separator(box) for letters, box in boxes.items() if letters in forms):
            return Heard(said, shapes[0])
        if said is Said.AS_IS and full == f"{last} {first}":
            return Heard(Said.SWAPPED)
    return SILENT


def _plain(text: str) -> frozenset[str]:
    """Return the letters of `text` as an address writes them: without accents, and umlauts either way."""
    lower = text.casefold().translate(_PLAIN)
    umlauts = lower.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    return frozenset(re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", form)) for form in (lower, umlauts))


def _addresses(firsts: Iterable[str], lasts: Iterable[str]) -> dict[str, str]:
    """Return the address forms, by shape, that name the first name (or initial) before the last (or initial), or alone."""
    return {
        form: shape
        for first in firsts
        for last in lasts
        if first and last
        for shape, form in (("alone", first), ("both", first + last), ("initial", first[0] + last), ("given", first + last[0]))
    }


def _separator(box: str) -> str:
    return re.sub(r"[a-z0-9]", "", box)[:1]


class NameOrder:
    """What the addresses of one state of the file are worth, as log odds that a row's names are exchanged."""

    def __init__(self, rows: Iterable[Heard]) -> None:
        self._counts = Counter(row for row in rows if row.said in (Said.AS_IS, Said.SWAPPED))
        self._all: Counter[Said] = Counter()
        for row, times in self._counts.items():
            self._all[row.said] += times

    def log_odds(self, row: Heard) -> float:
        if row.said is Said.SILENT:
            return 0.0
        worth = self._worth(row.shape)
        return worth if row.said is Said.SWAPPED else -abs(worth) - _DOUBT

    def _worth(self, shape: str) -> float:
        as_is, swapped = (self._all[said] + 1 for said in (Said.AS_IS, Said.SWAPPED))
        share = _WEIGHT / (as_is + swapped)
        own_as_is, own_swapped = (self._counts[Heard(said, shape)] for said in (Said.AS_IS, Said.SWAPPED))
        odds = math.log((own_as_is + share * as_is) / (own_swapped + share * swapped))
        return max(-_MOST, min(_MOST, odds))
