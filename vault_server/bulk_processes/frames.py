"""How the vault's process and a bulk process speak to each other, over a pair of sockets that nobody else has.

A frame is its length (4 bytes, big endian, without itself), its kind (1 byte) and its fields, each its length (4 bytes) and its
bytes. Nothing is unpickled. Both sides treat what they read as hostile: a frame that is cut, too long, of an unknown kind or
with other fields than its kind has ends the conversation.

    OPEN      database URL, default region of phone numbers               to the bulk process, once
    READY     nothing                                                     its answer
    PAGE      a page to be made (`page_frames`)                           to the bulk process
    PART      number, place of the last row (2), serialised ReadRowsResponse without a resume token
    DONE      number: the page is complete
    CHUNK     a chunk of an import to be prepared (`chunk_frames`)        to the bulk process
    PREPARED  number, what the chunk comes to (`chunk_frames`)
    REFUSED   number: the work is done by whoever asked
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import IntEnum

from vault_server.errors import IntegrityError
from vault_server.ports.secret import Secret

MAX_FRAME_BYTES = 64 << 20
MAX_FIELDS = 4096
_KEY_BYTES = 32
_length = struct.Struct(">I")
_head = struct.Struct(">IB")
NUMBER = struct.Struct(">Q")


class FrameKind(IntEnum):
    """What a frame is."""

    OPEN = 1
    READY = 2
    PAGE = 3
    PART = 4
    DONE = 5
    REFUSED = 6
    CHUNK = 7
    PREPARED = 8


_FIELDS = {
    FrameKind.OPEN: 2,
    FrameKind.READY: 0,
    FrameKind.PART: 4,
    FrameKind.DONE: 1,
    FrameKind.PREPARED: 8,
    FrameKind.REFUSED: 1,
}
_LEAST_FIELDS = {FrameKind.PAGE: 8, FrameKind.CHUNK: 10}
"""Of kinds that end with keys, two fields each."""


class FrameError(IntegrityError):
    """The other side ended, or said what is no frame. Its text says nothing of the content."""

    reason = "BULK_PROCESS_PROTOCOL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame as read: a known kind with as many fields as it has."""

    kind: FrameKind
    fields: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Frame({self.kind.name}, {len(self.fields)} fields)"


def send(connection: socket.socket, kind: FrameKind, *fields: bytes) -> None:
    """Raises OSError: the other side is gone."""
    body = b"".join([part for one in fields for part in (_length.pack(len(one)), one)])
    connection.sendall(_head.pack(len(body) + 1, kind) + body)


def receive(connection: socket.socket) -> Frame:
    """The next frame.

    Raises:
        FrameError: the end, or no frame.
        OSError: the connection broke, or nothing came in its time.
    """
    size, kind = _head.unpack(_exactly(connection, _head.size))
    if not 1 <= size <= MAX_FRAME_BYTES:
        raise FrameError("a frame is too long or empty")
    return parse(kind, _exactly(connection, size - 1))


def parse(kind: int, body: bytes | bytearray) -> Frame:
    """Raises FrameError: not a frame of this kind."""
    if kind not in FrameKind.__members__.values():
        raise FrameError("a frame is of no known kind")
    fields, known = _cut(body), FrameKind(kind)
    at = len(fields)
    least = _LEAST_FIELDS.get(known)
    if (at != _FIELDS[known]) if least is None else (at < least or at % 2):
        raise FrameError("a frame has other fields than its kind")
    return Frame(kind=known, fields=fields)


def _cut(body: bytes | bytearray) -> tuple[bytes, ...]:
    fields: list[bytes] = []
    view, at = memoryview(body), 0
    while at < len(view):
        start = at + _length.size
        if start > len(view) or len(fields) >= MAX_FIELDS:
            raise FrameError("a frame is cut")
        at = start + _length.unpack_from(view, at)[0]
        if at > len(view):
            raise FrameError("a frame is cut")
        fields.append(bytes(view[start:at]))
    return tuple(fields)


def _exactly(connection: socket.socket, size: int) -> bytearray:
    content = bytearray(size)
    view, at = memoryview(content), 0
    while at < size:
        got = connection.recv_into(view[at:])
        if not got:
            raise FrameError("the other side ended")
        at += got
    return content


def send_end(connection: socket.socket, kind: FrameKind, number: int) -> None:
    """DONE or REFUSED."""
    send(connection, kind, NUMBER.pack(number))


def number_of(frame: Frame) -> int:
    """Which request an answer belongs to. Raises FrameError: it is no answer."""
    if frame.kind not in (FrameKind.PART, FrameKind.DONE, FrameKind.PREPARED, FrameKind.REFUSED):
        raise FrameError("another frame was expected")
    return number_in(frame.fields[0])


def require_ready(frame: Frame) -> None:
    """Raises FrameError: it is another frame."""
    if frame.kind is not FrameKind.READY:
        raise FrameError("another frame was expected")


def number_in(field: bytes) -> int:
    """Raises FrameError: not 8 bytes."""
    if len(field) != NUMBER.size:
        raise FrameError("a number has another size")
    return int(NUMBER.unpack(field)[0])


def text_in(field: bytes) -> str:
    """Raises FrameError: no text."""
    try:
        return field.decode()
    except UnicodeDecodeError:
        raise FrameError("a field is no text") from None


def key_in(field: bytes) -> Secret:
    """Raises FrameError: no key."""
    if len(field) != _KEY_BYTES:
        raise FrameError("a key has another size")
    return Secret(field)
