"""What an import will do, decided before anything is sent: mapping, attributes, builder, import id.

Rules: the import id is a hash of the file's bytes and of everything that decides what the rows become, so the same command
resumes and a different mapping is a different import.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.message import Message

from strongroom.api.v1 import attribute_service_pb2 as api
from strongroom.api.v1.customer_pb2 import Customer
from strongroom.api.v1.need_pb2 import Need
from strongroom.api.v1.rules_pb2 import CATEGORY_FINANCIAL, rules
from strongroom.api.v1.transaction_pb2 import Transaction
from strongroom_cli.faults import BadFileError, CommandError
from strongroom_cli.importing import cells, words
from strongroom_cli.importing.attribute_types import AttributeColumn, attribute_columns
from strongroom_cli.importing.built_rows import RowBuilder
from strongroom_cli.importing.customer_rows import CustomerRows
from strongroom_cli.importing.mapping import ID, ColumnMapping, FieldTable, guess_mapping
from strongroom_cli.importing.need_rows import NeedRows
from strongroom_cli.importing.open_source import open_source
from strongroom_cli.importing.source_rows import RowSource, SourceRow, text_of
from strongroom_cli.importing.transaction_rows import TransactionRows

_SAMPLE_ROWS = 5_000
_FORMAT_VERSION = "1"
_MOST_DEFINED = 1_000  # attributes of a tenant; the vault's own limit
_SHOWN_COLUMNS = 30
_SLUG = re.compile(r"[a-z][a-z0-9_.-]{0,62}")

KINDS: dict[str, api.RecordKind.ValueType] = {
    "customers": api.RECORD_KIND_CUSTOMER,
    "transactions": api.RECORD_KIND_TRANSACTION,
    "needs": api.RECORD_KIND_NEED,
}
MESSAGES: dict[str, type[Message]] = {"customers": Customer, "transactions": Transaction, "needs": Need}
TABLES: dict[str, FieldTable] = {
    "customers": FieldTable(by_header=words.field_by_header(words.CUSTOMER_HEADERS), id_headers=words.ID_HEADERS.split("|")),
    "transactions": FieldTable(
        by_header=words.field_by_header(words.TRANSACTION_HEADERS),
        id_headers=words.TRANSACTION_ID_HEADERS.split("|"),
        ids_repeat=True,
    ),
    "needs": FieldTable(by_header=words.field_by_header(words.NEED_HEADERS), id_headers=words.NEED_ID_HEADERS.split("|")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What the command line asks for."""

    kind: str
    path: Path
    source: str
    customer_source: str = ""
    id_column: str = ""
    map_file: Path | None = None
    unknown: str = "attributes"
    encoding: str = "utf-8-sig"
    delimiter: str = ""
    file_format: str = ""
    again: str = ""


@dataclass(slots=True, kw_only=True)
class ImportPlan:
    """Everything that is decided."""

    options: ImportOptions
    source: RowSource
    mapping: ColumnMapping
    attributes: list[AttributeColumn]
    builder: RowBuilder
    import_id: str

    @property
    def attributes_to_define(self) -> list[AttributeColumn]:
        """New ones, and known ones whose unit the vault is to learn."""
        return [attribute for attribute in self.attributes if attribute.new or attribute.unit]


def make_plan(options: ImportOptions, defined: Sequence[api.AttributeDefinition]) -> ImportPlan:
    """Read the file once and a sample of its rows, and decide.

    Raises:
        BadFileError: the file cannot be imported as it is.
        CommandError: an option does not fit the file.
    """
    _require_slug(options.source, "--source")
    _require_delimiter(options.delimiter)
    source, file_hash = open_source(
        options.path, file_format=options.file_format, encoding=options.encoding, delimiter=options.delimiter
    )
    sample = [row for row in itertools.islice(source.rows(), _SAMPLE_ROWS) if isinstance(row, SourceRow)]
    if not sample:
        raise BadFileError(f"{options.path} has a header and no row that can be read.", hint="Check the export that wrote it.")
    mapping = guess_mapping(
        source.columns, [row.cells for row in sample], TABLES[options.kind],
        id_column=options.id_column, map_file=options.map_file, texts=text_of,
    )  # fmt: skip
    _require_keys(options, source, mapping)
    by_column = {column: [text_of(row.cells[at]) for row in sample] for at, column in enumerate(source.columns)}
    _settle_date_order(mapping, by_column)
    attributes = _attributes(options, mapping, by_column, defined)
    _require_room(options, attributes, len(defined))
    import_id = _import_id(options, file_hash, mapping, attributes)
    builder = _builder(options, source, mapping, attributes, file_hash)
    return ImportPlan(
        options=options, source=source, mapping=mapping, attributes=attributes, builder=builder, import_id=import_id
    )


def _some(columns: Sequence[str]) -> str:
    """Return column names for a message that fits a screen."""
    more = len(columns) - _SHOWN_COLUMNS
    return ", ".join(columns[:_SHOWN_COLUMNS]) + (f" and {more:,} more" if more > 0 else "")


