"""Rows of a transaction file: one transaction a line, one basket line a line, or JSON with `lines`.

Rules: neighbouring rows with one id are the lines of one transaction; an id that comes back later is refused, because
taking it would overwrite the lines that came before.
"""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom.api.v1.transaction_pb2 import (
    TRANSACTION_KIND_PURCHASE,
    TRANSACTION_KIND_REFUND,
    Transaction,
    TransactionKind,
    TransactionLine,
)
from strongroom_cli.importing import cells
from strongroom_cli.importing.activity_rows import ActivityColumns, put_time, within
from strongroom_cli.importing.attribute_types import AttributeColumn
from strongroom_cli.importing.built_rows import BuiltRow, CellIssue, RefusalError, Unparsed
from strongroom_cli.importing.mapping import ID, ColumnMapping
from strongroom_cli.importing.source_rows import Cell, RefusedRow, SourceRow, text_of
from strongroom_cli.importing.words import TRANSACTION_KINDS, folded

_MILLI = 1_000
_MOST_LINES = 1_000
_LINE_PARTS = (
    "line.sku",
    "line.description",
    "line.quantity",
    "line.quantity_milli",
    "line.unit_price",
    "line.unit_price_minor",
)


class TransactionRows:
    """Builds transactions from rows; holds the last one back until its last line is known."""

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
        self._by_line = self._columns.has(ID) and any(map(self._columns.has, _LINE_PARTS))
        self._held: list[SourceRow] = []
        self._held_id = ""
        self._seen: set[int] = set()

    def add(self, row: SourceRow) -> list[BuiltRow | RefusedRow]:
        if not self._by_line:
            return [self._built([row])]
        identity = self._columns.text(row, ID)
        if self._held and identity and identity == self._held_id:
            self._held.append(row)
            return []
        done = self.finish()
        if identity and hash(identity) in self._seen:
            message = "lines of this transaction stand elsewhere in the file; sort the file by transaction id"
            return [*done, RefusedRow(row.line, "TRANSACTION_NOT_TOGETHER", message, row.raw, ID)]
        self._seen.add(hash(identity))
        self._held, self._held_id = [row], identity
        return done

    def finish(self) -> list[BuiltRow | RefusedRow]:
        held, self._held = self._held, []
        return [self._built(held)] if held else []

    def _built(self, rows: list[SourceRow]) -> BuiltRow | RefusedRow:
        raw = "".join(row.raw for row in rows)
        try:
            return self._transaction(rows, raw)
        except RefusalError as refusal:
            return RefusedRow(rows[0].line, refusal.reason, refusal.message, raw, refusal.field)

    def _transaction(self, rows: list[SourceRow], raw: str) -> BuiltRow:
        first, columns = rows[0], self._columns
        built = ImportRow(line=first.line)
        record = built.transaction
        issues: list[CellIssue] = []
        unparsed = Unparsed(first.line, record.unparsed, issues)
        record.external_id.source, record.external_id.id = self._source, columns.identity(first)
        built.customer_key.source, built.customer_key.id = self._customer_source, columns.customer(first)
        moment = columns.moment(first)
        if moment is None:
            raise RefusalError("NO_TIME", "the row has no time that can be read", "time")
        put_time(record.time, moment)
        self._put_currency(record, first, unparsed)
        record.channel = columns.text(first, "channel")[:100]
        record.refunded_purchase = within(columns.text(first, "refunded_purchase"), "refunded_purchase")
        if len(rows) > _MOST_LINES:
            raise RefusalError("TOO_MANY_LINES", f"the transaction has more than {_MOST_LINES} lines", "lines")
        for row in rows:
            self._put_lines(record, row, unparsed)
        self._put_total(record, rows, unparsed)
        self._put_kind(record, first, unparsed)
        columns.put_attributes(first, record.attributes, unparsed)
        return BuiltRow(built, raw, issues)

    def _put_currency(self, record: Transaction, row: SourceRow, unparsed: Unparsed) -> None:
        text = self._columns.text(row, "currency")
        found = cells.parse_currency(text)
        if found:
            record.currency = found
        elif text:
            unparsed.keep("currency", text)

    def _put_kind(self, record: Transaction, row: SourceRow, unparsed: Unparsed) -> None:
        text = self._columns.text(row, "kind")
        found = TRANSACTION_KINDS.get(folded(text)) if text else None
        negative = record.total_minor < 0
        if text and found is None:
            unparsed.keep("kind", text)
        record.kind = (
            TransactionKind.ValueType(found) if found else TRANSACTION_KIND_REFUND if negative else TRANSACTION_KIND_PURCHASE
        )
        if negative and record.kind == TRANSACTION_KIND_REFUND:
            record.total_minor = -record.total_minor

    def _put_lines(self, record: Transaction, row: SourceRow, unparsed: Unparsed) -> None:
        nested = self._columns.cell(row, "lines")
        if isinstance(nested, list):
            for item in nested:
                record.lines.append(self._line(item, record.currency, unparsed) if isinstance(item, dict) else _described(item))
        elif text := text_of(nested):
            unparsed.keep("lines", text)
        if any(self._columns.text(row, part) for part in _LINE_PARTS):
            cells_ = {
                part.removeprefix("line."): self._columns.cell(row, part) for part in _LINE_PARTS if self._columns.has(part)
            }
            record.lines.append(self._line(cells_, record.currency, unparsed))

    def _line(self, item: dict[str, Cell], currency: str, unparsed: Unparsed) -> TransactionLine:
        line = TransactionLine(sku=text_of(item.get("sku"))[:100], description=text_of(item.get("description"))[:500])
        milli = cells.parse_int(text_of(item.get("quantity_milli")))
        quantity = text_of(item.get("quantity"))
        number = cells.parse_number(quantity.replace(",", ".")) if quantity else 1.0
        if milli is None and number is None:
            unparsed.keep("quantity", quantity)
        line.quantity_milli = milli if milli is not None else round((number or 0.0) * _MILLI)
        minor = cells.parse_int(text_of(item.get("unit_price_minor")))
        price = text_of(item.get("unit_price"))
        money = cells.parse_minor_units(price, currency) if price else None
        if minor is None and price and money is None:
            unparsed.keep("unit_price", price)
        line.unit_price_minor = minor if minor is not None else money[0] if money else 0
        return line

    def _put_total(self, record: Transaction, rows: list[SourceRow], unparsed: Unparsed) -> None:
        minor = cells.parse_int(self._columns.text(rows[0], "total_minor"))
        text = self._columns.text(rows[0], "total")
        money = cells.parse_minor_units(text, record.currency) if text else None
        if minor is not None:
            record.total_minor = minor
        elif money is not None and len(rows) == 1:
            record.total_minor = money[0]
            record.currency = record.currency or money[1]
        else:
            if text and money is None:
                unparsed.keep("total", text)
            record.total_minor = sum(round(line.quantity_milli * line.unit_price_minor / _MILLI) for line in record.lines)


def _described(item: Cell) -> TransactionLine:
    return TransactionLine(description=text_of(item)[:500], quantity_milli=_MILLI)
