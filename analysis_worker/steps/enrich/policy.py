"""Which fields may be filled, from where, and which may be compared.

Rules: who somebody is (names, gender, birth date, age, national ids), how to reach them (e-mail, phone, street) and what they
consented to is never filled from anywhere. From another record of the same entity come language, work, income and attributes.
A reference table may fill those but income, and complete an address that the customer has given in part: a town's region is a
fact about the town. Names are never compared: a reference row of the same name is another person until proven otherwise.
"""

import re

from analysis_worker.steps.enrich.refusals import EnrichRefusedError

ATTRIBUTE = "attributes."
INCOME_AMOUNT, INCOME_CURRENCY = "income.amount_minor", "income.currency"
INCOME = (INCOME_AMOUNT, INCOME_CURRENCY)
_WORK = frozenset({"language", "organisation", "job_title"})
_ADDRESS_PARTS = frozenset({"city", "region", "postal_code", "country"})
_KEYS = _WORK | {"kind"}
_ADDRESS = re.compile(r"addresses\[(\d)\]\.([a-z_]+)")
_CONTACT = re.compile(r"(emails|phones)\[\d\]")
_IDENTITY_WORDS = re.compile(
    r"(^|[._\- ])(name|names|email|e-?mail|phone|mobile|birth|birthday|dob|ssn|passport|consent|opt_?in|opt_?out|national_?id"
    r"|tax_?id|iban)([._\- ]|$)",
    re.IGNORECASE,
)


def require_fillable_from_entity(field: str) -> None:
    """Return if another record of the same entity may fill the field.

    Raises:
        EnrichRefusedError: it may not.
    """
    if field not in _WORK | {"income"} and not _is_open_attribute(field):
        raise EnrichRefusedError(f"{field[:80]!r} is never filled from another record")


def require_fillable_from_reference(field: str) -> None:
    """Return if a reference table may fill the field.

    Raises:
        EnrichRefusedError: it may not.
    """
    address = _ADDRESS.fullmatch(field)
    allowed = address.group(2) in _ADDRESS_PARTS if address else field in _WORK or _is_open_attribute(field)
    if not allowed:
        raise EnrichRefusedError(f"{field[:80]!r} is never filled from a reference table")


def require_comparable(field: str) -> None:
    """Return if the field may be a key.

    Raises:
        EnrichRefusedError: it may not.
    """
    address = _ADDRESS.fullmatch(field)
    known = field in _KEYS or field.startswith(ATTRIBUTE) or _CONTACT.fullmatch(field) is not None
    if not known and (address is None or address.group(2) not in _ADDRESS_PARTS):
        raise EnrichRefusedError(f"{field[:80]!r} is never compared with a reference table")


def is_open_attribute(field: str) -> bool:
    """Say whether an attribute's name leaves no sign that it holds identity, contact or consent."""
    return _is_open_attribute(field)


def _is_open_attribute(field: str) -> bool:
    return field.startswith(ATTRIBUTE) and not _IDENTITY_WORDS.search(field.removeprefix(ATTRIBUTE))
