"""The comparable form of the table: what two rows are compared and blocked on.

Rules: rows are put in the order of `row_id` first, so nothing later depends on the order they came in; a cell that the
vault could not parse is taken from the row's `unparsed` map as the source wrote it; a field that no row fills is absent;
every name of a feature column is ours, so a hostile attribute name never reaches the engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.match import normalise
from analysis_worker.steps.match.cells import (
    Cells,
    ListCells,
    joint_codes,
    list_cells,
    scalar_cells,
    struct_column,
    unparsed_cells,
)
from analysis_worker.steps.match.errors import MatchInputError
from analysis_worker.steps.match.nicknames import given_root
from analysis_worker.steps.match.roles import ROW_ID, ColumnRole, Role

_FULL_DATE = 8
_ANY_YEAR = 2000
"""Where no row has both a birth date and an age, years from ages are compared with each other only, and any year will do."""
ADDRESS_PARTS = (Role.STREET, Role.HOUSE_NUMBER, Role.LINE2, Role.CITY, Role.REGION, Role.POSTAL_CODE, Role.COUNTRY)
_LIST_FIELDS = {
    Role.EMAILS: ("email", "emails", normalise.email_key),
    Role.PHONES: ("phone", "phones", normalise.phone_key),
    Role.NATIONAL_IDS: ("national_id", "national_ids", normalise.identifier_key),
}
_PARSED_FIELDS = {
    Role.GENDER: ("gender", normalise.gender_word),
    Role.BIRTH_DATE: ("birth", normalise.date_digits),
    Role.STATED_AGE: ("age", normalise.age_years),
}
_TEXT_FIELDS = {
    Role.LINE2: "line2",
    Role.CITY: "city",
    Role.REGION: "region",
    Role.COUNTRY: "country",
    Role.ORGANISATION: "organisation",
    Role.JOB_TITLE: "job_title",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Comparable columns of all rows in the order of their ids.

    Attributes:
        scalars: text cells by feature name, each of length n.
        lists: several values per row by feature name, each of length n.
        source_positions: int64, shape (n,), where each row stood in the input.
        origin: input column behind each attribute feature (`attribute_0` ...), for explanations.
    """

    scalars: dict[str, Cells]
    lists: dict[str, ListCells]
    source_positions: npt.NDArray[np.int64]
    origin: dict[str, str]

    @property
    def rows(self) -> int:
        return len(self.source_positions)


def build_features(table: pa.Table, roles: tuple[ColumnRole, ...]) -> Features:
    """Normalise every column that has a role.

    Raises:
        MatchInputError: `row_id` is missing, null or repeated, or a column's type cannot be read.
    """
    positions = id_order(table)
    ordered = table.take(pa.array(positions))
    columns: dict[Role, pa.ChunkedArray] = {
        entry.role: ordered[entry.column] for entry in roles if entry.role not in (Role.IDENTIFIER, Role.CATEGORY)
    }
    columns = _with_address_parts(columns)
    scalars: dict[str, Cells] = {}
    lists: dict[str, ListCells] = {}
    _add_names(columns, scalars)
    _add_address(columns, scalars)
    for role, name in _TEXT_FIELDS.items():
        _add(scalars, name, columns.get(role), normalise.folded)
    for role, (name, normaliser) in _PARSED_FIELDS.items():
        cells = scalar_cells(columns[role], normaliser) if role in columns else Cells.absent(len(positions))
        scalars[name] = cells.or_else(unparsed_cells(ordered, role.value, normaliser))
    scalars["born"] = birth_years(scalars["birth"], scalars["age"])
    for role, (first, every, normaliser) in _LIST_FIELDS.items():
        nothing = pa.nulls(len(positions), pa.string())
        several = list_cells(columns.get(role, nothing), normaliser)
        lists[every] = several.or_else(unparsed_cells(ordered, role.value, normaliser))
        scalars[first] = lists[every].firsts()
    origin = _add_attributes(ordered, roles, scalars)
    present = {name: cells for name, cells in scalars.items() if cells.filled.any()}
    return Features(
        scalars=present,
        lists={name: cells for name, cells in lists.items() if len(cells.rows)},
        source_positions=positions,
        origin={name: column for name, column in origin.items() if name in present},
    )


def birth_years(births: Cells, ages: Cells) -> Cells:
    """The year of birth, or what an age says of it: the table's own dates and ages tell in which year ages were stated."""
    years, told = _numbers(births, _year), _numbers(ages, float)
    both = years + told
    stated = float(np.nanmedian(both)) if np.isfinite(both).any() else float(_ANY_YEAR)
    found = np.where(np.isnan(years), np.floor(stated) - told, years)
    known = np.isfinite(found)
    distinct, codes = np.unique(found[known].astype(np.int64), return_inverse=True)
    filled = Cells.absent(len(births)).codes
    filled[known] = codes
    return Cells(values=tuple(map(str, distinct.tolist())), codes=filled)


