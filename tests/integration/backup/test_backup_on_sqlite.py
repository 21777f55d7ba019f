"""Backup and restore between real files: folder target, SQLite store, RSA keys."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from helpers.backup_making import a_runtime, backup_id, backup_keys
from helpers.memory_keks import some_signer
from helpers.sqlite_stores import add_customers, customer_id, customers_of, erase_customer, new_store
from vault_server.backup.destination import FileDestination
from vault_server.backup.engine import RepositoryBackups
from vault_server.backup.repository import Repository
from vault_server.backup.restorer import RestoreReport, RestoreTools, plan_restore, run_restore
from vault_server.backup.targets.folder import FolderTarget
from vault_server.backup.writer import BackupTools
from vault_server.errors import FailedPreconditionError, IntegrityError, StorageFullError
from vault_server.ports.snapshot import SnapshotSource
from vault_server.ports.store import Store
from vault_server.storage.content_digest import content_digest
from vault_server.storage.opening import create_fresh, open_store
from vault_server.storage.schema_version import HEAD


def _digest(source: SnapshotSource) -> str:
    return content_digest(source).digest


def _repository(folder: Path) -> Repository:
    return Repository(FolderTarget(folder), verifiers=[some_signer()])


def _engine(store: Store, folder: Path) -> RepositoryBackups:
    tools = BackupTools(keys=backup_keys(), signer=some_signer(), digest=_digest, runtime=a_runtime())
    return RepositoryBackups(store=store, repository=_repository(folder), tools=tools)


def _destination(path: Path) -> FileDestination:
    return FileDestination(path, create_fresh=create_fresh, open_store=open_store)


def _restore(folder: Path, path: Path, number: int | None = None) -> RestoreReport:
    repository, destination = _repository(folder), _destination(path)
    tools = RestoreTools(keys=backup_keys(), digest=_digest, runtime=a_runtime(), schema_version=HEAD)
    plan = plan_restore(repository, destination, tools, backup_id=None if number is None else backup_id(number))
    return run_restore(plan, repository, destination, tools)


@pytest.fixture
def stores() -> Iterator[ExitStack]:
    """Closes what a test opened, whatever it finds: an open store keeps a thread, and a thread keeps the test process."""
    with ExitStack() as opened:
        yield opened


def test_vault_comes_back_whole_after_its_folder_is_gone(stores: ExitStack, tmp_path: Path) -> None:
    store = stores.enter_context(closing(new_store(tmp_path / "vault.db")))
    add_customers(store, range(2500))
    erase_customer(store, 7)
    vault_id = store.describe()["vault_id"]
    engine = _engine(store, tmp_path / "backups")
    record = engine.create(backup_id(1), active=lambda: True)
    assert engine.verify(backup_id(1), active=lambda: True) == record
    store.close()
    report = _restore(tmp_path / "backups", tmp_path / "new" / "vault.db")
    assert report.digest == record.digest
    assert report.rows == record.rows
    left = {path.name for path in (tmp_path / "new").iterdir() if path.suffix != ".lock"}
    assert left == {"vault.db", "vault.db.restore-lock"}
    again = stores.enter_context(closing(open_store(f"sqlite:///{tmp_path / 'new' / 'vault.db'}")))
    assert again.describe()["vault_id"] == vault_id
    assert customers_of(again) == {customer_id(number) for number in range(2500) if number != 7}


def test_restored_vault_backs_up_on_in_the_same_chain(stores: ExitStack, tmp_path: Path) -> None:
    store = stores.enter_context(closing(new_store(tmp_path / "vault.db")))
    add_customers(store, range(3))
    _engine(store, tmp_path / "backups").create(backup_id(1), active=lambda: True)
    store.close()
    _restore(tmp_path / "backups", tmp_path / "new" / "vault.db")
    again = stores.enter_context(closing(open_store(f"sqlite:///{tmp_path / 'new' / 'vault.db'}")))
    engine = _engine(again, tmp_path / "backups")
    assert engine.create(backup_id(2), active=lambda: True).sequence == 2
    engine.verify(backup_id(2), active=lambda: True)


def test_customer_erased_after_an_old_backup_does_not_come_back(stores: ExitStack, tmp_path: Path) -> None:
    store = stores.enter_context(closing(new_store(tmp_path / "vault.db")))
    add_customers(store, range(5))
    engine = _engine(store, tmp_path / "backups")
    engine.create(backup_id(1), active=lambda: True)
    erase_customer(store, 3)
    engine.create(backup_id(2), active=lambda: True)
    store.close()
    assert _restore(tmp_path / "backups", tmp_path / "new" / "vault.db", 1).erased_again == 1
    again = stores.enter_context(closing(open_store(f"sqlite:///{tmp_path / 'new' / 'vault.db'}")))
    assert customers_of(again) == {customer_id(number) for number in (0, 1, 2, 4)}
    with again.read() as view:
        assert view.records.deks("acme", [customer_id(3)]) == []


def test_restore_onto_an_existing_database_is_refused_and_touches_nothing(stores: ExitStack, tmp_path: Path) -> None:
    store = stores.enter_context(closing(new_store(tmp_path / "vault.db")))
    add_customers(store, range(5))
    _engine(store, tmp_path / "backups").create(backup_id(1), active=lambda: True)
    store.close()
    before = (tmp_path / "vault.db").read_bytes()
    with pytest.raises(FailedPreconditionError, match="there is a database already"):
        _restore(tmp_path / "backups", tmp_path / "vault.db")
    assert (tmp_path / "vault.db").read_bytes() == before


def test_broken_chunk_stops_the_restore_and_leaves_no_database(stores: ExitStack, tmp_path: Path) -> None:
    store = stores.enter_context(closing(new_store(tmp_path / "vault.db")))
    add_customers(store, range(50))
    engine = _engine(store, tmp_path / "backups")
    engine.create(backup_id(1), active=lambda: True)
    store.close()
    chunk = max((tmp_path / "backups" / "objects").glob("*/*"), key=lambda path: path.stat().st_size)
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(IntegrityError, match="was changed"):
        engine.verify(backup_id(1), active=lambda: True)
    with pytest.raises(IntegrityError, match="was changed"):
        _restore(tmp_path / "backups", tmp_path / "new" / "vault.db")
    assert not [path.name for path in (tmp_path / "new").iterdir() if path.name.startswith("vault.db.restoring")]
    assert not (tmp_path / "new" / "vault.db").exists()


def test_second_restore_into_the_same_place_is_refused_while_one_runs(tmp_path: Path) -> None:
    first, second = _destination(tmp_path / "vault.db"), _destination(tmp_path / "vault.db")
    sink = first.fresh()
    with pytest.raises(FailedPreconditionError, match="another restore"):
        second.fresh()
    second.discard()
    assert [path for path in tmp_path.iterdir() if path.name.startswith("vault.db.restoring")]
    sink.abandon()
    first.discard()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("vault.db.restoring")]


def test_everything_in_the_backup_folder_is_private(stores: ExitStack, tmp_path: Path) -> None:
    store = stores.enter_context(closing(new_store(tmp_path / "vault.db")))
    previous = os.umask(0)
    try:
        _engine(store, tmp_path / "backups").create(backup_id(1), active=lambda: True)
    finally:
        os.umask(previous)
    store.close()
    for path in (tmp_path / "backups", *(tmp_path / "backups").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


_KILLED = """
import os, signal, sys
from pathlib import Path
from helpers.backup_making import make_backup, a_repository
from helpers.memory_snapshots import a_source
from vault_server.backup.targets.folder import FolderTarget

