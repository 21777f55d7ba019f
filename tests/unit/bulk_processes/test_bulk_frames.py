"""What two processes say to each other is hostile until parsed."""

from __future__ import annotations

import socket
import struct

import pytest

from strongroom.api.v1.read_session_service_pb2 import ReadRowsResponse
from vault_server.bulk_processes import frames, page_frames
from vault_server.bulk_processes.frames import FrameError, FrameKind
from vault_server.bulk_processes.page_frames import PageRequest
from vault_server.ports.lent_keys import LentKeys
from vault_server.ports.pages import Part
from vault_server.ports.secret import Secret

ID = bytes(range(16))
REQUEST = PageRequest(
    number=7,
    tenant="acme",
    plan=b"{}",
    after=(b"", b""),
    end=(ID, b"\xff" * 16),
    keys=LentKeys(data=((1, Secret(b"a" * 32)), (3, Secret(b"b" * 32))), pseudonyms=Secret(b"c" * 32)),
)


def sent(write: object, *arguments: object) -> bytes:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        write(ours, *arguments)  # type: ignore[operator]  # one of the functions that send
        ours.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: theirs.recv(1 << 16), b""))


def received(content: bytes) -> frames.Frame:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(content)
        ours.shutdown(socket.SHUT_WR)
        return frames.receive(theirs)


def fields(*each: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(one)) + one for one in each)


def frame(kind: int, body: bytes) -> bytes:
    return struct.pack(">IB", len(body) + 1, kind) + body


def test_request_arrives_as_it_was_sent() -> None:
    assert page_frames.request_of(received(sent(page_frames.send_request, REQUEST))) == REQUEST


def test_part_arrives_as_it_was_sent() -> None:
    part = Part((ID, ID), ReadRowsResponse(records=[b"one", b"two"], row_count=2))
    read = received(sent(page_frames.send_part, 9, part))
    assert frames.number_of(read) == 9
    assert page_frames.part_of(read) == part


def test_frame_cut_anywhere_is_refused() -> None:
    whole = sent(page_frames.send_request, REQUEST)
    for size in range(len(whole)):
        with pytest.raises(FrameError):
            received(whole[:size])


@pytest.mark.parametrize(
    "content",
    [
        struct.pack(">IB", 0, FrameKind.DONE),
        struct.pack(">IB", frames.MAX_FRAME_BYTES + 1, FrameKind.PART),
        frame(0, b""),
        frame(99, fields(b"x")),
        frame(FrameKind.READY, fields(b"more")),
        frame(FrameKind.PART, fields(b"too", b"few")),
        frame(FrameKind.PAGE, fields(*[b""] * 9)),
        frame(FrameKind.DONE, struct.pack(">I", 2**32 - 1)),
        frame(FrameKind.DONE, b"\0\0"),
        frame(FrameKind.PAGE, fields() + b"\0\0\0\0" * (frames.MAX_FIELDS + 2)),
    ],
)
def test_malformed_frame_is_refused(content: bytes) -> None:
    with pytest.raises(FrameError):
        received(content)


@pytest.mark.parametrize(
    "parts",
    [
        (b"short", b"acme", b"{}", ID, ID, ID, ID, b""),
        (bytes(8), b"\xff\xfe", b"{}", ID, ID, ID, ID, b""),
        (bytes(8), b"acme", b"{}", ID[:-1], ID, ID, ID, b""),
        (bytes(8), b"acme", b"{}", ID, ID, b"", b"", b""),
        (bytes(8), b"acme", b"{}", ID, ID, ID, ID, b"short"),
        (bytes(8), b"acme", b"{}", ID, ID, ID, ID, b"", bytes(8), b"short"),
        (bytes(8), b"acme", b"{}", ID, ID, ID, ID, b"", bytes(7), bytes(32)),
    ],
)
def test_request_with_a_wrong_field_is_refused(parts: tuple[bytes, ...]) -> None:
    with pytest.raises(FrameError):
        page_frames.request_of(received(frame(FrameKind.PAGE, fields(*parts))))


@pytest.mark.parametrize("message", [b"\xff\xff\xff", ReadRowsResponse(resume_token="forged").SerializeToString()])
def test_part_that_is_no_response_or_brings_a_token_is_refused(message: bytes) -> None:
    read = received(frame(FrameKind.PART, fields(bytes(8), ID, ID, message)))
    with pytest.raises(FrameError):
        page_frames.part_of(read)


def test_frame_of_another_kind_is_no_answer_and_no_request() -> None:
    ready = received(sent(frames.send, FrameKind.READY))
    for read in (page_frames.request_of, frames.number_of):
        with pytest.raises(FrameError):
            read(ready)
    with pytest.raises(FrameError):
        frames.require_ready(received(sent(frames.send_end, FrameKind.DONE, 1)))


def test_keys_are_in_no_repr() -> None:
    assert "aaaa" not in repr(REQUEST)
    assert "aaaa" not in repr(received(sent(page_frames.send_request, REQUEST)))
