"""Framing in bulk gives the very bytes of framing one record."""

from __future__ import annotations

import uuid

import pytest

from strongroom.api.v1.customer_pb2 import Customer
from vault_server.ports.records import RowState
from vault_server.records.sealing import MetaFramer, etag, with_meta

RECORD_ID = bytes(range(16))
PLAINTEXT = Customer(given_name="Ada").SerializeToString()


@pytest.mark.parametrize("tenant", ["t", "a-tenant-with-a-name-that-needs-two-bytes-for-its-length" * 2])
@pytest.mark.parametrize("version", [1, 2**40])
@pytest.mark.parametrize("state", [RowState.LIVE, RowState.DELETED])
def test_a_framed_row_is_the_record_with_its_meta(tenant: str, version: int, state: RowState) -> None:
    start = f"tenants/{tenant}/customers/"
    framer = MetaFramer(start)
    expected = with_meta(
        PLAINTEXT,
        name=start + str(uuid.UUID(bytes=RECORD_ID)),
        etag=etag(RECORD_ID, version),
        version=version,
        state=state,
        created_us=1_700_000_000_123_456,
        updated_us=1_800_000_000_000_000,
    )
    for _ in range(2):
        framed = framer.frame(PLAINTEXT, RECORD_ID, version, state, 1_700_000_000_123_456, 1_800_000_000_000_000)
        assert framed == expected
    assert Customer.FromString(expected).given_name == "Ada"
