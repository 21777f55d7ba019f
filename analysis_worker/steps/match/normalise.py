"""Source spelling to comparable spelling: pure functions on one cell, text in, text or None out.

Rules: a placeholder ("n/a", "unknown", "0000000") is absent, never a value; accents, case, punctuation and repeated
whitespace do not distinguish people; scripts other than Latin are kept as they are; nothing is ever raised for a cell.
"""

import re
import unicodedata

MAX_CELL_CHARS = 200
"""Longer cells are cut: edit distance is quadratic, and no name, street or identifier needs more."""

PLACEHOLDERS = frozenset(
    {
        *("na", "n a", "none", "null", "nil", "nan", "unknown", "unk", "unspecified", "undefined", "missing", "empty"),
        *("blank", "test", "testing", "tbd", "tba", "tbc", "dummy", "anonymous", "x", "xx", "xxx", "xxxx", "n n"),
        *("not applicable", "not available", "not known", "not given", "not provided", "no name", "noname", "no email"),
        *("noemail", "no reply", "noreply", "no phone", "nophone", "keine", "keine angabe", "unbekannt", "inconnu"),
        *("desconocido", "sconosciuto", "onbekend", "asdf", "qwerty", "nobody"),
    }
)

_SEPARATORS = re.compile(r"[\W_]+", re.UNICODE)
_APOSTROPHES = re.compile("(?<=\\w)['\u2019`\u00b4](?=\\w)")
_ASCII_WORDS = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_NON_DIGITS = re.compile(r"[^0-9]+")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/. ]{0,2}([0-9]{1,2})[-/. ]{0,2}([0-9]{1,2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/. ]{1,2}([0-9]{1,2})[-/. ]{1,2}([0-9]{4}|[0-9]{2})")
_MONTH_NAMED = re.compile(
    r"(?:([0-9]{1,2})[. -]{0,2})?([^\W\d_]{3,})[. -]{0,2}(?:([0-9]{1,2})(?:st|nd|rd|th)?)?[, -]{1,2}([0-9]{4})"
)
_MONTH_STEMS = {
    **dict.fromkeys(("jan", "ene", "gen"), 1),
    **dict.fromkeys(("feb", "fev", "fév"), 2),
    **dict.fromkeys(("mar", "mär", "maa", "mrt", "mrz"), 3),
    **dict.fromkeys(("apr", "avr", "abr"), 4),
    **dict.fromkeys(("may", "mai", "mei", "mag"), 5),
    **dict.fromkeys(("jun", "giu"), 6),
    **dict.fromkeys(("jul", "lug"), 7),
    **dict.fromkeys(("aug", "aou", "aoû", "ago"), 8),
    **dict.fromkeys(("sep", "set"), 9),
    **dict.fromkeys(("oct", "okt", "ott", "out"), 10),
    **dict.fromkeys(("nov",), 11),
    **dict.fromkeys(("dec", "dez", "dic", "déc"), 12),
}
_STAND_IN_DATES = frozenset({"19000101", "19700101", "99991231"})
"""What forms and systems write where nobody knows the date."""
_GENDERS = {
    **dict.fromkeys(("m", "male", "man", "mr", "herr", "h", "homme", "hombre", "mann", "boy", "monsieur", "sr"), "male"),
    **dict.fromkeys(("f", "female", "woman", "mrs", "ms", "miss", "frau", "w", "femme", "mujer", "girl", "madame"), "female"),
    **dict.fromkeys(("weiblich", "femenino", "sra", "mme"), "female"),
    **dict.fromkeys(("maennlich", "mannlich", "masculino"), "male"),
}
_LETTER_FOLDS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "\u0131": "i"})

_NUMBER_FIRST = re.compile(r"(?P<number>[0-9]+ ?[a-z]?) (?P<name>\w.*)")
_NUMBER_LAST = re.compile(r"(?P<name>.*[^0-9 ]) (?P<number>[0-9]+ ?[a-z]?)")
_STREET_KINDS = {
    **dict.fromkeys(("street", "str", "strasse"), "st"),
    **dict.fromkeys(("road", "rd"), "rd"),
    **dict.fromkeys(("avenue", "ave", "av"), "ave"),
    **dict.fromkeys(("drive", "dr", "drv"), "dr"),
    **dict.fromkeys(("place", "pl"), "pl"),
    **dict.fromkeys(("court", "crt", "ct"), "ct"),
    **dict.fromkeys(("crescent", "cres", "cr"), "cres"),
    **dict.fromkeys(("lane", "ln"), "ln"),
    **dict.fromkeys(("boulevard", "blvd"), "blvd"),
    **dict.fromkeys(("square", "sq"), "sq"),
    **dict.fromkeys(("circuit", "cct"), "cct"),
}
_DOUBLED = re.compile(r"(.)\1+", re.DOTALL)
_SOUNDS = str.maketrans("aeiouyhwckqgjzsxvfbpdtmn", "........kkkkssssffppttnn")

_AGE_MAX = 120
_PHONE_KEY_DIGITS = 9
_PHONE_MIN_DIGITS = 6
_DATE_DIGITS = 8
_YEAR_DIGITS = 4
_MONTHS = 12
_CENTURY_PIVOT = 25


