"""Builders of stored rows: ids in time order, sealed bytes that are only noise."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from vault_server.ports.keys import WrappedDek
from vault_server.ports.records import DerivedRow, RecordKind, RecordRow, SearchToken
from vault_server.ports.runs import RunRow
from vault_server.ports.store import Store, WriteView

TENANT = "acme"
QUEUED, RUNNING, DONE = 1, 2, 3

_numbers = itertools.count(1)


def an_id() -> bytes:
    """Bigger than every id before."""
    return next(_numbers).to_bytes(8) + b"\x00" * 8


def a_token(value: str) -> bytes:
    return value.encode().ljust(16, b".")


def a_row(
    customer_id: bytes, record_id: bytes | None = None, *, version: int = 1, state: int = 1, sealed: bytes = b""
) -> RecordRow:
    own = record_id or customer_id
    return RecordRow(customer_id, own, version, state, 1_000, 1_000 + version, 1, 0, sealed or b"sealed-" + own)


def a_dek(customer_id: bytes, *, version: int = 1) -> WrappedDek:
    return WrappedDek(customer_id, version, 1, b"wrapped-%d-" % version + customer_id)


def a_search_token(value: str, record_id: bytes, *, field: int = 7, customer_id: bytes | None = None) -> SearchToken:
    kind = RecordKind.CUSTOMER if customer_id is None else RecordKind.TRANSACTION
    return SearchToken(field, 1, a_token(value), kind, customer_id or record_id, record_id)


def a_result(customer_id: bytes, run_id: bytes, step: str = "segment", *, sealed: bytes = b"result") -> DerivedRow:
    return DerivedRow(customer_id, run_id, step, 1, sealed)


def a_run(run_id: bytes, *, state: int = QUEUED, lease_expires_us: int = 0, tenant: str = TENANT) -> RunRow:
    return RunRow(
        tenant=tenant,
        run_id=run_id,
        state=state,
        created_us=5,
        fence=0,
        lease_digest=b"",
        lease_expires_us=lease_expires_us,
        attempts=0,
        cancel_requested=False,
        pseudonym_key=b"key",
        payload=b"payload",
    )


def put_customers(view: WriteView, customer_ids: Sequence[bytes], *, tenant: str = TENANT) -> None:
    view.records.insert(tenant, RecordKind.CUSTOMER, [a_row(each) for each in customer_ids])
    view.records.insert_deks(tenant, [a_dek(each) for each in customer_ids])


def new_customers(store: Store, count: int, *, tenant: str = TENANT) -> list[bytes]:
    """Ids of customers that are stored, each with a key."""
    ids = [an_id() for _ in range(count)]
    store.write(lambda view: put_customers(view, ids, tenant=tenant))
    return ids
