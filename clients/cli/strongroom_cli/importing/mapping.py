"""Which column means what: guessed from names and values, printed, or fixed by a TOML file.

Rules: a guess is made from the header first and dropped when the values speak against it; two columns never share a field
that holds one value; a map file wins over every guess.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from strongroom_cli.faults import BadFileError, CommandError
from strongroom_cli.importing import cells
from strongroom_cli.importing.words import folded

IGNORE = "ignore"
UNPARSED = "unparsed"
ID = "id"
MANY = frozenset({"emails", "phones", "tags", "national_ids", "external_ids", "addresses"})
_FITS: dict[str, tuple[Callable[[str], object], float]] = {
    "emails": (cells.split_emails, 0.5),
    "phones": (cells.split_phones, 0.5),
    "birth_date": (cells.parse_date, 0.2),
    "stated_age": (cells.parse_int, 0.5),
}
_ATTRIBUTE_KEY = re.compile(r"[a-z][a-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChoice:
    """What a map file says about an attribute: its key, and type, category and unit where given."""

    key: str
    type_name: str = ""
    category: str = ""
    unit: str = ""


@dataclass(slots=True, kw_only=True)
class ColumnMapping:
    """The target of every column.

    Attributes:
        targets: field by column; `attributes` for columns without a field, `ignore` and `unparsed` as asked.
        why: where a target comes from, by column: `name`, `map file`, `no field`, `values`.
        attributes: choices of the map file, by column.
        date_order: order of dates that could be read in two ways.
    """

    targets: dict[str, str]
    why: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, AttributeChoice] = field(default_factory=dict)
    date_order: cells.DateOrder = ""

    def column_of(self, target: str) -> str | None:
        return next((column for column, found in self.targets.items() if found == target), None)

    def as_toml(self) -> str:
        """Return a map file that says the same."""
        lines = ["[columns]"]
        lines += [f"{_quoted(column)} = {self._choice(column)}" for column in self.targets]
        return "\n".join([*lines, "", "[dates]", f'order = "{self.date_order}"']) + "\n"

    def _choice(self, column: str) -> str:
        choice = self.attributes.get(column)
        if choice is None:
            return _quoted(self.targets[column])
        parts = {"attribute": choice.key, "type": choice.type_name, "category": choice.category, "unit": choice.unit}
        return "{ " + ", ".join(f"{name} = {_quoted(text)}" for name, text in parts.items() if text) + " }"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTable:
    """What a kind of record can take: fields by folded header name, names of id columns, whether rows may share an id."""

    by_header: Mapping[str, str]
    id_headers: Sequence[str]
    ids_repeat: bool = False

    @property
    def targets(self) -> frozenset[str]:
        return frozenset(self.by_header.values()) | {ID, IGNORE, UNPARSED, "attributes"}


def guess_mapping(
    columns: Sequence[str],
    sample: Sequence[Sequence[object]],
    table: FieldTable,
    *,
    id_column: str = "",
    map_file: Path | None = None,
    texts: Callable[[object], str],
) -> ColumnMapping:
    """Return the mapping of a file's columns, from the map file where it speaks and a guess elsewhere."""
    mapping = ColumnMapping(targets={})
    if map_file is not None:
        _read_map(map_file, columns, table, mapping)
    chosen = _id_column(columns, sample, table, id_column or mapping.column_of(ID) or "", texts)
    if chosen:
        mapping.targets[chosen] = ID
        mapping.why.setdefault(chosen, "--id-column" if id_column else "name and unique values")
    taken = set(mapping.targets.values())
    for index, column in enumerate(columns):
        if column in mapping.targets:
            continue
        wanted = _wanted(column, table)
        fits = _fits(wanted, [texts(row[index]) for row in sample])
        target = wanted if wanted and fits and (wanted in MANY or wanted not in taken) else "attributes"
        mapping.targets[column] = target
        mapping.why[column] = "name" if target != "attributes" else "values do not fit" if wanted and not fits else "no field"
        taken.add(target)
    _settle_addresses(mapping)
    mapping.targets = {column: mapping.targets[column] for column in columns}
    return mapping