def _numbers(cells: Cells, read: Callable[[str], float]) -> npt.NDArray[np.float64]:
    return cells.per_row(np.array([read(value) for value in cells.values], dtype=np.float64), float("nan"))


def _year(birth: str) -> float:
    return float(birth[:4]) if len(birth) == _FULL_DATE and birth.isascii() and birth.isdigit() else float("nan")


def id_order(table: pa.Table) -> npt.NDArray[np.int64]:
    """Positions of the rows in ascending order of `row_id`, shape (n,)."""
    if ROW_ID not in table.column_names:
        raise MatchInputError("the table has no row_id column")
    ids = table[ROW_ID]
    if not len(ids):
        return np.empty(0, dtype=np.int64)
    if ids.null_count:
        raise MatchInputError("row_id is null in some row")
    try:
        distinct, positions = pc.count_distinct(ids).as_py(), pc.sort_indices(ids)
    except pa.ArrowException:
        raise MatchInputError(f"row_id of type {ids.type} has no order") from None
    if distinct != len(ids):
        raise MatchInputError("a row_id appears twice")
    order: npt.NDArray[np.int64] = positions.to_numpy().astype(np.int64)
    return order


def _with_address_parts(columns: dict[Role, pa.ChunkedArray]) -> dict[Role, pa.ChunkedArray]:
    """Flattened parts win; a missing part is taken from the first of the row's addresses."""
    addresses = columns.get(Role.ADDRESSES)
    if addresses is None:
        return columns
    parts = {role: struct_column(addresses, role.value) for role in ADDRESS_PARTS if role not in columns}
    return columns | {role: part for role, part in parts.items() if part is not None}


def _add(scalars: dict[str, Cells], name: str, column: pa.ChunkedArray | None, normaliser: Callable[[str], str | None]) -> None:
    if column is not None:
        scalars[name] = scalar_cells(column, normaliser)


def _add_names(columns: dict[Role, pa.ChunkedArray], scalars: dict[str, Cells]) -> None:
    if not columns.keys() & {Role.GIVEN_NAME, Role.FAMILY_NAME, Role.FULL_NAME}:
        return
    given = _cells_or_none(columns, Role.GIVEN_NAME)
    family = _cells_or_none(columns, Role.FAMILY_NAME)
    if Role.FULL_NAME in columns:
        full = columns[Role.FULL_NAME]
        nameless = ~given.filled & ~family.filled
        given = given.or_else(scalar_cells(full, lambda cell: normalise.split_full_name(cell)[0]).where(nameless))
        family = family.or_else(scalar_cells(full, lambda cell: normalise.split_full_name(cell)[1]).where(nameless))
    scalars["given"], scalars["family"] = given, family
    scalars["given_root"] = given.mapped(given_root)
    scalars["name_tokens"] = _tokens(given, family)


def _tokens(given: Cells, family: Cells) -> Cells:
    """The words of both names in one order, once per distinct pair of names."""
    joint = joint_codes([given.codes, family.codes])
    pairs, codes = np.unique(joint, return_inverse=True)
    width = int(family.codes.max(initial=0)) + 1
    texts = [
        None if pair < 0 else normalise.sorted_tokens(given.values[pair // width], family.values[pair % width])
        for pair in pairs.tolist()
    ]
    places = Cells.of(texts)
    return Cells(values=places.values, codes=places.codes[codes])


def _cells_or_none(columns: dict[Role, pa.ChunkedArray], role: Role) -> Cells:
    if role in columns:
        return scalar_cells(columns[role], normalise.folded)
    return Cells.absent(len(next(iter(columns.values()))))


def _add_address(columns: dict[Role, pa.ChunkedArray], scalars: dict[str, Cells]) -> None:
    if Role.POSTAL_CODE in columns:
        scalars["postal"] = scalar_cells(columns[Role.POSTAL_CODE], normalise.identifier_key)
    if Role.STREET not in columns:
        return
    parts = cache(normalise.split_street)
    scalars["street"] = scalar_cells(columns[Role.STREET], lambda cell: parts(cell)[1])
    inline = scalar_cells(columns[Role.STREET], lambda cell: parts(cell)[0])
    if Role.HOUSE_NUMBER in columns:
        inline = scalar_cells(columns[Role.HOUSE_NUMBER], normalise.house_number).or_else(inline)
    scalars["house"] = inline


def _add_attributes(table: pa.Table, roles: tuple[ColumnRole, ...], scalars: dict[str, Cells]) -> dict[str, str]:
    origin: dict[str, str] = {}
    for role, prefix, normaliser in (
        (Role.IDENTIFIER, "identifier", normalise.identifier_key),
        (Role.CATEGORY, "category", normalise.folded),
    ):
        for number, entry in enumerate(entry for entry in roles if entry.role is role):
            name = f"{prefix}_{number}"
            _add(scalars, name, table[entry.column], partial(normaliser))
            origin[name] = entry.column
    return origin
