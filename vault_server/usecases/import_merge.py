"""What an imported row does to the record it belongs to.

The row wins where it says something; what it leaves empty stays as it was, so that a file with fewer columns loses nothing.
Lists are replaced whole, maps key by key, ids of other sources are kept. A cell that parses now removes the text that was kept
of it before.
"""

from __future__ import annotations

from vault_server.usecases.record_kinds import Record

_MAPS = ("attributes", "unparsed")


def same_content(one: Record, other: Record) -> bool:
    """Whether two records say the same, wherever they came from."""
    return _without_origin(one) == _without_origin(other)


def merged(current: Record, row: Record) -> Record:
    """A new record: `current` with what the row says."""
    result = type(current)()
    result.CopyFrom(current)  # type: ignore[arg-type]  # both are of one type
    for name in [field.name for field, _ in row.ListFields()]:
        if name == "external_ids":
            _merge_ids(result, row)
        elif name in _MAPS:
            _merge_map(result, row, name)
        else:
            _replace(result, row, name)
            result.unparsed.pop(name, None)
    return result


def _without_origin(record: Record) -> bytes:
    plain = type(record)()
    plain.CopyFrom(record)  # type: ignore[arg-type]  # both are of one type
    plain.ClearField("provenance")
    return plain.SerializeToString(deterministic=True)


def _merge_ids(result: Record, row: Record) -> None:
    known = {(one.source, one.id) for one in result.external_ids}  # type: ignore[union-attr]  # only customers have this field
    result.external_ids.extend(one for one in row.external_ids if (one.source, one.id) not in known)  # type: ignore[union-attr]


def _merge_map(result: Record, row: Record, name: str) -> None:
    target = getattr(result, name)
    for key, value in getattr(row, name).items():
        if name == "attributes":
            target[key].CopyFrom(value)
        else:
            target[key] = value


def _replace(result: Record, row: Record, name: str) -> None:
    result.ClearField(name)  # type: ignore[arg-type]  # a field of the row's own descriptor
    value = getattr(row, name)
    if row.DESCRIPTOR.fields_by_name[name].is_repeated:
        getattr(result, name).extend(value)
    elif hasattr(value, "CopyFrom"):
        getattr(result, name).CopyFrom(value)
    else:
        setattr(result, name, value)
