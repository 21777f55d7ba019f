"""Postcodes in the form of their country: case, spaces, hyphens, and zeros that a spreadsheet ate.

Rules: without a known country nothing is said; a result must match the country's full pattern; digits are never guessed.
Sources: Universal Postal Union addressing guides per country; BS 7666 for the British pattern.
"""

import re
from dataclasses import dataclass

from analysis_worker.steps.correct.proposal import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How a country writes its postcode: over the bare letters and digits, `pattern`; then `layout` groups them."""

    pattern: re.Pattern[str]
    groups: tuple[int, ...] = ()
    separator: str = " "
    lost_zeros: int = 0

    def write(self, bare: str) -> str:
        if not self.groups:
            return bare
        parts, start = [], 0
        for size in self.groups:
            parts.append(bare[start : start + size])
            start += size
        return self.separator.join([*parts, bare[start:]])


def _digits(count: int, *groups: int, separator: str = " ", lost_zeros: int = 0) -> _Form:
    return _Form(pattern=re.compile(rf"\d{{{count}}}"), groups=groups, separator=separator, lost_zeros=lost_zeros)


# Only case and space change, so the outline is enough; whether such a code was ever issued is not this rule's question.
_GB = re.compile(r"(GIR0AA|[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-Z]?[0-9][A-Z]{2})")
_CA = re.compile(r"[ABCEGHJ-NPRSTVXY][0-9][ABCEGHJ-NPRSTV-Z][0-9][ABCEGHJ-NPRSTV-Z][0-9]")
_NL = re.compile(r"[1-9][0-9]{3}(?!SA|SD|SS)[A-Z]{2}")
_IE = re.compile(r"([AC-FHKNPRTV-Y][0-9]{2}|D6W)[0-9AC-FHKNPRTV-Y]{4}")

_FORMS = {
    "CA": _Form(pattern=_CA, groups=(3,)), "NL": _Form(pattern=_NL, groups=(4,)), "IE": _Form(pattern=_IE, groups=(3,)),
    "DE": _digits(5, lost_zeros=1),
    "FR": _digits(5, lost_zeros=1), "ES": _digits(5, lost_zeros=1), "IT": _digits(5, lost_zeros=2),
    "FI": _digits(5, lost_zeros=2), "AT": _digits(4), "CH": _digits(4), "LI": _digits(4), "BE": _digits(4), "DK": _digits(4),
    "NO": _digits(4, lost_zeros=1), "LU": _digits(4), "AU": _digits(4, lost_zeros=1), "NZ": _digits(4, lost_zeros=1),
    "SE": _digits(5, 3), "CZ": _digits(5, 3), "SK": _digits(5, 3, lost_zeros=1), "GR": _digits(5, 3), "HU": _digits(4),
    "PL": _digits(5, 2, separator="-", lost_zeros=1), "PT": _digits(7, 4, separator="-"), "JP": _digits(7, 3, separator="-"),
    "BR": _digits(8, 5, separator="-", lost_zeros=1), "IN": _digits(6), "MX": _digits(5, lost_zeros=1),
    "SG": _digits(6, lost_zeros=1),
    "KR": _digits(5, lost_zeros=1), "RO": _digits(6, lost_zeros=1), "BG": _digits(4), "HR": _digits(5), "SI": _digits(4),
    "EE": _digits(5), "TR": _digits(5, lost_zeros=1), "ZA": _digits(4, lost_zeros=2), "UA": _digits(5, lost_zeros=1),
}  # fmt: skip
_PREFIXED = frozenset("DE AT CH BE DK NO FR LU SE FI ES IT LI CZ SK HU PL PT NL".split())  # noqa: SIM905 - reads as one line
# Where the vehicle plate is not the first letter of the code.
_OLD_PREFIX = {"FI": "SF", "LI": "FL", "HU": "H"}

# States and territories whose ZIP codes start with 0, with the second digit that each may have.
_US_ZERO = {
    "MA": "12", "RI": "2", "NH": "3", "ME": "34", "VT": "5", "CT": "6", "NJ": "78",
    "MASSACHUSETTS": "12", "RHODE ISLAND": "2", "NEW HAMPSHIRE": "3", "MAINE": "34", "VERMONT": "5", "CONNECTICUT": "6",
    "NEW JERSEY": "78",
}  # fmt: skip


def postcode_change(text: str, country: str | None, region: str | None) -> Change | None:
    """Return the postcode as `country` (alpha-2) writes it; `region` only confirms zeros of American ZIP codes."""
    if not country or not text.strip() or len(text) > 32 or not text.isascii():  # noqa: PLR2004 - the field's own limit
        return None
    bare = _bare(text, country)
    if bare is None:
        return None
    if country == "GB":
        written = f"{bare[:-3]} {bare[-3:]}"
        change = Change(rule="postcode.form", after=written, confidence=0.98) if _GB.fullmatch(bare) else None
    elif country in ("US", "PR"):
        change = _zip(bare, (region or "").strip().upper())
    else:
        change = _by_form(bare, country)
    return change if change is not None and change.after != text else None


def _bare(text: str, country: str) -> str | None:
    upper = text.strip().upper()
    number = re.fullmatch(r"(\d{3,8})\.0", upper)  # a number cell of a spreadsheet
    if number:
        return number.group(1)
    prefix = re.match(r"([A-Z]{1,2})\s*-\s*(?=\d)", upper)
    if (
        prefix
        and (country in _PREFIXED or country in ("US", "AU"))
        and prefix.group(1) in (country, country[0], _OLD_PREFIX.get(country))
    ):
        upper = upper[prefix.end() :]
    return re.sub(r"[ \-.]", "", upper) if re.fullmatch(r"[A-Z0-9]+([ \-.]+[A-Z0-9]+){0,3}\.?", upper) else None


def _by_form(bare: str, country: str) -> Change | None:
    form = _FORMS.get(country)
    if form is None:
        return None
    if form.pattern.fullmatch(bare):
        return Change(rule="postcode.form", after=form.write(bare), confidence=0.98)
    for zeros in range(1, form.lost_zeros + 1):
        padded = "0" * zeros + bare
        if bare.isdigit() and not bare.startswith("0") and form.pattern.fullmatch(padded):
            return Change(rule="postcode.leading_zero", after=form.write(padded), confidence=0.92 - 0.1 * (zeros - 1))
    return None


def _zip(bare: str, region: str) -> Change | None:
    if not bare.isdigit():
        return None
    if len(bare) in (5, 9):
        written = bare if len(bare) == 5 else f"{bare[:5]}-{bare[5:]}"  # noqa: PLR2004 - ZIP and ZIP+4
        return Change(rule="postcode.form", after=written, confidence=0.98)
    if len(bare) not in (4, 8) or bare.startswith("0"):
        return None
    if region and bare[0] not in _US_ZERO.get(region, ""):
        return None
    padded = "0" + bare
    written = padded if len(padded) == 5 else f"{padded[:5]}-{padded[5:]}"  # noqa: PLR2004 - ZIP and ZIP+4
    return Change(rule="postcode.leading_zero", after=written, confidence=0.97 if region else 0.8)
