"""Rows of a file of needs."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom.api.v1.need_pb2 import NEED_STATE_OPEN, Need, NeedKind, NeedPriority, NeedState
from strongroom_cli.importing.activity_rows import ActivityColumns, put_time
from strongroom_cli.importing.attribute_types import AttributeColumn
from strongroom_cli.importing.built_rows import BuiltRow, CellIssue, RefusalError, Unparsed
from strongroom_cli.importing.mapping import ColumnMapping
from strongroom_cli.importing.source_rows import RefusedRow, SourceRow
from strongroom_cli.importing.words import NEED_KINDS, NEED_PRIORITIES, NEED_STATES, folded

_LONGEST_TEXT = 10_000
_LONGEST_TOPIC = 200


class NeedRows:
    """Builds needs from rows."""

    def __init__(
        self,
        columns: Sequence[str],
        mapping: ColumnMapping,
        attributes: Sequence[AttributeColumn],
        *,
        customer_source: str,
        source: str,
        file_key: str,
    ) -> None:
        self._columns = ActivityColumns(columns, mapping, attributes, file_key)
        self._source = source
        self._customer_source = customer_source

    def add(self, row: SourceRow) -> list[BuiltRow | RefusedRow]:
        try:
            return [self._built(row)]
        except RefusalError as refusal:
            return [RefusedRow(row.line, refusal.reason, refusal.message, row.raw, refusal.field)]

    def finish(self) -> list[BuiltRow | RefusedRow]:
        return []

    def _built(self, row: SourceRow) -> BuiltRow:
        columns = self._columns
        built = ImportRow(line=row.line)
        need = built.need
        issues: list[CellIssue] = []
        unparsed = Unparsed(row.line, need.unparsed, issues)
        need.external_id.source, need.external_id.id = self._source, columns.identity(row)
        built.customer_key.source, built.customer_key.id = self._customer_source, columns.customer(row)
        need.text = _limited(columns.text(row, "text"), _LONGEST_TEXT, "text")
        need.topic = _limited(columns.text(row, "topic"), _LONGEST_TOPIC, "topic")
        time_text = columns.text(row, "time")
        moment = columns.moment(row)
        if moment is not None:
            put_time(need.time, moment)
        elif time_text:
            unparsed.keep("time", time_text)
        self._put_words(need, row, unparsed)
        columns.put_attributes(row, need.attributes, unparsed)
        return BuiltRow(built, row.raw, issues)

    def _put_words(self, need: Need, row: SourceRow, unparsed: Unparsed) -> None:
        need.kind = NeedKind.ValueType(self._word(row, "kind", NEED_KINDS, unparsed))
        need.need_state = NeedState.ValueType(self._word(row, "need_state", NEED_STATES, unparsed)) or NEED_STATE_OPEN
        need.priority = NeedPriority.ValueType(self._word(row, "priority", NEED_PRIORITIES, unparsed))

    def _word(self, row: SourceRow, target: str, words: dict[str, int], unparsed: Unparsed) -> int:
        text = self._columns.text(row, target)
        found = words.get(folded(text), 0)
        if text and not found:
            unparsed.keep(target, text)
        return found


def _limited(text: str, longest: int, field: str) -> str:
    if len(text) > longest:
        raise RefusalError("CELL_TOO_LARGE", f"the cell has {len(text):,} characters; the limit is {longest:,}", field)
    return text
