"""A page of rows as it is asked for and answered, in frames.

PAGE      number, tenant, plan, after (2), end (2), pseudonym key, then epoch and DATA key, as many as are lent
PART      number, place of the last row (2), serialised ReadRowsResponse without a resume token
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from strongroom.api.v1.read_session_service_pb2 import ReadRowsResponse
from vault_server.bulk_processes import frames
from vault_server.bulk_processes.frames import NUMBER, Frame, FrameError, FrameKind, key_in, number_in, text_in
from vault_server.ports.lent_keys import LentKeys
from vault_server.ports.pages import Part, Place

_FIELDS_OF_PAGE = 8
_ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A page to be made."""

    number: int
    tenant: str
    plan: bytes
    after: Place
    end: Place
    keys: LentKeys


def send_request(connection: socket.socket, request: PageRequest) -> None:
    keys = request.keys
    lent = [field for epoch, key in keys.data for field in (NUMBER.pack(epoch), key.reveal())]
    frames.send(
        connection,
        FrameKind.PAGE,
        NUMBER.pack(request.number),
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
    keys = tuple((number_in(epoch), key_in(key)) for epoch, key in zip(lent[::2], lent[1::2], strict=True))
    return PageRequest(
        number=number_in(number),
        tenant=text_in(tenant),
        plan=plan,
        after=_place(places[0], places[1], start=True),
        end=_place(places[2], places[3]),
        keys=LentKeys(data=keys, pseudonyms=key_in(pseudonyms) if pseudonyms else None),
    )


def send_part(connection: socket.socket, number: int, part: Part) -> None:
    frames.send(connection, FrameKind.PART, NUMBER.pack(number), *part.last, part.response.SerializeToString())


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


def _place(customer_id: bytes, record_id: bytes, *, start: bool = False) -> Place:
    sizes = (len(customer_id), len(record_id))
    if sizes != (_ID_BYTES, _ID_BYTES) and not (start and sizes == (0, 0)):
        raise FrameError("a place has another size")
    return customer_id, record_id
