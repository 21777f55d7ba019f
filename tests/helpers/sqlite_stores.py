"""Real SQLite stores for tests of rooms that only know the port, with made-up sealed rows in them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from vault_server.ports.keys import WrappedDek
from vault_server.ports.records import RecordKind, RecordRow, RowState
from vault_server.ports.store import Store, WriteView
from vault_server.storage.opening import migrate, open_store


def new_store(path: Path, *, clock_us: Callable[[], int] = lambda: time.time_ns() // 1000) -> Store:
    """A store with the tenant `acme`."""
    migrate(f"sqlite:///{path}")
    store = open_store(f"sqlite:///{path}", clock_us=clock_us)
    try:
        store.write(lambda view: view.access.add_tenant("acme"))
    except BaseException:  # an open store keeps a thread, and a thread keeps the test process
        store.close()
        raise
    return store


def customer_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def add_customers(store: Store, numbers: range, *, tenant: str = "acme", sealed_bytes: int = 300) -> None:
    ids = [customer_id(number) for number in numbers]

    def work(view: WriteView) -> None:
        view.records.insert_deks(tenant, [WrappedDek(one, 1, 1, os.urandom(60)) for one in ids])
        view.records.insert(
            tenant,
            RecordKind.CUSTOMER,
            [RecordRow(one, one, 1, RowState.LIVE, 1, 1, 1, 0, os.urandom(sealed_bytes)) for one in ids],
        )

    store.write(work)


def erase_customer(store: Store, number: int, *, tenant: str = "acme") -> None:
    store.write(lambda view: view.records.erase(tenant, customer_id(number), 5))


def customers_of(store: Store, *, tenant: str = "acme") -> set[bytes]:
    with store.read() as view:
        return {row.record_id for row in view.records.page(tenant, RecordKind.CUSTOMER, after_id=b"", limit=100_000)}
