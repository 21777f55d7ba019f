"""One row of a customer file as a `Customer`: every cell goes into its field, an attribute, or `unparsed`.

Rules: nothing is lost and nothing is invented; only a row without an id, or over a limit, is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from google.protobuf import json_format

from strongroom.api.v1.attribute_service_pb2 import ATTRIBUTE_TYPE_STRING
from strongroom.api.v1.customer_pb2 import Customer, CustomerKind, ExternalId, Gender, PostalAddress
from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom.api.v1.rules_pb2 import rules
from strongroom_cli.importing import cells
from strongroom_cli.importing.attribute_types import AttributeColumn, attribute_value
from strongroom_cli.importing.built_rows import BuiltRow, CellIssue, RefusalError, Unparsed
from strongroom_cli.importing.mapping import ID, IGNORE, MANY, UNPARSED, ColumnMapping
from strongroom_cli.importing.source_rows import Cell, RefusedRow, SourceRow, text_of, texts_of
from strongroom_cli.importing.words import CUSTOMER_KINDS, GENDERS, LANGUAGES, folded

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_TAG_CUT = re.compile(r"\s*[;,|]\s*")
_OLDEST = 150
_LONGEST_ID = 256


@dataclass(slots=True)
class _Work:
    """One row under construction."""

    customer: Customer
    unparsed: Unparsed
    currency: str = ""
    street_number: str = ""


class CustomerRows:
    """Builds customers from rows.

    Args:
        columns: columns of the source, in order.
        mapping: target of each column.
        attributes: what attribute columns became; empty when they are ignored.
        source: source system of the ids.
        keep_currency: attribute that takes a currency without an income, "" for none.
    """

    def __init__(
        self,
        columns: Sequence[str],
        mapping: ColumnMapping,
        attributes: Sequence[AttributeColumn],
        *,
        source: str,
        keep_currency: str,
    ) -> None:
        self._source = source
        self._order = mapping.date_order
        self._keep_currency = keep_currency
        targets = list(mapping.targets.values())
        self._ids_apart = ID in targets
        self._id_index = targets.index(ID if self._ids_apart else "external_ids")
        by_column = {attribute.column: attribute for attribute in attributes}
        self._plan: list[tuple[int, str, Callable[[_Work, str, Cell], None]]] = []
        for index, column in enumerate(columns):
            target = mapping.targets[column]
            if target in {ID, IGNORE}:
                continue
            alone = targets.count(target) == 1 and target not in {"attributes", UNPARSED} and not target.startswith("address.")
            if target == "attributes":
                if column in by_column:
                    self._plan.append((index, by_column[column].key, self._attribute_setter(by_column[column])))
            else:
                self._plan.append((index, target if alone else column, self._setter(target)))
        self._plan.sort(
            key=lambda step: mapping.targets[columns[step[0]]] != "income.currency"
        )  # the currency scales the income

    def add(self, row: SourceRow) -> list[BuiltRow | RefusedRow]:
        try:
            return [self._built(row)]
        except RefusalError as refusal:
            return [RefusedRow(row.line, refusal.reason, refusal.message, row.raw, refusal.field)]

    def finish(self) -> list[BuiltRow | RefusedRow]:
        return []

    def _built(self, row: SourceRow) -> BuiltRow:
        cell = row.cells[self._id_index]
        identity = self._identity(cell)
        if not identity or cells.is_sure_placeholder(identity):
            raise RefusalError("NO_ID", "the row has no id", ID)
        if len(identity) > _LONGEST_ID:
            raise RefusalError("ID_TOO_LONG", f"the id has more than {_LONGEST_ID} characters", ID)
        built = ImportRow(line=row.line)
        customer = built.customer
        customer.external_ids.add(source=self._source, id=identity)
        issues: list[CellIssue] = []
        work = _Work(customer, Unparsed(row.line, customer.unparsed, issues))
        if self._ids_apart and isinstance(cell, list):
            _external_ids(work, "external_ids", cell)
        for index, name, setter in self._plan:
            cell = row.cells[index]
            if cell is not None and cell != "":
                setter(work, name, cell)
        for key, cell in row.extra.items():
            if text := text_of(cell):
                work.unparsed.keep(key, text, "UNKNOWN_COLUMN")
        self._settle(work)
        return BuiltRow(built, row.raw, issues)

    def _identity(self, cell: Cell) -> str:
        """Return the id of this source: the cell, or the one of several ids that an export wrote."""
        if isinstance(cell, dict):
            return ""
        if self._ids_apart and not isinstance(cell, list):
            return text_of(cell)
        items = cell if isinstance(cell, list) else text_of(cell).split(";")
        own = [found.id for found in map(_external_id, items) if found is not None and found.source == self._source]
        return own[0] if own else text_of(cell) if len(items) == 1 and ":" not in text_of(cell) else ""

    def _settle(self, work: _Work) -> None:
        customer = work.customer
        if work.street_number:
            address = customer.addresses[0] if customer.addresses else customer.addresses.add()
            address.street = f"{work.street_number} {address.street}".strip()
        if not work.currency:
            return
        if customer.HasField("income"):
            customer.income.currency = customer.income.currency or work.currency
        elif self._keep_currency:
            customer.attributes[self._keep_currency].string_value = work.currency
        else:
            work.unparsed.keep("currency", work.currency, "CURRENCY_WITHOUT_INCOME")

    def _attribute_setter(self, attribute: AttributeColumn) -> Callable[[_Work, str, Cell], None]:
        def put(work: _Work, key: str, cell: Cell) -> None:
            text = text_of(cell)
            if not text:
                return
            value = attribute_value(text, attribute.type, self._order)
            if value is None:
                work.unparsed.keep(key, text, "NOT_OF_TYPE" if attribute.type != ATTRIBUTE_TYPE_STRING else "TOO_LONG")
            else:
                work.customer.attributes[key].CopyFrom(value)

        return put

    def _setter(self, target: str) -> Callable[[_Work, str, Cell], None]:
        if target.startswith("address.") and target != "address.street_number":
            return _address_setter(target.removeprefix("address."))
        if target in MANY:
            return _MANY_SETTERS[target]
        special = {"birth_date": self._birth_date, "income": _income, UNPARSED: _verbatim}
        return special.get(target) or _ONE_SETTERS.get(target) or _text_setter(target)

    def _birth_date(self, work: _Work, name: str, cell: Cell) -> None:
        text = text_of(cell)
        if found := cells.parse_date(text, self._order):
            work.customer.birth_date = found
        elif text:
            work.unparsed.keep(name, text)


def _text_setter(target: str) -> Callable[[_Work, str, Cell], None]:
    longest = Customer.DESCRIPTOR.fields_by_name[target].GetOptions().Extensions[rules].max_length

    def put(work: _Work, name: str, cell: Cell) -> None:
        text = text_of(cell)
        if not text:
            return
        if len(text) > longest or cells.is_placeholder(text):
            work.unparsed.keep(name, text, "TOO_LONG")
        else:
            setattr(work.customer, target, text)

    return put


def _address_setter(part: str) -> Callable[[_Work, str, Cell], None]:
    longest = PostalAddress.DESCRIPTOR.fields_by_name[part].GetOptions().Extensions[rules].max_length

    def put(work: _Work, name: str, cell: Cell) -> None:
        text = text_of(cell)
        if not text:
            return
        if len(text) > longest or (cells.is_placeholder(text) and text.casefold() != "na"):
            work.unparsed.keep(name, text, "TOO_LONG")
            return
        addresses = work.customer.addresses
        address = addresses[0] if addresses else addresses.add()
        setattr(address, part, text)

    return put


def _verbatim(work: _Work, name: str, cell: Cell) -> None:
    if text := text_of(cell):
        work.unparsed.keep(name, text, "AS_MAPPED")


def _street_number(work: _Work, name: str, cell: Cell) -> None:
    text = text_of(cell)
    if cells.is_placeholder(text):
        work.unparsed.keep(name, text)
    else:
        work.street_number = text[:50]


def _currency(work: _Work, name: str, cell: Cell) -> None:
    text = text_of(cell)
    if found := cells.parse_currency(text):
        work.currency = found
    elif text:
        work.unparsed.keep(name, text)


def _income(work: _Work, name: str, cell: Cell) -> None:
    if isinstance(cell, dict):
        amount, currency = cell.get("amount_minor"), text_of(cell.get("currency"))
        found = cells.parse_int(text_of(amount))
        if found is not None:
            work.customer.income.amount_minor = found
            work.customer.income.currency = currency
            return
    text = text_of(cell)
    money = cells.parse_minor_units(text, work.currency)
    if money is not None:
        work.customer.income.amount_minor = money[0]
        work.customer.income.currency = money[1]
    elif text:
        work.unparsed.keep(name, text)


def _word_setter(words: dict[str, int], put: Callable[[Customer, int], None]) -> Callable[[_Work, str, Cell], None]:
    def set_word(work: _Work, name: str, cell: Cell) -> None:
        text = text_of(cell)
        found = words.get(folded(text)) or words.get(folded(text).rpartition("_")[2])
        if found is not None:
            put(work.customer, found)
        elif text:
            work.unparsed.keep(name, text)

    return set_word


def _put_gender(customer: Customer, number: int) -> None:
    customer.gender = Gender.ValueType(number)


def _put_kind(customer: Customer, number: int) -> None:
    customer.kind = CustomerKind.ValueType(number)


def _age(work: _Work, name: str, cell: Cell) -> None:
    text = text_of(cell)
    found = cells.parse_int(text)
    if found is not None and 0 <= found <= _OLDEST:
        work.customer.stated_age = found
    elif text:
        work.unparsed.keep(name, text, "OUT_OF_RANGE" if found is not None else "UNPARSED")


def _language(work: _Work, name: str, cell: Cell) -> None:
    text = text_of(cell)
    tag = LANGUAGES.get(folded(text), text.replace("_", "-"))
    if _LANGUAGE.fullmatch(tag) and not cells.is_placeholder(text):
        work.customer.language = tag
    elif text:
        work.unparsed.keep(name, text)


def _many_setter(field: str, split: Callable[[str], list[str] | None]) -> Callable[[_Work, str, Cell], None]:
    options = Customer.DESCRIPTOR.fields_by_name[field].GetOptions().Extensions[rules]

    def put(work: _Work, name: str, cell: Cell) -> None:
        held = getattr(work.customer, field)
        for text in texts_of(cell):
            items = None if cells.is_placeholder(text) else split(text)
            room = items is not None and len(held) + len(items) <= options.max_items
            if items is None or not room or any(len(item) > options.max_length for item in items):
                work.unparsed.keep(name, text, "UNPARSED" if room or items is None else "TOO_MANY")
            else:
                held.extend(item for item in items if item not in held)

    return put


def _external_ids(work: _Work, name: str, cell: Cell) -> None:
    own = work.customer.external_ids[0]
    for item in cell if isinstance(cell, list) else text_of(cell).split(";"):
        other = _external_id(item)
        if text_of(item) == own.id:
            continue  # an export names no source where there is only one
        if other is None:
            work.unparsed.keep(name, text_of(item))
        elif other != own and other not in work.customer.external_ids:
            work.customer.external_ids.append(other)


def _external_id(item: Cell) -> ExternalId | None:
    if isinstance(item, dict):
        source, identity = text_of(item.get("source")), text_of(item.get("id"))
    else:
        source, _, identity = text_of(item).partition(":")
    return ExternalId(source=source, id=identity) if source and identity and len(identity) <= _LONGEST_ID else None


def _addresses(work: _Work, name: str, cell: Cell) -> None:
    for item in cell if isinstance(cell, list) else [cell]:
        try:
            work.customer.addresses.append(json_format.ParseDict(cast("dict[str, object]", item), PostalAddress()))
        except (json_format.ParseError, TypeError, AttributeError, ValueError):
            work.unparsed.keep(name, item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str))


_MANY_SETTERS: dict[str, Callable[[_Work, str, Cell], None]] = {
    "emails": _many_setter("emails", cells.split_emails),
    "phones": _many_setter("phones", cells.split_phones),
    "tags": _many_setter("tags", lambda text: [part for part in _TAG_CUT.split(text) if part]),
    "national_ids": _many_setter("national_ids", lambda text: [text]),
    "external_ids": _external_ids,
    "addresses": _addresses,
}
_ONE_SETTERS: dict[str, Callable[[_Work, str, Cell], None]] = {
    "gender": _word_setter(GENDERS, _put_gender),
    "kind": _word_setter(CUSTOMER_KINDS, _put_kind),
    "stated_age": _age,
    "language": _language,
    "income.currency": _currency,
    "address.street_number": _street_number,
}
