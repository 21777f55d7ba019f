"""The fence in memory is never older than the last change that somebody was told of."""

from __future__ import annotations

import os
from pathlib import Path

from helpers.stored_rows import a_dek
from vault_server.ports.records import RecordKind, RecordRow, RowState
from vault_server.storage.opening import migrate, open_store
from vault_server.storage.sqlite.fence import CountedFence


class _Stored:
    def __init__(self) -> None:
        self.value, self.reads = 1, 0

    def number(self, tenant: str) -> int:  # noqa: ARG002 - the port has it
        self.reads += 1
        return self.value


def test_the_stored_number_is_read_once_between_two_changes() -> None:
    stored, changes = _Stored(), [0]
    fence = CountedFence(stored, lambda: changes[0])
    assert [fence.number("a"), fence.number("a")] == [1, 1]
    assert stored.reads == 1
    stored.value, changes[0] = 2, 1
    assert fence.number("a") == 2
    assert stored.reads == 2


def test_a_change_during_the_read_is_read_again() -> None:
    changes = [0]

    class Racing(_Stored):
        def number(self, tenant: str) -> int:
            before = super().number(tenant)
            self.value, changes[0] = 2, 1
            return before

    fence = CountedFence(Racing(), lambda: changes[0])
    assert [fence.number("a"), fence.number("a")] == [1, 2]


def test_an_erasure_moves_the_fence_before_it_is_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'vault.db'}"
    migrate(url)
    store = open_store(url)
    try:
        store.write(lambda view: view.access.add_tenant("acme"))
        customer = os.urandom(16)
        row = RecordRow(customer, customer, 1, RowState.LIVE, 1, 1, 1, 0, b"sealed")

        def insert(view: object) -> None:
            view.records.insert_deks("acme", [a_dek(customer)])  # type: ignore[attr-defined]  # a write view
            view.records.insert("acme", RecordKind.CUSTOMER, [row])  # type: ignore[attr-defined]  # the same

        store.write(insert)
        before = store.fence.number("acme")
        assert store.fence.number("acme") == before
        store.write(lambda view: view.records.erase("acme", customer, 2))
        assert store.fence.number("acme") == before + 1
    finally:
        store.close()
