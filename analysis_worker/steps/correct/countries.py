"""Country names and codes to ISO 3166-1 alpha-2.

Names in some twenty languages come from the locale table that `phonenumbers` carries; codes of three letters and everyday
aliases are listed here. A name that means two countries (`Georgia`, `Congo`) is never decided.
"""

import re
import unicodedata
from functools import lru_cache

from analysis_worker.steps.correct.country_codes import ALIASES, ALPHA_3, AMBIGUOUS, PARTS
from analysis_worker.steps.correct.proposal import Change


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(ALPHA_3.values())


def is_country_code(text: str) -> bool:
    return text in _codes()


def _key(text: str) -> str:
    """Fold case, accents, punctuation and a leading article, so `U.S.A.` and `usa` are one key."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    spaced = re.sub(r"[^\w]+", " ", re.sub(r"[.'\u2019]", "", letters)).strip()
    return spaced.removeprefix("the ")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    # Loaded on first use: the table costs most of a second to import.
    from phonenumbers.geodata.locale import LOCALE_DATA

    codes_by_name: dict[str, set[str]] = {}
    for code, names in LOCALE_DATA.items():
        if not is_country_code(code):
            continue
        for name in names.values():
            if name and not name.startswith("*"):
                codes_by_name.setdefault(_key(name), set()).add(code)
    found = {key: next(iter(codes)) for key, codes in codes_by_name.items() if len(codes) == 1}
    found |= {_key(alias): code for alias, code in ALIASES.items()}
    return {key: code for key, code in found.items() if key not in AMBIGUOUS}


@lru_cache(maxsize=4096)
def country_code(text: str) -> str | None:
    """Return the alpha-2 code that the text means, None when unknown or ambiguous."""
    stripped = text.strip()
    if is_country_code(stripped):
        return stripped
    change = country_change(text)
    return change.after if change else None


@lru_cache(maxsize=4096)
def country_change(text: str) -> Change | None:
    """Return the alpha-2 code for a country that is written another way."""
    stripped = text.strip()
    upper, key = stripped.upper(), _key(text)
    if text in _codes() or not key or len(text) > 100:  # noqa: PLR2004 - the field's own limit
        return None
    if is_country_code(upper) and stripped in (upper, upper.lower()):
        return Change(rule="country.code_form", after=upper, confidence=0.97)
    if stripped.isalpha() and upper in ALPHA_3 and stripped in (upper, upper.lower()):
        return Change(rule="country.alpha3", after=ALPHA_3[upper], confidence=0.97)
    if key in PARTS:
        return Change(rule="country.part", after=PARTS[key], confidence=0.93)
    code = _names().get(key)
    return Change(rule="country.name", after=code, confidence=0.98) if code else None
