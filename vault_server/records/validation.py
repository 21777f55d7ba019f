"""Checks a record against the dictionary and the tenant's attribute definitions.

Rules. Everything wrong is reported at once, by path, without a value. Output-only fields are not looked at, because they are
dropped before sealing. Measured for an ordinary customer of 11 fields: 7.7 microseconds, 2.7 of them for `ListFields`; that is
why nothing is built, and no nested message listed, until something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from google.protobuf.message import Message

from strongroom.api.v1 import attribute_service_pb2 as definitions
from strongroom.api.v1.attribute_service_pb2 import AttributeDefinition
from vault_server.ports.records import RecordKind
from vault_server.records.checks import Check, Violation, check_for, finite, message_check, missing
from vault_server.records.dictionary import Dictionary, FieldSpec, KindSpec, Record
from vault_server.records.formats import is_slug

MAX_RECORD_BYTES = 1 << 20

_VALUE_OF_TYPE: Mapping[int, str] = MappingProxyType(
    {
        definitions.ATTRIBUTE_TYPE_STRING: "string_value",
        definitions.ATTRIBUTE_TYPE_INT: "int_value",
        definitions.ATTRIBUTE_TYPE_DOUBLE: "double_value",
        definitions.ATTRIBUTE_TYPE_BOOL: "bool_value",
        definitions.ATTRIBUTE_TYPE_DATE: "date_value",
    }
)


class Validator:
    """Finds what is wrong with records."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._kinds = {spec.message: _CompiledKind(spec) for spec in dictionary.kinds}

    def validate(self, record: Record, *, attributes: Mapping[str, AttributeDefinition]) -> list[Violation]:
        """Every broken rule; an empty list means that the record may be stored.

        Args:
            record: what is to be stored, whole.
            attributes: the tenant's definitions by key.
        """
        return self._kinds[type(record)].violations(record, attributes)


class _CompiledKind:
    def __init__(self, spec: KindSpec) -> None:
        self._kind = spec.kind
        self._checks: dict[int, Check] = {}
        self._attributes = spec.fields["attributes"]
        self._attribute_value = message_check((self._attributes.message or {}).values())
        self._required = tuple(field for field in spec.fields.values() if field.required)
        for field in spec.fields.values():
            check = None if field.output_only or field is self._attributes else check_for(field)
            if check is not None:
                self._checks[field.number] = check

    def violations(self, record: Record, attributes: Mapping[str, AttributeDefinition]) -> list[Violation]:
        found: list[Violation] = []
        content = record.SerializePartialToString()
        if len(content) > MAX_RECORD_BYTES:
            return [Violation("", "RECORD_TOO_LARGE", f"the record is larger than {MAX_RECORD_BYTES} bytes")]
        if 0 in content:  # a NUL in a text is a zero byte here; zero bytes of numbers only cost the closer look
            _find_nul(record, "", found)
        checks, attributes_number = self._checks, self._attributes.number
        for descriptor, value in record.ListFields():
            number = descriptor.number
            check = checks.get(number)
            if check is not None:
                check(value, found, "")
            elif number == attributes_number:
                self._check_attributes(value, attributes, found)
        if self._required:
            self._check_required(record, found)
        return found

    def _check_required(self, record: Record, found: list[Violation]) -> None:
        found.extend(missing(field.name) for field in self._required if not _is_set(record, field))

    def _check_attributes(
        self, values: Mapping[str, Any], attributes: Mapping[str, AttributeDefinition], found: list[Violation]
    ) -> None:
        limit = self._attributes.max_items
        if limit and len(values) > limit:
            found.append(Violation("attributes", "TOO_MANY", f"has more than {limit} items"))
            return
        for key in values:
            finding = self._attribute_finding(values[key], attributes.get(key))
            if finding is not None:
                # an undefined key may be anything, a customer's value too: only what looks like a key is named
                found.append(Violation(f"attributes.{key}" if is_slug(key) else "attributes", *finding))

    def _attribute_finding(self, value: Any, definition: AttributeDefinition | None) -> tuple[str, str] | None:
        if definition is None or (definition.record_kind or RecordKind.CUSTOMER) != self._kind:
            return "UNKNOWN_ATTRIBUTE", "is not defined for this kind of record"
        which = value.WhichOneof("value")
        if which is None:
            return "EMPTY_ATTRIBUTE", "has no value"
        if which != _VALUE_OF_TYPE.get(definition.type):
            return "WRONG_TYPE", "is not of the type that the attribute was defined with"
        if which == "double_value" and not finite(value.double_value):
            return "NOT_FINITE", "must be a finite number"
        return self._attribute_rule(value) if which in {"string_value", "date_value"} else None

    def _attribute_rule(self, value: Any) -> tuple[str, str] | None:
        found: list[Violation] = []
        self._attribute_value(value, found, "")
        return (found[0].reason, found[0].message) if found else None


def _is_set(record: Record, field: FieldSpec) -> bool:
    if field.message is not None and not field.repeated:
        return record.HasField(field.name)  # type: ignore[arg-type]  # the name is this message's own
    return bool(getattr(record, field.name))


def _find_nul(message: Message, path: str, found: list[Violation]) -> None:
    for descriptor, value in message.ListFields():
        name = path + descriptor.name
        if isinstance(value, Mapping):  # keys may be anything, so they are not named
            if any(map(_has_nul, value)) or any(map(_has_nul, value.values())):
                found.append(_nul(name))
        elif isinstance(value, Message):
            _find_nul(value, f"{name}.", found)
        elif not descriptor.is_repeated:
            if _has_nul(value):
                found.append(_nul(name))
        else:
            _find_nul_in_items(value, name, found)


def _find_nul_in_items(items: Iterable[object], name: str, found: list[Violation]) -> None:
    for number, item in enumerate(items):
        if isinstance(item, Message):
            _find_nul(item, f"{name}[{number}].", found)
        elif _has_nul(item):
            found.append(_nul(f"{name}[{number}]"))


def _has_nul(value: object) -> bool:
    if isinstance(value, Message):
        return any(_has_nul(content) for _, content in value.ListFields())
    return isinstance(value, str) and "\0" in value


def _nul(path: str) -> Violation:
    return Violation(path, "NUL_CHARACTER", "contains a NUL character")