def folded(cell: str) -> str | None:
    """Lower-case words without accents or punctuation, single spaces between; None when nothing or a placeholder is left."""
    text = cell[:MAX_CELL_CHARS]
    if text.isascii():  # most are, and this takes a fifth of the time
        bare = _APOSTROPHES.sub("", text) if "'" in text or "`" in text else text
        text = " ".join(bare.translate(_ASCII_WORDS).split())
    else:
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
        text = text.casefold().translate(_LETTER_FOLDS)
        text = _SEPARATORS.sub(" ", _APOSTROPHES.sub("", text)).strip()
    return None if not text or text in PLACEHOLDERS else text


def date_digits(cell: str) -> str | None:
    """A date as yyyymmdd, or the digits that the source wrote when it is no calendar date (`1852-00-01`)."""
    text = cell.strip()[:MAX_CELL_CHARS]
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups()
        return _known_date(f"{year}{month:0>2}{day:0>2}")
    if found := _YEAR_LAST.fullmatch(text):
        day, month, year = found.groups()
        if int(month) > _MONTHS >= int(day):
            day, month = month, day
        return _known_date(f"{_four_digits(year)}{month:0>2}{day:0>2}")
    if found := _MONTH_NAMED.fullmatch(text.casefold()):
        before, name, after, year = found.groups()
        named, day = _month_number(name), before or after
        if named and day and not (before and after):
            return _known_date(f"{year}{named:02}{day:0>2}")
    digits = _NON_DIGITS.sub("", text)[:_DATE_DIGITS]
    return _unless_repeated(digits) if digits else folded(text)


def _month_number(name: str) -> int | None:
    if name.startswith(("juin", "juil")):  # the two that share their first three letters
        return 6 if name.startswith("juin") else 7
    return _MONTH_STEMS.get(name[:3])


def _known_date(digits: str) -> str | None:
    return None if digits in _STAND_IN_DATES else _unless_repeated(digits)


def gender_word(cell: str) -> str | None:
    """One word for the spellings of a gender or a form of address; others as written."""
    text = folded(cell)
    return None if text is None else _GENDERS.get(text, text)


def email_key(cell: str) -> str | None:
    """The address in lower case without spaces; None without a local part or when the local part is a placeholder."""
    text = "".join(cell[:MAX_CELL_CHARS].casefold().split()).removeprefix("mailto:").strip("<>,;")
    local = text.partition("@")[0]
    return None if folded(local) is None else text


def phone_key(cell: str) -> str | None:
    """The last nine digits: local and international spellings of one number share them."""
    digits = _NON_DIGITS.sub("", cell[:MAX_CELL_CHARS])
    return _unless_repeated(digits[-_PHONE_KEY_DIGITS:]) if len(digits) >= _PHONE_MIN_DIGITS else None


def identifier_key(cell: str) -> str | None:
    """Letters and digits only, lower case; None for one repeated character."""
    text = folded(cell)
    return None if text is None else _unless_repeated(text.replace(" ", ""))


def sorted_tokens(*parts: str | None) -> str | None:
    """All words of a name in alphabetical order, so that swapped given and family names are equal."""
    words = sorted(word for part in parts if part for word in part.split())
    return " ".join(words) if words else None


def split_full_name(cell: str) -> tuple[str | None, str | None]:
    """Given and family name of "Given Family" or "Family, Given"; a single word is a family name."""
    before, comma, after = cell.partition(",")
    if comma:
        return folded(after), folded(before)
    words = (folded(cell) or "").split()
    if not words:
        return None, None
    return " ".join(words[:-1]) or None, words[-1]


def _unless_repeated(text: str) -> str | None:
    """None for "00000000" or "xxxxx": typed to get past a form. One character alone is kept."""
    return None if len(text) > 1 and text == text[0] * len(text) else text or None


def age_years(cell: str) -> str | None:
    """A stated age in whole years, 0 to 120."""
    digits = cell.strip().partition(".")[0]
    return digits.lstrip("0") or "0" if digits.isascii() and digits.isdigit() and int(digits[:4]) <= _AGE_MAX else None


def house_number(cell: str) -> str | None:
    """A house number without spaces: "12 b" and "12B" are one."""
    text = folded(cell.partition(".")[0] if cell.endswith(".0") else cell)
    return None if text is None else text.replace(" ", "").lstrip("0") or None


def split_street(cell: str) -> tuple[str | None, str | None]:
    """House number and street name of "12b High Street" or "Hauptstrasse 7"; the number is None where there is none."""
    text = folded(cell)
    if text is None:
        return None, None
    if found := _NUMBER_FIRST.fullmatch(text) or _NUMBER_LAST.fullmatch(text):
        parts = found.groupdict()
        return parts["number"].replace(" ", "").lstrip("0") or None, _short_street(parts["name"])
    return None, _short_street(text)


def skeleton(word: str) -> str:
    """A cheap phonetic key: sound-alike consonants merged, vowels after the first letter and doubled sounds dropped."""
    sounds = word.replace("ph", "f").translate(_SOUNDS)
    return _DOUBLED.sub(r"\1", sounds[:1] + sounds[1:].replace(".", ""))


def _four_digits(year: str) -> str:
    """Nobody in a customer file is born after the pivot, and few are over a hundred."""
    if len(year) == _YEAR_DIGITS:
        return year
    return f"20{year}" if int(year) <= _CENTURY_PIVOT else f"19{year}"


def _short_street(name: str) -> str:
    """Street kinds in one spelling, so that "st" and "street" are equal."""
    return " ".join(_STREET_KINDS.get(word, word) for word in name.split())
