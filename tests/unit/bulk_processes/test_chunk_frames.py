"""A prepared chunk crosses the socket whole, and what is none is refused."""

from __future__ import annotations

import socket
import struct

import pytest

from strongroom.api.v1.import_service_pb2 import ROW_OUTCOME_CREATED, ImportRowsResponse
from vault_server.bulk_processes import chunk_frames, frames
from vault_server.bulk_processes.chunk_frames import ChunkRequest
from vault_server.bulk_processes.frames import Frame, FrameError, FrameKind
from vault_server.ports.chunks import PreparedChunk
from vault_server.ports.keys import WrappedDek
from vault_server.ports.lent_keys import LentForImport
from vault_server.ports.records import RecordKind, RecordRow, RowState, SearchToken
from vault_server.ports.secret import Secret

ONE, TWO = bytes(range(16)), bytes(range(16, 32))
REQUEST = ChunkRequest(
    number=3,
    tenant="acme",
    kind=RecordKind.CUSTOMER,
    of_import=b"import",
    request=b"rows",
    keys=LentForImport(data=((2, Secret(b"d" * 32)), (5, Secret(b"e" * 32))), index=((1, Secret(b"i" * 32)),)),
)
PREPARED = PreparedChunk(
    tenant="acme",
    kind=RecordKind.CUSTOMER,
    response=ImportRowsResponse(chunk=4, outcomes=[ROW_OUTCOME_CREATED] * 2, record_ids=ONE + TWO),
    keys=frozenset({ONE, TWO}),
    deks=[WrappedDek(ONE, 1, 5, b"w" * 66), WrappedDek(TWO, 2**32 - 1, 5, b"v" * 66)],
    inserts=[
        RecordRow(ONE, ONE, 1, RowState.LIVE, 1, 2**62, 1, 0, b"sealed"),
        RecordRow(TWO, TWO, 2**63, RowState.DELETED, 1, 1, 1, 7, b""),
    ],
    updates=[RecordRow(ONE, TWO, 9, RowState.LIVE, 1, 1, 3, 0, b"x" * 5000)],
    unique=[SearchToken(1, 2, ONE, RecordKind.CUSTOMER, ONE, TWO)],
    tokens=[SearchToken(7, 2, TWO, RecordKind.CUSTOMER, TWO, ONE)] * 3,
)


def over_a_socket(send: object, *arguments: object) -> Frame:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, *arguments)  # type: ignore[operator]  # one of the functions that send
        return frames.receive(theirs)


def test_chunk_to_prepare_arrives_as_it_was_sent() -> None:
    assert chunk_frames.chunk_of(over_a_socket(chunk_frames.send_chunk, REQUEST)) == REQUEST


def test_prepared_chunk_arrives_as_it_was_sent() -> None:
    frame = over_a_socket(chunk_frames.send_prepared, 3, chunk_frames.packed(PREPARED))
    assert frames.number_of(frame) == 3
    assert chunk_frames.prepared_of(frame, "acme", RecordKind.CUSTOMER) == PREPARED


def test_chunk_without_rows_arrives() -> None:
    empty = PreparedChunk(tenant="acme", kind=RecordKind.NEED, response=ImportRowsResponse())
    frame = over_a_socket(chunk_frames.send_prepared, 1, chunk_frames.packed(empty))
    assert chunk_frames.prepared_of(frame, "acme", RecordKind.NEED) == empty


@pytest.mark.parametrize("field", range(1, 8))
def test_prepared_chunk_with_a_cut_or_longer_field_is_refused(field: int) -> None:
    fields = (struct.pack(">Q", 3), *chunk_frames.packed(PREPARED))
    for changed in (fields[field][:-1], fields[field] + b"\xff"):
        broken = (*fields[:field], changed, *fields[field + 1 :])
        with pytest.raises(FrameError):
            chunk_frames.prepared_of(Frame(kind=FrameKind.PREPARED, fields=broken), "acme", RecordKind.CUSTOMER)


def test_rows_that_claim_to_be_more_or_longer_than_they_are_are_refused() -> None:
    fields = [struct.pack(">Q", 3), *chunk_frames.packed(PREPARED)]
    for count in (0, 1, 3, 2**60):
        fields[4] = struct.pack(">Q", count) + chunk_frames.packed(PREPARED)[3][8:]
        with pytest.raises(FrameError):
            chunk_frames.prepared_of(Frame(kind=FrameKind.PREPARED, fields=tuple(fields)), "acme", RecordKind.CUSTOMER)


@pytest.mark.parametrize(("field", "content"), [(1, b"\xff"), (2, struct.pack(">Q", 99)), (5, struct.pack(">Q", 0))])
def test_what_is_no_chunk_to_prepare_is_refused(field: int, content: bytes) -> None:
    frame = over_a_socket(chunk_frames.send_chunk, REQUEST)
    broken = (*frame.fields[:field], content, *frame.fields[field + 1 :])
    with pytest.raises(FrameError):
        chunk_frames.chunk_of(Frame(kind=FrameKind.CHUNK, fields=broken))


def test_index_keys_are_never_missing() -> None:
    frame = over_a_socket(chunk_frames.send_chunk, REQUEST)
    broken = (*frame.fields[:5], struct.pack(">Q", 3), *frame.fields[6:])
    with pytest.raises(FrameError):
        chunk_frames.chunk_of(Frame(kind=FrameKind.CHUNK, fields=broken))


def test_frames_of_other_kinds_are_refused() -> None:
    with pytest.raises(FrameError):
        chunk_frames.chunk_of(Frame(kind=FrameKind.DONE, fields=(b"",)))
    with pytest.raises(FrameError):
        chunk_frames.prepared_of(Frame(kind=FrameKind.REFUSED, fields=(b"",)), "acme", RecordKind.CUSTOMER)
