"""Rows of transactions and needs: shared parts of their builders.

Rules: the customer is named by the id in its source system; a row without an id of its own gets one from the file's hash
and its line, so that sending the file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from strongroom.api.v1.customer_pb2 import AttributeValue
from strongroom_cli.importing import cells
from strongroom_cli.importing.attribute_types import AttributeColumn, attribute_value
from strongroom_cli.importing.built_rows import RefusalError, Unparsed
from strongroom_cli.importing.mapping import ID, ColumnMapping
from strongroom_cli.importing.source_rows import Cell, SourceRow, text_of

_LONGEST_ID = 256


class ActivityColumns:
    """Where the parts of an activity row stand."""

    def __init__(
        self, columns: Sequence[str], mapping: ColumnMapping, attributes: Sequence[AttributeColumn], file_key: str
    ) -> None:
        self.order = mapping.date_order
        self.index = {target: at for at, target in reversed(list(enumerate(mapping.targets.values())))}
        self._attributes = [(columns.index(attribute.column), attribute) for attribute in attributes]
        self._verbatim = [(at, column) for at, column in enumerate(columns) if mapping.targets[column] == "unparsed"]
        self._file_key = file_key

    def has(self, target: str) -> bool:
        return target in self.index

    def cell(self, row: SourceRow, target: str) -> Cell:
        at = self.index.get(target)
        return None if at is None else row.cells[at]

    def text(self, row: SourceRow, target: str) -> str:
        return text_of(self.cell(row, target))

    def identity(self, row: SourceRow) -> str:
        found = self.text(row, ID)
        if not self.has(ID):
            return f"{self._file_key[:16]}-{row.line}"
        if not found or cells.is_sure_placeholder(found):
            raise RefusalError("NO_ID", "the row has no id", ID)
        return within(found, ID)

    def customer(self, row: SourceRow) -> str:
        found = self.text(row, "customer")
        if not found or cells.is_sure_placeholder(found):
            raise RefusalError("NO_CUSTOMER", "the row names no customer", "customer")
        return within(found, "customer")

    def moment(self, row: SourceRow) -> datetime | None:
        return cells.parse_moment(self.text(row, "time"), self.order)

    def put_attributes(self, row: SourceRow, attributes: Mapping[str, AttributeValue], unparsed: Unparsed) -> None:
        for at, attribute in self._attributes:
            text = text_of(row.cells[at])
            if not text:
                continue
            value = attribute_value(text, attribute.type, self.order)
            if value is None:
                unparsed.keep(attribute.key, text, "NOT_OF_TYPE")
            else:
                attributes[attribute.key].CopyFrom(value)
        for at, column in self._verbatim:
            if text := text_of(row.cells[at]):
                unparsed.keep(column, text, "AS_MAPPED")
        for key, cell in row.extra.items():
            if text := text_of(cell):
                unparsed.keep(key, text, "UNKNOWN_COLUMN")


def within(text: str, field: str) -> str:
    if len(text) > _LONGEST_ID:
        raise RefusalError("ID_TOO_LONG", f"the id has more than {_LONGEST_ID} characters", field)
    return text


def put_time(target: Timestamp, moment: datetime) -> None:
    try:
        target.FromDatetime(moment)
    except (ValueError, OverflowError):
        raise RefusalError("BAD_TIME", "the time is out of range", "time") from None
