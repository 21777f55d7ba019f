"""What goes to stdout and what to stderr: data in the format asked for, words for people beside it.

Rules: stdout carries data only, so a pipe stays clean; `rich` is used on a terminal only and plain aligned text elsewhere;
control characters in values never reach a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from google.protobuf.message import Message

FORMATS = ("table", "json", "jsonl")
_BLOCK_ROWS = 200
_WIDEST_CELL = 60
Value = object
Record = Mapping[str, Value]


class Output:
    """Prints records in one format.

    Args:
        format: table, json or jsonl.
        out: where data goes.
        err: where words for people go.
    """

    def __init__(self, format: str = "table", *, out: TextIO | None = None, err: TextIO | None = None) -> None:  # noqa: A002 - the option's name
        self.format = format
        self.out = out or sys.stdout
        self.err = err or sys.stderr

    def say(self, text: str) -> None:
        """Tell a person something that is not data."""
        self.err.write(printable(text, keep_lines=True) + "\n")

    def record(self, record: Record) -> None:
        """Print one record: a column of fields on a table, an object else."""
        if self.format == "table":
            shown = {key: value for key, value in record.items() if value not in (None, "", [], {})}
            width = max((len(key) for key in shown), default=0)
            for key, value in shown.items():
                self.out.write(f"{key:<{width}}  {printable(cell_text(value))}\n")
        else:
            self.out.write(
                json.dumps(record, ensure_ascii=False, default=str, indent=2 if self.format == "json" else None) + "\n"
            )

    def records(self, records: Iterable[Record], columns: Sequence[str], *, empty: str = "Nothing found.") -> int:
        """Print many records as they come and return how many there were."""
        if self.format == "json":
            return self._json_array(records)
        if self.format == "jsonl":
            return sum(1 for record in records if self.out.write(json.dumps(record, ensure_ascii=False, default=str) + "\n"))
        return self._tables(records, columns, empty)

    def _json_array(self, records: Iterable[Record]) -> int:
        count = 0
        for count, record in enumerate(records, start=1):
            self.out.write(("[\n  " if count == 1 else ",\n  ") + json.dumps(record, ensure_ascii=False, default=str))
        self.out.write("\n]\n" if count else "[]\n")
        return count

    def _tables(self, records: Iterable[Record], columns: Sequence[str], empty: str) -> int:
        block: list[list[str]] = []
        count = 0
        for record in records:
            count += 1
            block.append([printable(cell_text(record.get(column))) for column in columns])
            if len(block) == _BLOCK_ROWS:
                self._block(columns, block)
                block = []
        if block:
            self._block(columns, block)
        elif not count:
            self.say(empty)
        return count

    def _block(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        if self.out.isatty():
            _rich_table(self.out, columns, rows)
            return
        widths = [max(len(text) for text in texts) for texts in zip(columns, *rows, strict=True)]
        for texts in (columns, *rows):
            self.out.write("  ".join(f"{text:<{width}}" for text, width in zip(texts, widths, strict=True)).rstrip() + "\n")


def _rich_table(out: TextIO, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        out.writelines("  ".join(texts) + "\n" for texts in (columns, *rows))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, column in enumerate(columns):
        # The first column is the name that the next command needs: it is never cut.
        least = max(len(texts[0]) for texts in rows) if at == 0 else None
        table.add_column(
            column, overflow="ellipsis", no_wrap=at == 0, min_width=least, max_width=None if at == 0 else _WIDEST_CELL
        )
    for texts in rows:
        table.add_row(*(Text(text) for text in texts))
    Console(file=out).print(table)


def cell_text(value: Value) -> str:
    """Return a value as the text of one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(cell_text(item) for item in value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def printable(text: str, *, keep_lines: bool = False) -> str:
    """Return text without control characters: a value must not steer the terminal."""
    return "".join(char if char.isprintable() or (keep_lines and char == "\n") else "\ufffd" for char in text)


def plain(message: Message) -> dict[str, Value]:
    """Return a message as plain values with the proto's own names, for json and jsonl."""
    from google.protobuf.json_format import MessageToDict

    found: dict[str, Value] = MessageToDict(message, preserving_proto_field_name=True)
    return _numbers(message, found)


def _numbers(message: Message, found: dict[str, Value]) -> dict[str, Value]:
    """64-bit numbers come as text from the JSON mapping of protobuf; programs want numbers."""
    for field in message.DESCRIPTOR.fields:
        value = found.get(field.name)
        if value is None:
            continue
        inner = getattr(message, field.name)
        kind = field.message_type
        wide = field.cpp_type in {field.CPPTYPE_INT64, field.CPPTYPE_UINT64}
        if kind is not None and kind.GetOptions().map_entry:
            if isinstance(value, dict) and kind.fields_by_name["value"].message_type is not None:
                found[field.name] = {key: _number_parts(inner[key], item) for key, item in value.items()}
        elif isinstance(value, list):
            found[field.name] = [_number_part(part, item, wide=wide) for part, item in zip(inner, value, strict=True)]
        else:
            found[field.name] = _number_part(inner, value, wide=wide)
    return found


def _number_part(inner: object, value: Value, *, wide: bool) -> Value:
    return int(value) if wide and isinstance(value, str) else _number_parts(inner, value)


def _number_parts(inner: object, value: Value) -> Value:
    """Go into a message, but not into those of protobuf itself, which have a mapping of their own."""
    if not isinstance(value, dict) or not hasattr(inner, "DESCRIPTOR") or inner.DESCRIPTOR.file.package == "google.protobuf":
        return value
    return _numbers(inner, value)  # type: ignore[arg-type]  # what has a descriptor is a message


def short(name: str) -> str:
    """Return the last part of a resource name, for tables."""
    return name.rpartition("/")[2]


def moment(message: Message, field: str) -> str:
    """Return a timestamp field as text, "" where it is not set."""
    if not message.HasField(field):
        return ""
    found = getattr(message, field).ToDatetime()
    return f"{found:%Y-%m-%d %H:%M:%S}Z"


def enum_word(name: str, prefix: str) -> str:
    """Return an enum value's name as people say it: `RUN_STATE_QUEUED` is `queued`."""
    return name.removeprefix(prefix).lower().replace("_", " ")
