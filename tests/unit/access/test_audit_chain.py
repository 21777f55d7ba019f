"""The bytes of the audit chain are fixed: a change here makes every log ever written unverifiable."""

from __future__ import annotations

import hashlib
import struct

import pytest

from helpers.audit_memory import HmacSigner
from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.access.audit_chain import Link, decode_links, encode_links, event_hash, head_message, prepare, sign_head
from vault_server.errors import IntegrityError


def fields(*parts: bytes) -> bytes:
    """The layout of docs/formats.md, written a second time."""
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def test_event_hash_covers_label_writer_sequence_previous_time_and_payload() -> None:
    expected = hashlib.sha256(
        fields(b"strongroom/audit-event/1", b"aa", struct.pack(">Q", 7), b"p" * 32, struct.pack(">q", -5), b"payload")
    ).digest()
    assert event_hash("aa", 7, b"p" * 32, -5, b"payload") == expected


def test_head_message_covers_everything_but_the_signature() -> None:
    head = sign_head(HmacSigner(), Link("aa", 7, b"h" * 32), 5, [Link("bb", 1, b"x" * 32)])
    links = fields(b"bb", struct.pack(">Q", 1), b"x" * 32)
    expected = fields(
        b"strongroom/audit-head/1",
        b"aa",
        struct.pack(">Q", 7),
        b"h" * 32,
        struct.pack(">q", 5),
        links,
        head.key_id.encode(),
    )
    assert head_message(head) == expected


def test_links_are_sorted_by_writer() -> None:
    links = [Link("b", 2, bytes(32)), Link("a", 1, bytes(32))]
    assert encode_links(links) == encode_links(reversed(links))


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_cut_links_are_refused(cut: int) -> None:
    with pytest.raises(IntegrityError):
        decode_links(encode_links([Link("aa", 1, bytes(32))])[:-cut])


def test_event_keeps_its_own_time_and_gets_one_if_it_has_none() -> None:
    timed = AuditEvent(tenant="acme")
    timed.time.seconds = 9
    assert prepare(timed, 5).time_us == 9_000_000
    assert prepare(AuditEvent(), 1_700_000_000_123_456).time_us == 1_700_000_000_123_456


def test_event_of_an_impossible_time_is_refused_before_it_is_queued() -> None:
    event = AuditEvent()
    event.time.seconds = 1 << 62
    with pytest.raises(IntegrityError):
        prepare(event, 0)


def test_event_names_twenty_resources_at_most() -> None:
    assert len(prepare(AuditEvent(resources=["r"] * 500, records=500), 0).resources) == 20