def _wanted(column: str, table: FieldTable) -> str:
    if column.startswith("attributes."):
        return ""
    return table.by_header.get(folded(column), "")


def _settle_addresses(mapping: ColumnMapping) -> None:
    """`address_1` is the street where nothing else is; with a street beside it, the street number belongs to that."""
    if "address.street_number" in mapping.targets.values() and "address.street" not in mapping.targets.values():
        column = mapping.column_of("address.street_number")
        if column is not None:
            mapping.targets[column] = "attributes"


def _fits(target: str, values: Sequence[str]) -> bool:
    if target not in _FITS:
        return True
    parse, least = _FITS[target]
    given = [value for value in values if value and not cells.is_placeholder(value)]
    return not given or sum(parse(value) is not None for value in given) >= least * len(given)


def _id_column(
    columns: Sequence[str], sample: Sequence[Sequence[object]], table: FieldTable, given: str, texts: Callable[[object], str]
) -> str:
    if given:
        if given not in columns:
            raise CommandError(f"There is no column `{given}`.", hint=f"The file has: {', '.join(columns[:30])}.")
        return given
    ranked = sorted((c for c in columns if folded(c) in table.id_headers), key=lambda c: table.id_headers.index(folded(c)))
    for column in ranked:
        if folded(column) == "id":
            return column  # it says so; rows that repeat it are told one by one
        values = [texts(row[columns.index(column)]) for row in sample]
        present = [value for value in values if value]
        if len(present) >= len(values) * 0.5 and (table.ids_repeat or len(set(present)) >= len(present) * 0.9):
            return column
    return ""


def _read_map(path: Path, columns: Sequence[str], table: FieldTable, mapping: ColumnMapping) -> None:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadFileError(f"The map file {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFileError(f"The map file {path} is not valid TOML: {error}.") from None
    if unknown := set(document) - {"columns", "dates"}:
        raise BadFileError(
            f"The map file {path} has unknown tables: {', '.join(sorted(unknown))}.", hint="Known: columns, dates."
        )
    for table_name in ("columns", "dates"):
        if not isinstance(document.get(table_name, {}), dict):
            raise BadFileError(
                f"`{table_name}` in the map file {path} is no table.", hint=f"Write [{table_name}] above its lines."
            )
    for column, choice in document.get("columns", {}).items():
        if column not in columns:
            raise BadFileError(
                f"The map file names a column `{column}` that is not in the file.",
                hint=f"The file has: {', '.join(columns[:30])}.",
            )
        mapping.targets[column], attribute = _target(path, column, choice, table)
        mapping.why[column] = "map file"
        if attribute is not None:
            mapping.attributes[column] = attribute
    order = document.get("dates", {}).get("order", "")
    if order not in ("", "day_first", "month_first"):
        raise BadFileError(f"`order` of [dates] in the map file {path} is neither day_first nor month_first.")
    mapping.date_order = order


def _target(path: Path, column: str, choice: object, table: FieldTable) -> tuple[str, AttributeChoice | None]:
    if isinstance(choice, dict) and isinstance(choice.get("attribute"), str):
        if not _ATTRIBUTE_KEY.fullmatch(choice["attribute"]):
            raise BadFileError(
                f"The map file {path} gives column `{column}` an attribute key that none can be.",
                hint="A key is a lower-case letter, then letters, digits, `_`, `-` and `.`, 63 in all at most.",
            )
        attribute = AttributeChoice(
            key=choice["attribute"],
            type_name=str(choice.get("type", "")),
            category=str(choice.get("category", "")),
            unit=str(choice.get("unit", "")).strip(),
        )
        return "attributes", attribute
    if isinstance(choice, str) and choice in table.targets:
        return choice, None
    raise BadFileError(
        f"The map file {path} gives column `{column}` a target that does not exist.",
        hint=f"Targets: {', '.join(sorted(table.targets))}.",
    )


def _quoted(text: str) -> str:
    """Return a basic string of TOML: as in JSON, but that DEL is a control character too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
