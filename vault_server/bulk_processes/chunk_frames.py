"""A chunk of an import as it is given and answered, in frames.

    CHUNK     number, tenant, kind, Import, ImportRowsRequest, how many DATA keys, then epoch and key of these and of index keys
    PREPARED  number, ImportRowsResponse, keys of the rows, new DEKs, inserted rows, updated rows, unique tokens, other tokens

Rows, keys and tokens are packed one behind the other, with structures of a fixed size, because a message for each costs more
than preparing it saves.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

from strongroom.api.v1.import_service_pb2 import ImportRowsResponse
from vault_server.bulk_processes import frames
from vault_server.bulk_processes.frames import NUMBER, Frame, FrameError, FrameKind, key_in, number_in, text_in
from vault_server.ports.chunks import PreparedChunk
from vault_server.ports.keys import WrappedDek
from vault_server.ports.lent_keys import LentForImport
from vault_server.ports.records import RecordKind, RecordRow, SearchToken
from vault_server.ports.secret import Secret

_FIELDS_OF_CHUNK = 6
_KEY_BYTES = 16
_WRAPPED_BYTES = 66
_dek = struct.Struct(f">16sII{_WRAPPED_BYTES}s")
_token = struct.Struct(">II16sI16s16s")
_row = struct.Struct(">16s16sQIQQIQI")  # a RecordRow with the size of what is sealed in place of it


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkRequest:
    """A chunk to be prepared; `of_import` and `request` are serialised messages."""

    number: int
    tenant: str
    kind: RecordKind
    of_import: bytes
    request: bytes
    keys: LentForImport


def send_chunk(connection: socket.socket, request: ChunkRequest) -> None:
    keys = request.keys
    lent = [field for epoch, key in (*keys.data, *keys.index) for field in (NUMBER.pack(epoch), key.reveal())]
    frames.send(
        connection,
        FrameKind.CHUNK,
        NUMBER.pack(request.number),
        request.tenant.encode(),
        NUMBER.pack(request.kind),
        request.of_import,
        request.request,
        NUMBER.pack(len(keys.data)),
        *lent,
    )


def chunk_of(frame: Frame) -> ChunkRequest:
    """Raises FrameError: no chunk to prepare."""
    if frame.kind is not FrameKind.CHUNK:
        raise FrameError("another frame was expected")
    number, tenant, kind, of_import, request, data = frame.fields[:_FIELDS_OF_CHUNK]
    lent = frame.fields[_FIELDS_OF_CHUNK:]
    keys = [(number_in(epoch), key_in(key)) for epoch, key in zip(lent[::2], lent[1::2], strict=True)]
    return ChunkRequest(
        number=number_in(number),
        tenant=text_in(tenant),
        kind=_kind(number_in(kind)),
        of_import=of_import,
        request=request,
        keys=_lent(keys, number_in(data)),
    )


def packed(prepared: PreparedChunk) -> tuple[bytes, ...]:
    """A prepared chunk as the fields of a PREPARED behind its number.

    Raises:
        struct.error: a row is not as rows are.
    """
    return (
        prepared.response.SerializeToString(),
        b"".join(prepared.keys),
        b"".join(starmap(_dek.pack, prepared.deks)),
        _packed_rows(prepared.inserts),
        _packed_rows(prepared.updates),
        b"".join(starmap(_token.pack, prepared.unique)),
        b"".join(starmap(_token.pack, prepared.tokens)),
    )


def send_prepared(connection: socket.socket, number: int, fields: tuple[bytes, ...]) -> None:
    frames.send(connection, FrameKind.PREPARED, NUMBER.pack(number), *fields)


def prepared_of(frame: Frame, tenant: str, kind: RecordKind) -> PreparedChunk:
    """The chunk that a PREPARED brings. Raises FrameError: it is none."""
    if frame.kind is not FrameKind.PREPARED:
        raise FrameError("another frame was expected")
    _, response, keys, deks, inserts, updates, unique, tokens = frame.fields
    if len(keys) % _KEY_BYTES:
        raise FrameError("a chunk's keys are cut")
    try:
        return PreparedChunk(
            tenant=tenant,
            kind=kind,
            response=ImportRowsResponse.FromString(response),
            keys=frozenset([keys[at : at + _KEY_BYTES] for at in range(0, len(keys), _KEY_BYTES)]),
            deks=list(map(WrappedDek._make, _dek.iter_unpack(deks))),
            inserts=_rows(inserts),
            updates=_rows(updates),
            unique=list(map(SearchToken._make, _token.iter_unpack(unique))),
            tokens=list(map(SearchToken._make, _token.iter_unpack(tokens))),
        )
    except FrameError:
        raise
    except Exception:  # what the parser raises differs from version to version
        raise FrameError("a chunk does not parse") from None


def _packed_rows(rows: Sequence[RecordRow]) -> bytes:
    heads = [_row.pack(*row[:-1], len(row.sealed)) for row in rows]
    return b"".join([NUMBER.pack(len(rows)), *heads, *[row.sealed for row in rows]])


def _rows(packed: bytes) -> list[RecordRow]:
    count = number_in(packed[: NUMBER.size])
    at = NUMBER.size + count * _row.size
    if at > len(packed):
        raise FrameError("rows are cut")
    rows = []
    for *head, size in _row.iter_unpack(packed[NUMBER.size : at]):
        rows.append(RecordRow._make((*head, packed[at : at + size])))
        at += size
    if at != len(packed):
        raise FrameError("rows are cut")
    return rows


def _kind(number: int) -> RecordKind:
    try:
        return RecordKind(number)
    except ValueError:
        raise FrameError("there is no such kind of record") from None


def _lent(keys: Sequence[tuple[int, Secret]], data: int) -> LentForImport:
    if not 0 < data < len(keys):
        raise FrameError("keys are missing")
    return LentForImport(data=tuple(keys[:data]), index=tuple(keys[data:]))