def _require_slug(text: str, option: str) -> None:
    if not _SLUG.fullmatch(text):
        raise CommandError(
            f"`{text}` is no name for {option}.", hint="Use a lower-case letter, then letters, digits, `_`, `-`, `.`."
        )


def _require_delimiter(text: str) -> None:
    if len(text) > 1 or text in {'"', "\n", "\r"}:
        raise CommandError("A delimiter is one character, and no quote or line end.", hint="Write `tab` for a tab.")


def _require_room(options: ImportOptions, attributes: Sequence[AttributeColumn], defined: int) -> None:
    """Refuse what the vault would refuse, before the first attribute is defined."""
    most = MESSAGES[options.kind].DESCRIPTOR.fields_by_name["attributes"].GetOptions().Extensions[rules].max_items
    new = sum(item.new for item in attributes)
    if len(attributes) > most or defined + new > _MOST_DEFINED:
        raise BadFileError(
            f"{len(attributes):,} columns would become attributes, {new:,} of them new; a record has at most {most:,}, "
            f"a tenant {_MOST_DEFINED:,}, and {defined:,} are defined.",
            hint="Nothing was imported. Leave columns out with --unknown ignore and name those you need with --map.",
        )


def _require_keys(options: ImportOptions, source: RowSource, mapping: ColumnMapping) -> None:
    columns = _some(source.columns)
    if len(source.columns) == 1 and mapping.column_of(ID) is None and len(source.columns[0].split()) > 1:
        raise BadFileError(
            f"{options.path} has one column, and its first line reads as if blanks separated it and no header named it.",
            hint="Write it as CSV with a header line first, such as customer_id,date,quantity,total; then import that.",
        )
    if options.kind == "customers" and mapping.column_of(ID) is None and mapping.column_of("external_ids") is None:
        raise CommandError(
            "No column was recognised as the customer's id.", hint=f"Name it: --id-column NAME. The file has: {columns}."
        )
    if options.kind != "customers" and mapping.column_of("customer") is None:
        raise CommandError(
            "No column was recognised as the customer's id.",
            hint=f'Map it with --map: "COLUMN" = "customer". The file has: {columns}.',
        )
    if options.kind == "transactions" and mapping.column_of("time") is None:
        raise CommandError(
            "No column was recognised as the time.", hint=f'Map it with --map: "COLUMN" = "time". The file has: {columns}.'
        )


def _settle_date_order(mapping: ColumnMapping, by_column: Mapping[str, Sequence[str]]) -> None:
    column = mapping.column_of("birth_date") or mapping.column_of("time")
    if not mapping.date_order and column is not None:
        mapping.date_order = cells.date_order([text[:10] for text in by_column[column]])


def _kind(definition: api.AttributeDefinition) -> api.RecordKind.ValueType:
    return definition.record_kind or api.RECORD_KIND_CUSTOMER


def _attributes(
    options: ImportOptions,
    mapping: ColumnMapping,
    by_column: Mapping[str, Sequence[str]],
    definitions: Sequence[api.AttributeDefinition],
) -> list[AttributeColumn]:
    defined = {item.key: item for item in definitions if _kind(item) == KINDS[options.kind]}
    unknown = [column for column, target in mapping.targets.items() if target == "attributes"]
    mapped = [column for column in unknown if column in mapping.attributes]
    if options.unknown == "reject" and len(unknown) > len(mapped):
        names = _some([column for column in unknown if column not in mapped])
        raise BadFileError(
            f"Columns without a field: {names}.", hint="Map them with --map, or use --unknown attributes|ignore."
        )
    chosen = mapped if options.unknown == "ignore" else unknown
    elsewhere = frozenset(item.key for item in definitions) - defined.keys()
    found = attribute_columns(chosen, by_column, mapping.attributes, defined, kind=KINDS[options.kind], elsewhere=elsewhere)
    currency = mapping.column_of("income.currency")
    if currency is not None and options.unknown == "attributes":
        known = defined.get("currency")
        found.append(
            AttributeColumn(
                column=currency, key="currency", type=api.ATTRIBUTE_TYPE_STRING, category=CATEGORY_FINANCIAL, new=known is None
            )
        )
    return found


def _import_id(options: ImportOptions, file_hash: str, mapping: ColumnMapping, attributes: Sequence[AttributeColumn]) -> str:
    parts = [
        _FORMAT_VERSION, file_hash, options.kind, options.source, options.customer_source, options.encoding, options.again,
        mapping.targets, mapping.date_order, [(item.column, item.key, int(item.type)) for item in attributes],
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"{options.kind}-{digest[:32]}"


def _builder(
    options: ImportOptions, source: RowSource, mapping: ColumnMapping, attributes: Sequence[AttributeColumn], file_hash: str
) -> RowBuilder:
    if options.kind == "customers":
        currency = next((item.key for item in attributes if mapping.targets[item.column] == "income.currency"), "")
        return CustomerRows(source.columns, mapping, attributes, source=options.source, keep_currency=currency)
    build = TransactionRows if options.kind == "transactions" else NeedRows
    return build(
        source.columns, mapping, attributes,
        customer_source=options.customer_source or options.source, source=options.source, file_key=file_hash,
    )  # fmt: skip
