"""Shows a record to people and logs that may not see it whole.

Rules. What is not declared harmless is hidden: a text without a mask becomes stars, another value is left out. A nested field
without a mask of its own takes its parent's. Attribute keys are kept (they are the tenant's definitions); cells that did not
parse are left out with their keys, because a key may be a cell of a file without a header.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from strongroom.api.v1 import rules_pb2
from vault_server.ports.records import RecordKind
from vault_server.records.dictionary import Dictionary, FieldSpec, Record

STARS = "***"
_YEAR_CHARACTERS = 4


class Masker:
    """Masks records as the dictionary says."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary

    def mask_text(self, kind: RecordKind, path: str, text: str) -> str:
        """A text that stands for a field, such as a proposed value, masked as that field: `emails[0]`, `addresses[0].city`."""
        fields: Mapping[str, FieldSpec] | None = self._dictionary.for_kind(kind).fields
        mask: int = rules_pb2.MASK_UNSPECIFIED
        for part in path.split("."):
            field = (fields or {}).get(part.partition("[")[0])
            if field is None:
                mask = rules_pb2.MASK_UNSPECIFIED
                break
            mask, fields = field.mask or mask, field.message
        return text if mask == rules_pb2.MASK_NONE else _MASKS[mask](text)

    def mask(self, record: Record) -> Record:
        """A masked copy."""
        masked = type(record)()
        masked.CopyFrom(record)  # type: ignore[arg-type]  # both sides are of one type
        masked.DiscardUnknownFields()
        _mask_message(masked, self._dictionary.of_record(record).fields, rules_pb2.MASK_UNSPECIFIED)
        return masked


def sensitive_fields(dictionary: Dictionary) -> tuple[tuple[RecordKind, str], ...]:
    """(kind, path) of every text that is about a person: where a hunt for leaks puts its canaries."""
    return tuple((spec.kind, path) for spec in dictionary.kinds for path in _sensitive_paths(spec.fields, "", inherited=0))


def _sensitive_paths(fields: Mapping[str, FieldSpec], prefix: str, *, inherited: int) -> list[str]:
    paths = []
    for field in fields.values():
        category = field.category or inherited
        path = prefix + field.name
        if field.message is not None and not field.is_map:
            paths += _sensitive_paths(field.message, f"{path}.", inherited=category)
        elif (field.is_string and category) or field.is_map:
            paths.append(path)
    return paths


def initial(text: str) -> str:
    return f"{text.strip()[:1]}." if text.strip() else STARS


def masked_email(text: str) -> str:
    """First letter of the local part, and the domain's ending."""
    local, at, domain = text.strip().rpartition("@")
    if not local or "." not in domain:
        return STARS
    return f"{local[0]}{STARS}{at}{STARS}.{domain.rpartition('.')[2]}"


def last_two(text: str) -> str:
    """The last two characters of what has more than four."""
    return STARS + text[-2:] if len(text) > 4 else STARS  # noqa: PLR2004 - two shown of four would be half of it


def year(text: str) -> str:
    return f"{text[:_YEAR_CHARACTERS]}-**-**" if text[:_YEAR_CHARACTERS].isdigit() else STARS


def _stars(text: str) -> str:
    return STARS if text else ""


_MASKS: Mapping[int, Callable[[str], str]] = MappingProxyType(
    {
        rules_pb2.MASK_UNSPECIFIED: _stars,
        rules_pb2.MASK_INITIAL: initial,
        rules_pb2.MASK_EMAIL: masked_email,
        rules_pb2.MASK_LAST_TWO: last_two,
        rules_pb2.MASK_YEAR: year,
    }
)


def _mask_message(message: Any, fields: Mapping[str, FieldSpec], inherited: int) -> None:
    for descriptor, value in message.ListFields():
        field = fields[descriptor.name]
        mask = field.mask or inherited
        if not field.output_only and mask != rules_pb2.MASK_NONE:
            _mask_field(message, field, value, mask)


def _mask_field(message: Any, field: FieldSpec, value: Any, mask: int) -> None:
    nested = field.message if field.type_name != "Timestamp" else None
    if field.is_map and nested is not None:
        for key in value:
            _mask_message(value[key], nested, mask)
    elif field.is_map or (nested is None and not field.is_string):
        message.ClearField(field.name)
    elif nested is not None:
        for item in value if field.repeated else (value,):
            _mask_message(item, nested, mask)
    elif field.repeated:
        value[:] = [_MASKS[mask](text) for text in value]
    else:
        setattr(message, field.name, _MASKS[mask](value))
