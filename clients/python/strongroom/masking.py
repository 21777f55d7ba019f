"""Records as text that a person may see: every personal field masked as its proto option says.

Rules: a field with rules is masked unless the rules say `MASK_NONE` or `output_only`; a field without rules inside a masked one
inherits the mask; what has no mask of its own and inherits none becomes stars. An unknown case shows less, never more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from strongroom.api.v1 import rules_pb2

if TYPE_CHECKING:
    from strongroom.api.v1.rules_pb2 import Mask

STARS = "***"
_VISIBLE_TAIL = 2
_YEAR_DIGITS = 4


def masked(record: Message) -> str:
    """Return a one-line text of `record` in which personal values are masked."""
    return _message(record, None)


def masked_value(record: Message, field: str) -> str:
    """Return the masked text of one field of `record`; "" where it is not set."""
    descriptor = record.DESCRIPTOR.fields_by_name[field]
    for candidate, value in record.ListFields():
        if candidate is descriptor or candidate.name == field:
            return _value(candidate, value, _inherited(candidate, None))
    return ""


def is_masked(record: Message, field: str) -> bool:
    """Whether a field of `record` has personal values to mask."""
    mask = _inherited(cast("FieldDescriptor", record.DESCRIPTOR.fields_by_name[field]), None)
    return mask is not None and mask != rules_pb2.MASK_NONE


def mask_text(text: str, mask: Mask.ValueType) -> str:
    """Return `text` as `mask` shows it."""
    if mask == rules_pb2.MASK_NONE:
        return text
    if mask == rules_pb2.MASK_INITIAL and text:
        return f"{text[0]}."
    if mask == rules_pb2.MASK_EMAIL and "@" in text:
        local, _, domain = text.rpartition("@")
        return f"{local[:1]}{STARS}@{STARS}.{domain.rpartition('.')[2]}"
    if mask == rules_pb2.MASK_LAST_TWO and len(text) > _VISIBLE_TAIL * 2:
        return f"{STARS}{text[-_VISIBLE_TAIL:]}"
    if mask == rules_pb2.MASK_YEAR and text[:_YEAR_DIGITS].isdigit():
        return f"{text[:_YEAR_DIGITS]}-**-**"
    return STARS


def _inherited(field: FieldDescriptor, outer: Mask.ValueType | None) -> Mask.ValueType | None:
    options = field.GetOptions()
    if not options.HasExtension(rules_pb2.rules):
        return outer
    rules = options.Extensions[rules_pb2.rules]
    if rules.output_only:
        return None
    if not rules.mask and not rules.category and outer == rules_pb2.MASK_NONE:
        return outer
    return rules.mask or outer or rules_pb2.MASK_UNSPECIFIED


def _message(record: Message, outer: Mask.ValueType | None) -> str:
    parts = [f"{field.name}={_value(field, value, _inherited(field, outer))}" for field, value in record.ListFields()]
    return f"{record.DESCRIPTOR.name}({', '.join(parts)})"


def _value(field: FieldDescriptor, value: object, mask: Mask.ValueType | None) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_scalar_or_message(field, item, mask)}" for key, item in value.items()) + "}"
    if field.is_repeated:
        return "[" + ", ".join(_scalar_or_message(field, item, mask) for item in _items(value)) + "]"
    return _scalar_or_message(field, value, mask)


def _items(value: object) -> Iterator[object]:
    return iter(value)  # type: ignore[call-overload, no-any-return]  # repeated fields are iterable, their stub type is not shared


def _scalar_or_message(field: FieldDescriptor, value: object, mask: Mask.ValueType | None) -> str:
    if isinstance(value, Message):
        return _message(value, mask)
    if mask is not None and mask != rules_pb2.MASK_NONE:
        return mask_text(value, mask) if isinstance(value, str) else STARS
    if field.enum_type is not None and isinstance(value, int):
        known = field.enum_type.values_by_number.get(value)
        return known.name if known is not None else str(value)
    return repr(value)
