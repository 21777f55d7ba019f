"""The review queue comes back from a backup, and without those who were erased since."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from helpers.backup_making import a_runtime, backup_id, backup_keys
from helpers.memory_keks import some_signer
from helpers.sqlite_stores import add_customers, customer_id, erase_customer, new_store
from vault_server.backup.destination import FileDestination
from vault_server.backup.engine import RepositoryBackups
from vault_server.backup.repository import Repository
from vault_server.backup.restorer import RestoreTools, plan_restore, run_restore
from vault_server.backup.targets.folder import FolderTarget
from vault_server.backup.writer import BackupTools
from vault_server.ports.proposals import DraftRow, ProposalRow, StoredState
from vault_server.ports.snapshot import SnapshotSource
from vault_server.ports.store import Store
from vault_server.storage.content_digest import content_digest
from vault_server.storage.opening import create_fresh, open_store
from vault_server.storage.schema_version import HEAD

TENANT, DONE, RUNNING = "acme", b"d" * 16, b"r" * 16


def _digest(source: SnapshotSource) -> str:
    return content_digest(source).digest


def _rows(store: Store) -> list[ProposalRow]:
    with store.read() as view:
        return [
            row
            for state in StoredState
            for row in view.proposals.page(TENANT, state, kind=0, assignee="", after=None, limit=99)
        ]


def _draft(one: int, two: int) -> DraftRow:
    return DraftRow(bytes([one, two]) * 8, 1, customer_id(one), customer_id(two), 500_000, 1_000_000, 1, b"evidence")


def _ask(store: Store, run_id: bytes, *pairs: tuple[int, int]) -> None:
    rows = [_draft(*pair) for pair in pairs]
    store.write(lambda view: view.proposals.append_drafts(TENANT, run_id, "match", offset=0, count=len(rows), rows=rows))


def _publish(store: Store, run_id: bytes) -> int:
    return store.write(lambda view: view.proposals.publish(TENANT, run_id, "match", most=9, withdraw=False, now_us=1)).waiting


def test_questions_decisions_and_drafts_come_back_without_those_who_were_erased(tmp_path: Path) -> None:
    keys, signer = backup_keys(), some_signer()
    repository = Repository(FolderTarget(tmp_path / "backups"), verifiers=[signer])
    with closing(new_store(tmp_path / "vault.db")) as store:
        add_customers(store, range(6))
        _ask(store, DONE, (0, 1), (2, 3))
        assert _publish(store, DONE) == 2
        first = _rows(store)[0]
        decided = first._replace(state=StoredState.ACCEPTED, version=2, votes=1, history=b"said")
        store.write(lambda view: view.proposals.put(TENANT, decided))
        _ask(store, RUNNING, (0, 4), (4, 5))
        kept = [row for row in _rows(store) if customer_id(3) not in row]
        tools = BackupTools(keys=keys, signer=signer, digest=_digest, runtime=a_runtime())
        engine = RepositoryBackups(store=store, repository=repository, tools=tools)
        engine.create(backup_id(1), active=lambda: True)
        erase_customer(store, 3)
        erase_customer(store, 5)
        engine.create(backup_id(2), active=lambda: True)
    destination = FileDestination(tmp_path / "new" / "vault.db", create_fresh=create_fresh, open_store=open_store)
    restore = RestoreTools(keys=keys, digest=_digest, runtime=a_runtime(), schema_version=HEAD)
    run_restore(plan_restore(repository, destination, restore, backup_id=backup_id(1)), repository, destination, restore)
    with closing(open_store(f"sqlite:///{tmp_path / 'new' / 'vault.db'}")) as again:
        assert _rows(again) == kept
        with again.read() as view:
            assert view.proposals.draft_offsets(TENANT, RUNNING) == {"match": 2}
        assert _publish(again, RUNNING) == 1