class Dying(FolderTarget):
    written = 0
    def put_new(self, name, content):
        super().put_new(name, content)
        self.written += 1
        if self.written == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

make_backup(a_repository(Dying(Path(sys.argv[1]))), a_source(30, erased=[3]))
"""


@pytest.mark.parametrize("written", [1, 4])
def test_backup_killed_in_the_middle_does_not_exist_and_harms_no_later_one(
    stores: ExitStack, tmp_path: Path, written: int
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    died = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path / "backups"), str(written)], env=environment, check=False
    )
    assert died.returncode == -signal.SIGKILL
    assert not list((tmp_path / "backups").glob("manifests/*"))
    store = stores.enter_context(closing(new_store(tmp_path / "vault.db")))
    if written == 1:
        assert _engine(store, tmp_path / "backups").create(backup_id(1), active=lambda: True).sequence == 1
    store.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_full_disk_ends_the_backup_and_leaves_no_half_object(stores: ExitStack, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)], check=False, capture_output=True
    ).returncode:
        pytest.skip("this machine does not let tests mount")
    try:
        store = stores.enter_context(closing(new_store(tmp_path / "vault.db")))
        add_customers(store, range(2000))
        with pytest.raises(StorageFullError, match="backup target is full"):
            _engine(store, small / "backups").create(backup_id(1), active=lambda: True)
        store.close()
        assert not list((small / "backups" / ".partial").iterdir())
        assert not list((small / "backups").glob("manifests/*"))
    finally:
        subprocess.run(["umount", str(small)], check=True)
