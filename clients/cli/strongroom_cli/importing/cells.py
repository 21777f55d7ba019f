"""What one cell says: parsers that answer a value, or None for text that is not certainly one.

Rules: a parser never guesses between two readings: what could be two dates stays text, for the worker to decide with the
whole column before it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Literal

from strongroom_cli.currencies import minor_digits

DateOrder = Literal["day_first", "month_first", ""]

PLACEHOLDERS = frozenset(
    [
        "n/a",
        "#n/a",
        "n.a.",
        "na",
        "null",
        "none",
        "nil",
        "nan",
        "-",
        "--",
        "---",
        ".",
        "?",
        "??",
        "unknown",
        "unbekannt",
        "inconnu",
        "desconocido",
        "k.a.",
        "tbd",
        "xxx",
        "missing",
        "undefined",
    ]
) | {"not available", "not known", "#null!", "#value!"}
_SURE_PLACEHOLDERS = frozenset({"n/a", "#n/a", "n.a.", "null", "nan", "?", "??", "#null!", "#value!", "-", "--"})

_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMERIC_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?)?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WORD_DATE = re.compile(r"(\d{1,2})[ .-]+([A-Za-z]{3,9})[ .,-]+(\d{4})|([A-Za-z]{3,9}) (\d{1,2}),? (\d{4})")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_PHONE = re.compile(r"[+\uff0b]?[\d\s().\-/\u2013\u2011\u00b7\u00a0]+(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?", re.IGNORECASE)
_PHONE_CUT = re.compile(r"\s*(?:[;,|\n&]|\s/\s|\sor\s|\soder\s|\sou\s|\sund\s|\sand\s|\so\s)\s*", re.IGNORECASE)
_FEWEST_PHONE_DIGITS, _MOST_PHONE_DIGITS = 5, 20
_TRUE = frozenset(["true", "yes", "y", "ja", "j", "oui", "si", "sí", "sim", "wahr", "t", "on"])
_FALSE = frozenset(["false", "no", "n", "nein", "non", "não", "falsch", "f", "off"])
_INT64 = 2**63
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,.' \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?")
_SYMBOLS = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "zł": "PLN", "₹": "INR"}
_AMOUNT = re.compile(
    r"(?P<before>[A-Za-z€£$¥₹ł]{1,3})?\s*(?P<number>[+-]?[\d.,' \u00a0\u202f]*\d)\s*"
    r"(?P<kilo>[kK])?\s*(?P<after>[A-Za-z€£$¥₹ł]{1,3})?"
)
_THREE_DECIMALS = re.compile(r"[+-]?\d+[.,]\d{3}")
_MOST_DECIMALS = 3


def is_placeholder(text: str) -> bool:
    return text.casefold() in PLACEHOLDERS


def is_sure_placeholder(text: str) -> bool:
    """Whether text means nothing even where any word could be a category."""
    return text.casefold() in _SURE_PLACEHOLDERS


def parse_date(text: str, order: DateOrder = "") -> str | None:
    """Return YYYY-MM-DD, None where it is no date or could be two."""
    if match := _ISO_DATE.fullmatch(text):
        return _iso(int(match[1]), int(match[2]), int(match[3]))
    if match := _COMPACT_DATE.fullmatch(text):
        return _iso(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMERIC_DATE.fullmatch(text):
        return _numeric_date(int(match[1]), int(match[3]), int(match[4]), dotted=match[2] == ".", order=order)
    if match := _WORD_DATE.fullmatch(text):
        day, word, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        month = next((number for number, name in enumerate(_MONTHS, 1) if word.lower().startswith(name)), 0)
        return _iso(int(year), month, int(day))
    return None


def date_order(texts: list[str]) -> DateOrder:
    """Return the order that the unmistakable dates of a column agree on, "" where they do not."""
    found: set[DateOrder] = set()
    for text in texts:
        if match := _NUMERIC_DATE.fullmatch(text):
            first, second = int(match[1]), int(match[3])
            if match[2] != "." and first != second and (first > 12) != (second > 12):  # noqa: PLR2004 - months in a year
                found.add("day_first" if first > second else "month_first")
    return found.pop() if len(found) == 1 else ""


def _numeric_date(first: int, second: int, year: int, *, dotted: bool, order: DateOrder) -> str | None:
    if dotted:
        return _iso(year, second, first)
    readings = {found for found in (_iso(year, second, first), _iso(year, first, second)) if found}
    if len(readings) == 1:
        return readings.pop()
    if order == "day_first":
        return _iso(year, second, first)
    return _iso(year, first, second) if order == "month_first" else None


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def parse_moment(text: str, order: DateOrder = "") -> datetime | None:
    """Return a point in time; one without a zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        found = parse_date(text, order)
        if found is None:
            return None
        moment = datetime.fromisoformat(f"{found}T{_clock(text)}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clock(text: str) -> str:
    match = re.search(r"\b(\d{1,2}):(\d{2})(?::(\d{2}))?", text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:  # noqa: PLR2004 - hours and minutes
        return "00:00:00"
    return f"{int(match[1]):02d}:{match[2]}:{match[3] or '00'}"


def parse_int(text: str) -> int | None:
    try:
        value = (
            int(text)
            if re.fullmatch(r"[+-]?\d{1,19}", text, re.ASCII)
            else int(float(text))
            if re.fullmatch(r"[+-]?\d+\.0+", text)
            else None
        )
    except (ValueError, OverflowError):
        return None
    return value if value is not None and -_INT64 <= value < _INT64 else None


def parse_number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def parse_bool(text: str) -> bool | None:
    folded = text.casefold()
    return True if folded in _TRUE else False if folded in _FALSE else None


def split_phones(text: str) -> list[str] | None:
    """Return the numbers in a cell, None where a part is no phone number."""
    parts = [part.strip() for part in _PHONE_CUT.split(text) if part and part.strip()]
    return parts if parts and all(map(_is_phone, parts)) else None


def _is_phone(text: str) -> bool:
    digits = sum(char.isdigit() for char in text)
    return _FEWEST_PHONE_DIGITS <= digits <= _MOST_PHONE_DIGITS and _PHONE.fullmatch(text) is not None


def split_emails(text: str) -> list[str] | None:
    """Return the addresses in a cell; one that is only nearly an address stays whole, for the worker to repair."""
    parts = [part for part in re.split(r"[;,|\s]+", text) if part]
    if len(parts) > 1 and all(part.count("@") == 1 and "." in part.rpartition("@")[2] for part in parts):
        return parts
    like_one = "@" in text or re.search(r"\S(?: at |\(at\)|\[at\])\S", text) or re.fullmatch(r"[\w.+-]+\.[A-Za-z]{2,}", text)
    return [text] if like_one else None


def parse_minor_units(text: str, currency: str = "") -> tuple[int, str] | None:
    """Return an amount in minor units and the currency that the cell names ("" if none): `£45,000.50`, `45.000 EUR`, `45k`."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    words = [word for word in (match["before"], match["after"]) if word]
    named = [code for code in map(parse_currency, words) if code]
    chosen = named[0] if named else ""
    digits = minor_digits(chosen or currency)
    number = _plain_number(match["number"], digits)
    if number is None or len(named) != len(words) or len(set(named)) > 1:
        return None
    minor = round(number * (1000 if match["kilo"] else 1) * 10**digits)
    return (minor, chosen) if abs(minor) < _INT64 else None


def _plain_number(text: str, decimals: int) -> float | None:
    if decimals == _MOST_DECIMALS and _THREE_DECIMALS.fullmatch(text):
        return float(text.replace(",", "."))  # 12.345 KWD are twelve dinars
    if not _GROUPED.fullmatch(text):  # three digits behind a single mark are thousands: nobody earns 45.000 with mills
        return float(text.replace(",", ".")) if re.fullmatch(r"[+-]?\d+(?:[.,]\d{1,2}|\.\d+)?", text) else None
    marks = [char for char in text if not char.isdigit() and char not in "+-"]
    last = marks[-1] if len(set(marks)) > 1 else ""  # two kinds of marks: the last one is the decimal point
    cleaned = "".join(char for char in text if char.isdigit() or char in "+-" or char == last)
    return float(cleaned.replace(last, ".") if last else cleaned)


def parse_currency(text: str) -> str | None:
    upper = text.strip().upper()
    return upper if re.fullmatch(r"[A-Z]{3}", upper) else _SYMBOLS.get(text.strip().lower())
