"""Any single change to a stored chain is found."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.audit_memory import HmacSigner
from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.access.audit_chain import GENESIS, Link, chain_rows, decode_links, encode_links, prepare, sign_head
from vault_server.access.audit_verification import Chain, verify_chains
from vault_server.errors import IntegrityError

SIGNER = HmacSigner()
ROWS = chain_rows(
    "aa", Link("aa", 0, GENESIS), [prepare(AuditEvent(tenant="acme", call_id=str(n), resources=["r"]), n) for n in range(6)]
)
HEAD = sign_head(SIGNER, Link("aa", 6, ROWS[-1].hash), 7, [])
FIELDS = {
    "sequence": st.integers(-1, 9),
    "time_us": st.integers(-(1 << 62), 1 << 62),
    "tenant": st.text(max_size=4),
    "previous": st.binary(max_size=40),
    "hash": st.binary(max_size=40),
    "payload": st.binary(max_size=40),
    "resources": st.lists(st.text(max_size=3), max_size=2).map(tuple),
    "writer": st.text(max_size=3),
}


@settings(deadline=None)
@given(st.data())
def test_any_changed_column_is_found(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 5))
    field = data.draw(st.sampled_from(sorted(FIELDS)))
    changed: dict[str, Any] = {field: data.draw(FIELDS[field])}
    rows = list(ROWS)
    rows[number] = rows[number]._replace(**changed)
    assert verify_chains([Chain("aa", rows, [HEAD])], {SIGNER.key_id: SIGNER}).valid == (rows == ROWS)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text("abc", max_size=8), st.integers(0, (1 << 64) - 1), st.binary(min_size=32, max_size=32))))
def test_links_survive_their_encoding(points: list[tuple[str, int, bytes]]) -> None:
    links = sorted((Link(*point) for point in points), key=lambda link: link.writer)
    assert decode_links(encode_links(links)) == links


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_malformed_links_are_an_integrity_error_and_nothing_else(content: bytes) -> None:
    try:
        decode_links(content)
    except IntegrityError:
        return
