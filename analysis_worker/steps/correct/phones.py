"""Phone numbers to E.164, by the numbering plans that `phonenumbers` carries.

Rules: a number is only rewritten when it is valid in its plan; a national number is read by the customer's own country,
and only without one by the tenant's default region. Extensions and vanity letters would be lost, so such numbers stay.
"""

import re
from collections.abc import Sequence

import phonenumbers

from analysis_worker.steps.correct.proposal import Change

_WRITTEN = re.compile(r"[+\uff0b]?[\d\s().\-/\u2013\u2011\u00b7]+")
_WIDE_PLUS = "\uff0b"
_MAX_LENGTH = 40


def phone_change(text: str, own_regions: Sequence[str], default_region: str | None) -> Change | None:
    """Return the E.164 form of `text`, None when it has it already or no single valid reading exists."""
    stripped = text.strip().replace("(0)", "") if "+" in text else text.strip()
    if len(text) > _MAX_LENGTH or not _WRITTEN.fullmatch(stripped) or "\n" in stripped:
        return None
    change = _international(stripped) or _national(stripped, own_regions, default_region)
    return change if change is not None and change.after != text else None


def _international(text: str) -> Change | None:
    if text.startswith(("+", _WIDE_PLUS)):
        number = _e164(text, None)
        return Change(rule="phone.e164_form", after=number, confidence=0.99) if number else None
    if text.startswith("00"):
        number = _e164("+" + text[2:], None)
        return Change(rule="phone.e164_prefix", after=number, confidence=0.97) if number else None
    return None


def _national(text: str, own_regions: Sequence[str], default_region: str | None) -> Change | None:
    if text.startswith(("+", _WIDE_PLUS)):
        return None
    regions = list(own_regions) or ([default_region] if default_region else [])
    readings = {number for region in regions if (number := _e164(text, region))}
    if len(readings) != 1:
        return None
    rule, confidence = ("phone.e164_own_country", 0.95) if own_regions else ("phone.e164_default_region", 0.85)
    return Change(rule=rule, after=readings.pop(), confidence=confidence)


def _e164(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
