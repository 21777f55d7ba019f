"""Which column of the table says what about a person: decided from known names first, from the data's profile second.

Rules: a column under the vault's own name has that field's role. A tenant attribute (`attr.*`) whose name is a known
synonym fills a field that the table does not carry; otherwise its profile decides: an IDENTIFIER has many distinct
values that a few rows share, a CATEGORY has few. A column that cannot tell rows apart (constant, free text, unique in
every row, nearly empty) is ignored. The decision reads counts only and never depends on the order of the rows.
"""

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.match.errors import MatchInputError

ROW_ID = "row_id"
ATTRIBUTE_PREFIX = "attr."

_IDENTIFIERS_MAX = 6
_CATEGORIES_MAX = 4
_FILLED_MIN = 0.2
_IDENTIFIER_DISTINCT_MIN = 0.1
_IDENTIFIER_CHARS_MIN = 4.0
_IDENTIFIER_CHARS_MAX = 40.0
_TOP_SHARE_MAX = 0.95


class Role(StrEnum):
    """What a column means to the comparison of two people. Values are the names of the vault's fields."""

    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    FULL_NAME = "full_name"
    GENDER = "gender"
    BIRTH_DATE = "birth_date"
    STATED_AGE = "stated_age"
    EMAILS = "emails"
    PHONES = "phones"
    ADDRESSES = "addresses"
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    LINE2 = "line2"
    CITY = "city"
    REGION = "region"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"
    ORGANISATION = "organisation"
    JOB_TITLE = "job_title"
    NATIONAL_IDS = "national_ids"
    IDENTIFIER = "identifier"
    CATEGORY = "category"


_KNOWN_NAMES: dict[str, Role] = {role.value: role for role in Role if role not in (Role.IDENTIFIER, Role.CATEGORY)}

_SYNONYMS = {
    Role.GIVEN_NAME: "givenname firstname forename vorname prenom",
    Role.FAMILY_NAME: "familyname surname lastname nachname nom",
    Role.FULL_NAME: "fullname customername contactname",
    Role.GENDER: "gender sex",
    Role.BIRTH_DATE: "birthdate dateofbirth dob birthday geburtsdatum",
    Role.STATED_AGE: "statedage age",
    Role.EMAILS: "email emails mail emailaddress",
    Role.PHONES: "phone phones telephone mobile phonenumber mobilenumber cell tel",
    Role.STREET: "street address1 addressline1 streetaddress streetname addr1",
    Role.HOUSE_NUMBER: "housenumber streetnumber houseno streetno",
    Role.LINE2: "line2 address2 addressline2 addr2",
    Role.CITY: "city town suburb locality ort",
    Role.REGION: "region state county province",
    Role.POSTAL_CODE: "postalcode postcode zip zipcode plz",
    Role.COUNTRY: "country countrycode",
    Role.ORGANISATION: "organisation organization company employer",
    Role.JOB_TITLE: "jobtitle position occupation",
    Role.NATIONAL_IDS: "nationalid nationalids ssn socialsecuritynumber taxid nino passportnumber",
}
_ROLE_BY_SYNONYM = {word: role for role, words in _SYNONYMS.items() for word in words.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRole:
    """One column of the input and what it is used as."""

    column: str
    role: Role


def decide_roles(table: pa.Table) -> tuple[ColumnRole, ...]:
    """Roles of the columns that the match uses, in a fixed order whatever the order of the columns.

    Raises:
        MatchInputError: a column name appears twice.
    """
    names = sorted(table.column_names)
    if len(set(names)) != len(names):
        raise MatchInputError("a column name appears twice in the table")
    decided: dict[Role, str] = {_KNOWN_NAMES[name]: name for name in names if name in _KNOWN_NAMES}
    decided = {role: name for role, name in decided.items() if _has_value(table[name])}
    undecided: list[str] = []
    for name in names:
        if not name.startswith(ATTRIBUTE_PREFIX):
            continue
        role = _ROLE_BY_SYNONYM.get(_bare(name))
        if role is not None and role not in decided and _has_value(table[name]):
            decided[role] = name
        else:
            undecided.append(name)
    fields = [ColumnRole(column=decided[role], role=role) for role in Role if role in decided]
    return (*fields, *_profiled(table, undecided))


def _profiled(table: pa.Table, names: list[str]) -> list[ColumnRole]:
    found: list[ColumnRole] = []
    room = {Role.IDENTIFIER: _IDENTIFIERS_MAX, Role.CATEGORY: _CATEGORIES_MAX}
    for name in names:
        role = _profile_role(table[name])
        if role is not None and room[role] > 0:
            room[role] -= 1
            found.append(ColumnRole(column=name, role=role))
    return found


def _profile_role(column: pa.ChunkedArray) -> Role | None:
    if pa.types.is_nested(column.type) or pa.types.is_floating(column.type) or pa.types.is_binary(column.type):
        return None
    filled = len(column) - column.null_count
    if filled < 2 or filled < _FILLED_MIN * len(column):  # noqa: PLR2004 - two rows are the least that can agree
        return None
    counts = pc.value_counts(column.drop_null()).field("counts")
    distinct, top = len(counts), pc.max(counts).as_py()
    if distinct in (1, filled) or top > _TOP_SHARE_MAX * filled:
        return None
    if pa.types.is_temporal(column.type) or pa.types.is_boolean(column.type):
        return Role.CATEGORY
    mean_chars = pc.mean(pc.utf8_length(column.drop_null().cast(pa.string()))).as_py()
    if mean_chars > _IDENTIFIER_CHARS_MAX:
        return None
    if distinct >= _IDENTIFIER_DISTINCT_MIN * filled:
        return Role.IDENTIFIER if mean_chars >= _IDENTIFIER_CHARS_MIN else None
    return Role.CATEGORY


def _has_value(column: pa.ChunkedArray) -> bool:
    return bool(column.null_count < len(column))


def _bare(name: str) -> str:
    return "".join(char for char in name.removeprefix(ATTRIBUTE_PREFIX).casefold() if char.isalnum())
