"""Field masks: which fields of an update are written."""

from __future__ import annotations

from google.protobuf.field_mask_pb2 import FieldMask

from vault_server.errors import InvalidArgumentError
from vault_server.records.dictionary import OUTPUT_ONLY_NUMBERS
from vault_server.usecases.record_kinds import R, Record


def apply_mask(current: R, update: R, mask: FieldMask) -> None:
    """Copy fields from `update` into `current`, in place.

    A path is a top-level field, or `attributes.KEY`; a path that is unset in the update clears the field. An empty mask means
    every field that is set in the update.

    Raises:
        InvalidArgumentError: a path names no field that a caller may write.
    """
    for path in mask.paths or [field.name for field, _ in update.ListFields() if field.name not in OUTPUT_ONLY_NUMBERS]:
        field, dot, key = path.partition(".")
        if (
            bool(dot) != bool(key)
            or field not in current.DESCRIPTOR.fields_by_name
            or field in OUTPUT_ONLY_NUMBERS
            or (key and field not in ("attributes", "unparsed"))
        ):
            raise InvalidArgumentError(
                "the update mask names a field that cannot be written", reason="INVALID_MASK", metadata={"field": "update_mask"}
            )
        if key:
            _copy_entry(current, update, field, key)
        else:
            _copy_field(current, update, field)


def _copy_entry(current: Record, update: Record, field: str, key: str) -> None:
    source, target = getattr(update, field), getattr(current, field)
    target.pop(key, None)
    if key in source:
        if field == "attributes":
            target[key].CopyFrom(source[key])
        else:
            target[key] = source[key]


def _copy_field(current: R, update: R, field: str) -> None:
    only = type(update)()
    only.CopyFrom(update)
    for other in update.DESCRIPTOR.fields_by_name:
        if other != field:
            only.ClearField(other)  # type: ignore[arg-type]  # the descriptor's own names
    current.ClearField(field)  # type: ignore[arg-type]  # checked against the descriptor
    current.MergeFrom(only)
