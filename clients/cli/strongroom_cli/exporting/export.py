"""Export what a purpose may see, as CSV, JSON lines or Parquet.

Rules: what is exported is read once; a CSV shows bare external ids only where all rows have one source, so its rows are held
back until a second source appears or the read ends; memory stays constant.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER
from strongroom_cli import exit_codes
from strongroom_cli.exporting.fields import csv_cell, json_row
from strongroom_cli.exporting.files import partial_file, private_binary, text_target
from strongroom_cli.exporting.one_source import OneSourceRows
from strongroom_cli.faults import CommandError

if TYPE_CHECKING:
    from strongroom import Client
    from strongroom._sync.reads import Row

OnRow = Callable[[int], None]
Write = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """What to export and where."""

    purpose: str
    fields: Sequence[str]
    file_format: str
    out: Path | None
    allow_withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """What was exported."""

    rows: int
    fields: Sequence[str]
    withheld: Sequence[str]


def export_customers(client: Client, options: ExportOptions, on_row: OnRow) -> ExportResult:
    """Write the customers that the purpose may see."""
    if options.file_format == "parquet":
        return _parquet(client, options, on_row)
    reader = client.read(options.purpose, fields=options.fields, allow_withheld=options.allow_withheld)
    fields = list(reader.session.fields) or list(options.fields)
    ordered = [field for field in options.fields if field in fields] or fields
    rows = 0
    with text_target(options.out) as file, _writer(options.file_format, file.write, ordered) as write:
        for rows, row in enumerate(reader, start=1):
            write(row)
            on_row(rows)
    return ExportResult(rows=rows, fields=ordered, withheld=list(reader.session.withheld_fields))


@contextmanager
def _writer(file_format: str, write: Write, fields: Sequence[str]) -> Iterator[Callable[[Row], None]]:
    if file_format != "csv":
        yield _json_writer(write, fields)
        return
    put = _csv_writer(write)
    put(fields)
    if "external_ids" not in fields:
        yield lambda row: put([csv_cell(row, field, one_source=False) for field in fields])
        return
    with OneSourceRows(put) as held:

        def add(row: Row) -> None:
            bare = [csv_cell(row, field, one_source=True) for field in fields]
            named = [csv_cell(row, field, one_source=False) if field == "external_ids" else cell
                     for field, cell in zip(fields, bare, strict=True)]  # fmt: skip
            held.add(frozenset(item.source for item in row.customer.external_ids if item.id), bare, named)

        yield add
        held.finish()


def _csv_writer(write: Write) -> Callable[[Sequence[str]], None]:
    class _Target:
        def write(self, text: str) -> object:
            return write(text)

    writer = csv.writer(_Target(), lineterminator="\n")
    quoting = csv.writer(_Target(), lineterminator="\n", quoting=csv.QUOTE_ALL)

    def put(cells: Sequence[str]) -> None:
        # The writer quotes a lone carriage return only where it ends lines with one; a reader would take it for a line end.
        (quoting if any("\r" in cell for cell in cells) else writer).writerow(cells)

    return put


def _json_writer(write: Write, fields: Sequence[str]) -> Callable[[Row], None]:
    def put(row: Row) -> None:
        write(json.dumps(json_row(row, fields), ensure_ascii=False, default=str) + "\n")

    return put


def _parquet(client: Client, options: ExportOptions, on_row: OnRow) -> ExportResult:
    if options.out is None:
        raise CommandError("Parquet is written to a file.", hint="Name it: --out FILE.")
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise CommandError(
            "Writing Parquet needs pyarrow.",
            hint="Install it: pip install 'strongroom[cli]'.",
            exit_code=exit_codes.CONFIGURATION,
        ) from None
    reader = client.read.arrow(
        options.purpose, fields=options.fields, kind=RECORD_KIND_CUSTOMER, allow_withheld=options.allow_withheld
    )
    rows = 0
    with partial_file(options.out) as partial, private_binary(partial) as file, pq.ParquetWriter(file, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            rows += batch.num_rows
            on_row(rows)
    return ExportResult(rows=rows, fields=list(reader.schema.names), withheld=list(reader.session.withheld_fields))
