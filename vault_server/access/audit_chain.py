"""The bytes of the audit chain: what an event's hash covers and what a head's signature covers. Pure functions.

Rules. Every field is preceded by its length (four bytes, big-endian), so no two different events give the same bytes; the
first is a label with the format's version. `docs/formats.md` has the layout; a change of it is a new label, and old labels
stay verifiable.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from typing import NamedTuple

from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.errors import IntegrityError
from vault_server.ports.audit import AuditHead, AuditRow
from vault_server.ports.root_keys import Signer

EVENT_LABEL = b"strongroom/audit-event/1"
HEAD_LABEL = b"strongroom/audit-head/1"
GENESIS = bytes(32)
WRITER_BYTES = 16
MAX_RESOURCES = 20  # as the API promises; `records` says how many there were
_MAX_LINK_FIELD_BYTES = 1024
_length = struct.Struct(">I")
_SEQUENCE_BYTES = 8


class Link(NamedTuple):
    """How far a chain had come: the hash of its event of this number."""

    writer: str
    sequence: int
    hash: bytes


class PreparedEvent(NamedTuple):
    """An event before it has a place in a chain."""

    time_us: int
    tenant: str
    payload: bytes
    resources: tuple[str, ...]


def prepare(event: AuditEvent, now_us: int) -> PreparedEvent:
    """The stored form of an event: without writer, sequence and hash, with a time.

    Raises:
        IntegrityError: the event's own time does not fit.
    """
    stored = AuditEvent()
    stored.CopyFrom(event)
    stored.ClearField("writer")
    stored.ClearField("sequence")
    stored.ClearField("hash")
    del stored.resources[MAX_RESOURCES:]
    if not stored.HasField("time"):
        stored.time.seconds, stored.time.nanos = now_us // 1_000_000, now_us % 1_000_000 * 1000
    time_us = event_time_us(stored)
    _int64(time_us)  # refused here, and not where it would take the events of other callers with it
    return PreparedEvent(time_us, stored.tenant, stored.SerializeToString(deterministic=True), tuple(stored.resources))


def event_time_us(event: AuditEvent) -> int:
    return event.time.seconds * 1_000_000 + event.time.nanos // 1000


def chain_rows(writer: str, after: Link, events: Iterable[PreparedEvent]) -> list[AuditRow]:
    """The rows that continue a chain behind `after`."""
    rows = []
    sequence, previous = after.sequence, after.hash
    for event in events:
        sequence += 1
        current = event_hash(writer, sequence, previous, event.time_us, event.payload)
        rows.append(AuditRow(writer, sequence, event.time_us, event.tenant, previous, current, event.payload, event.resources))
        previous = current
    return rows


def event_hash(writer: str, sequence: int, previous: bytes, time_us: int, payload: bytes) -> bytes:
    """SHA-256 over the event and, through `previous`, over all before it.

    Raises:
        IntegrityError: a number is out of its range.
    """
    return hashlib.sha256(_encode(EVENT_LABEL, writer.encode(), _uint64(sequence), previous, _int64(time_us), payload)).digest()


def sign_head(signer: Signer, at: Link, time_us: int, links: Iterable[Link]) -> AuditHead:
    """A signed head of a chain, with how far the other chains had come."""
    encoded = encode_links(links)
    unsigned = AuditHead(at.writer, at.sequence, at.hash, time_us, encoded, signer.key_id, b"")
    return unsigned._replace(signature=signer.sign(head_message(unsigned)))


def head_message(head: AuditHead) -> bytes:
    """What a head's signature covers: everything but itself."""
    return _encode(
        HEAD_LABEL,
        head.writer.encode(),
        _uint64(head.sequence),
        head.hash,
        _int64(head.time_us),
        head.links,
        head.key_id.encode(),
    )


def encode_links(links: Iterable[Link]) -> bytes:
    return b"".join(
        _encode(link.writer.encode(), _uint64(link.sequence), link.hash) for link in sorted(links, key=lambda link: link.writer)
    )


def decode_links(content: bytes) -> list[Link]:
    """Undo `encode_links`.

    Raises:
        IntegrityError: not what `encode_links` makes.
    """
    fields = _decode(content)
    if len(fields) % 3:
        raise IntegrityError("the links of an audit head are cut")
    return [_link(*fields[at : at + 3]) for at in range(0, len(fields), 3)]


def _link(writer: bytes, sequence: bytes, digest: bytes) -> Link:
    if len(sequence) != _SEQUENCE_BYTES or len(digest) != len(GENESIS):
        raise IntegrityError("a link of an audit head is malformed")
    return Link(writer.decode(errors="replace"), int.from_bytes(sequence), digest)


def _decode(content: bytes) -> list[bytes]:
    fields, at = [], 0
    while at < len(content):
        start = at + _length.size
        size = _length.unpack_from(content, at)[0] if start <= len(content) else _MAX_LINK_FIELD_BYTES + 1
        if size > _MAX_LINK_FIELD_BYTES or start + size > len(content):
            raise IntegrityError("the links of an audit head are cut")
        fields.append(content[start : start + size])
        at = start + size
    return fields


def _encode(*fields: bytes) -> bytes:
    return b"".join(part for field in fields for part in (_length.pack(len(field)), field))


def _uint64(number: int) -> bytes:
    return _eight_bytes(number, signed=False)


def _int64(number: int) -> bytes:
    return _eight_bytes(number, signed=True)


def _eight_bytes(number: int, *, signed: bool) -> bytes:
    try:
        return number.to_bytes(8, "big", signed=signed)
    except OverflowError:
        raise IntegrityError("a number of the audit log is out of its range") from None
