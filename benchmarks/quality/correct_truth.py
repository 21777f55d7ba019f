"""What is known of the damage of a generated CRM, as the correct step is judged by it: which cells count, which can be mended.

Damage that the file itself does not allow to repair (an age whose birth date is missing) is told apart, so that recall can be
given of what anybody could repair beside recall of all.
"""

from collections import defaultdict

from benchmarks.generator import CellError, ErrorKind, GeneratedCrm

COLUMN_OF = {
    "given_name": "first_name",
    "family_name": "last_name",
    "birth_date": "birth_date",
    "stated_age": "age",
    "gender": "gender",
    "language": "language",
    "income.amount_minor": "income",
    "attributes.monthly_spend": "monthly_spend",
    "emails[0]": "email",
    "phones[0]": "phone",
    "phones[1]": "mobile",
    "addresses[0].street": "street",
    "addresses[0].city": "city",
    "addresses[0].country": "country",
    "addresses[0].postal_code": "postcode",
}
# Kinds that the step promises something about; the others (typos in names, moves, initials) belong to other steps.
PROMISED = (
    ErrorKind.NAME_CASE, ErrorKind.SWAPPED_NAMES, ErrorKind.NICKNAME, ErrorKind.TITLE, ErrorKind.MOJIBAKE,
    ErrorKind.EMAIL_DOMAIN, ErrorKind.EMAIL_BROKEN, ErrorKind.LOCAL_PHONE, ErrorKind.DATE_FORM, ErrorKind.RARE_DATE,
    ErrorKind.WRONG_AGE, ErrorKind.GENDER_FORM, ErrorKind.GENDER_WORD, ErrorKind.LANGUAGE_FORM, ErrorKind.COUNTRY_FORM,
    ErrorKind.POSTCODE_FORM, ErrorKind.CITY_POSTCODE, ErrorKind.OUTLIER,
)  # fmt: skip
TOTALS = "wrong_total"
GENDERS = {"F": "FEMALE", "M": "MALE", "X": "DIVERSE", "D": "DIVERSE"}
# What a slip of a large provider's domain may turn it into, and exists: the typed address may be right.
_EXISTING = frozenset(
    "mail.com email.com tmail.com fmail.com hmail.com hotmail.co outlook.co icloud.co yahoo.co al.com net.pl aok.com".split()  # noqa: SIM905 - reads as one line
)


def is_counted(error: CellError) -> bool:
    """Say whether the step is asked to see the error: `Female` for `female` is the vault's own reading."""
    return error.field in COLUMN_OF.values() and not (error.field == "gender" and error.dirty.lower() == error.clean.lower())


def same(error: CellError, after: str) -> bool:
    if not after:  # asks to look
        return error.kind in (ErrorKind.CITY_POSTCODE, ErrorKind.OUTLIER)
    if error.field == "gender":
        return after == GENDERS.get(error.clean.upper()[:1], error.clean)
    return after.partition("-")[0] == error.clean if error.field == "language" else after == error.clean


class Repairable:
    """Which damage the file itself allows to repair: what has to be there besides the damaged cell."""

    def __init__(self, crm: GeneratedCrm) -> None:
        self._rows = {cells["id"]: cells for cells in crm.customers}
        self._errors = {(error.row, error.field): error for error in crm.truth.errors}
        self._persons: defaultdict[str, list[str]] = defaultdict(list)
        for row_id, entity in crm.truth.entity_of.items():
            self._persons[entity].append(row_id)
        self._entity_of = crm.truth.entity_of

    def __call__(self, error: CellError) -> bool:
        cells = self._rows[error.row]
        if error.kind is ErrorKind.WRONG_AGE:
            return self._has_birth_date(error)
        if error.kind is ErrorKind.SWAPPED_NAMES:  # an empty half proves nothing
            return bool(cells["first_name"] and cells["last_name"])
        if error.kind is ErrorKind.CITY_POSTCODE:
            return all((cells[name] and (error.row, name) not in self._errors) or name == error.field
                       for name in ("city", "postcode", "country"))  # fmt: skip
        if error.kind is ErrorKind.RARE_DATE and error.dirty.isdigit() and len(error.dirty) < 8:
            return bool(cells["age"]) and (error.row, "age") not in self._errors  # a bare number is a date where the age agrees
        if error.kind is ErrorKind.EMAIL_DOMAIN:  # somebody may have just this address
            return error.dirty.rpartition("@")[2] not in _EXISTING
        return self._has_longer_name(error) if error.kind is ErrorKind.NICKNAME else True

    def _has_birth_date(self, error: CellError) -> bool:
        """The birth date is right; whole decades may be a slip in its year as well, so nothing tells which is wrong."""
        born = self._errors.get((error.row, "birth_date"))
        decades = error.dirty.isdigit() and 0 < int(error.dirty) < 116 and (int(error.dirty) - int(error.clean)) % 10 == 0
        right = born is None or born.kind in (ErrorKind.DATE_FORM, ErrorKind.RARE_DATE)
        return bool(self._rows[error.row]["birth_date"]) and right and not decades

    def _has_longer_name(self, error: CellError) -> bool:
        """Another row of the person has the name in full, and both have a phone and a birth date that are the person's."""
        mine = self._contacts(error.row)
        others = (other for other in self._persons[self._entity_of[error.row]] if other != error.row)
        return self._is_born(error.row) and any(
            self._rows[other]["first_name"] == error.clean and mine & self._contacts(other) and self._is_born(other)
            for other in others
        )

    def _is_born(self, row_id: str) -> bool:
        readable = (None, ErrorKind.DATE_FORM, ErrorKind.RARE_DATE)
        return bool(self._rows[row_id]["birth_date"]) and self._kind(row_id, "birth_date") in readable

    def _kind(self, row_id: str, name: str) -> ErrorKind | None:
        error = self._errors.get((row_id, name))
        return error.kind if error else None

    def _contacts(self, row_id: str) -> set[str]:
        """Kinds of phone that the row has and that are the person's."""
        sound = (None, ErrorKind.LOCAL_PHONE)
        return {name for name in ("phone", "mobile") if self._rows[row_id][name] and self._kind(row_id, name) in sound}
