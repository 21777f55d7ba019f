"""What the vault's process and a page process say to each other, over a pair of sockets that nobody else has.

A frame is its length (4 bytes, big endian, without itself), its kind (1 byte) and its fields, each its length (4 bytes) and its
bytes. Nothing is unpickled. Both sides treat what they read as hostile: a frame that is cut, too long, of an unknown kind or
with other fields than its kind has ends the conversation.

    OPEN      database URL                                                to the page process, once
    READY     nothing                                                     its answer
    PAGE      number, tenant, plan, after (2), end (2), pseudonym key, then epoch and DATA key, as many as are lent
    PART      number, place of the last row (2), serialised ReadRowsResponse without a resume token
    DONE      number: the page is complete
    REFUSED   number: the page is made by whoever asked
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import IntEnum

from strongroom.api.v1.read_session_service_pb2 import ReadRowsResponse
from vault_server.errors import IntegrityError
from vault_server.ports.lent_keys import LentKeys
from vault_server.ports.pages import Part, Place
from vault_server.ports.secret import Secret

MAX_FRAME_BYTES = 64 << 20
MAX_FIELDS = 4096
_KEY_BYTES = 32
_ID_BYTES = 16
_length = struct.Struct(">I")
_head = struct.Struct(">IB")
_number = struct.Struct(">Q")


class FrameKind(IntEnum):
    """What a frame is."""

    OPEN = 1
    READY = 2
    PAGE = 3
    PART = 4
    DONE = 5
    REFUSED = 6


_FIELDS = {FrameKind.OPEN: 1, FrameKind.READY: 0, FrameKind.PART: 4, FrameKind.DONE: 1, FrameKind.REFUSED: 1}
_FIELDS_OF_PAGE = 8


class FrameError(IntegrityError):
    """The other side ended, or said what is no frame. Its text says nothing of the content."""

    reason = "PAGE_PROCESS_PROTOCOL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame as read: a known kind with as many fields as it has."""

    kind: FrameKind
    fields: tuple[bytes, ...]

    def __repr__(self) -> str:
        return f"Frame({self.kind.name}, {len(self.fields)} fields)"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A page to be made."""

    number: int
    tenant: str
    plan: bytes
    after: Place
    end: Place
    keys: LentKeys


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
    fields, at, known = _cut(body), 0, FrameKind(kind)
    at = len(fields)
    if known is FrameKind.PAGE:
        if at < _FIELDS_OF_PAGE or at % 2:
            raise FrameError("a frame has other fields than its kind")
    elif at != _FIELDS[known]:
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


def send_request(connection: socket.socket, request: PageRequest) -> None:
    keys = request.keys
    lent = [field for epoch, key in keys.data for field in (_number.pack(epoch), key.reveal())]
    send(
        connection,
        FrameKind.PAGE,
        _number.pack(request.number),
        request.tenant.encode(),
        request.plan,
        *request.after,
        *request.end,
        keys.pseudonyms.reveal() if keys.pseudonyms is not None else b"",
        *lent,
    )


def request_of(frame: Frame) -> PageRequest:
    """Raises FrameError: no request for a page."""
    if frame.kind is not FrameKind.PAGE:
        raise FrameError("another frame was expected")
    number, tenant, plan, *places, pseudonyms = frame.fields[:_FIELDS_OF_PAGE]
    lent = frame.fields[_FIELDS_OF_PAGE:]
    keys = tuple((_number_of(epoch), _key(key)) for epoch, key in zip(lent[::2], lent[1::2], strict=True))
    try:
        name = tenant.decode()
    except UnicodeDecodeError:
        raise FrameError("a tenant's id is no text") from None
    return PageRequest(
        number=_number_of(number),
        tenant=name,
        plan=plan,
        after=_place(places[0], places[1], start=True),
        end=_place(places[2], places[3]),
        keys=LentKeys(data=keys, pseudonyms=_key(pseudonyms) if pseudonyms else None),
    )


def send_part(connection: socket.socket, number: int, part: Part) -> None:
    send(connection, FrameKind.PART, _number.pack(number), *part.last, part.response.SerializeToString())


def send_end(connection: socket.socket, kind: FrameKind, number: int) -> None:
    """DONE or REFUSED."""
    send(connection, kind, _number.pack(number))


def number_of(frame: Frame) -> int:
    """Which page a PART, DONE or REFUSED belongs to. Raises FrameError: it is another frame."""
    if frame.kind not in (FrameKind.PART, FrameKind.DONE, FrameKind.REFUSED):
        raise FrameError("another frame was expected")
    return _number_of(frame.fields[0])


def require_ready(frame: Frame) -> None:
    """Raises FrameError: it is another frame."""
    if frame.kind is not FrameKind.READY:
        raise FrameError("another frame was expected")


def part_of(frame: Frame) -> Part:
    """The part that a PART brings. Raises FrameError: it is none."""
    _, customer_id, record_id, message = frame.fields
    try:
        response = ReadRowsResponse.FromString(message)
    except Exception:  # what the parser raises differs from version to version
        raise FrameError("a part is no response") from None
    if response.resume_token:
        raise FrameError("a part has a resume token")
    return Part(_place(customer_id, record_id), response)


def _number_of(field: bytes) -> int:
    if len(field) != _number.size:
        raise FrameError("a number has another size")
    return int(_number.unpack(field)[0])


def _key(field: bytes) -> Secret:
    if len(field) != _KEY_BYTES:
        raise FrameError("a key has another size")
    return Secret(field)


def _place(customer_id: bytes, record_id: bytes, *, start: bool = False) -> Place:
    sizes = (len(customer_id), len(record_id))
    if sizes != (_ID_BYTES, _ID_BYTES) and not (start and sizes == (0, 0)):
        raise FrameError("a place has another size")
    return customer_id, record_id
