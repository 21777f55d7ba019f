from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.stored_rows import TENANT, new_customers
from vault_server.errors import ConfigurationError, FailedPreconditionError, IntegrityError, StorageFullError
from vault_server.ports.records import RecordKind
from vault_server.storage.migrating import MigrationReport
from vault_server.storage.opening import create_fresh, migrate, open_store, parse_url
from vault_server.storage.schema_version import HEAD
from vault_server.storage.session import Session
from vault_server.storage.sqlite.driver import require_safe
from vault_server.storage.sqlite.faults import StorageBrokenError, translate
from vault_server.storage.sqlite.session import SqliteSession
from vault_server.storage.sqlite.store import SqliteStore
from vault_server.storage.sqlite.writer import _GROUPS_BETWEEN_LOOKS


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = f"sqlite:///{tmp_path / 'vault.db'}"
    migrate(found)
    return found


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2), (3, 50, 6), (3, 44, 9)])
def test_a_sqlite_that_can_corrupt_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"^SQLite \S+ can corrupt"):
        require_safe(version)


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 4), (4, 0, 0), (3, 50, 7)])
def test_a_fixed_sqlite_is_accepted(version: tuple[int, ...]) -> None:
    require_safe(version)


def test_every_file_of_the_database_is_its_owners_alone(url: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = open_store(url)
        store.write(lambda view: view.access.add_tenant(TENANT))
        with store.snapshot():
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert len(modes) >= 4
    assert set(modes.values()) == {0o600}


def test_the_private_copy_of_a_snapshot_is_removed(url: str, tmp_path: Path) -> None:
    store = open_store(url)
    with store.snapshot():
        assert list(tmp_path.glob("*.snapshot-*"))
    assert not list(tmp_path.glob("*.snapshot-*"))
    store.close()
    (tmp_path / "vault.db.snapshot-left").write_bytes(b"")
    open_store(url).close()
    assert not list(tmp_path.glob("*.snapshot-*"))


def test_a_second_process_on_the_file_is_refused(url: str) -> None:
    store = open_store(url)
    program = "import sys; from vault_server.storage.opening import open_store; open_store(sys.argv[1])"
    second = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=False)
    store.close()
    assert second.returncode != 0
    assert "another server process uses this database file" in second.stderr
    open_store(url).close()


def test_migrating_twice_changes_nothing(url: str) -> None:
    assert migrate(url) == MigrationReport(before=HEAD, after=HEAD)


def test_a_newer_schema_is_refused(url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "vault.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match="newer than this program"):
        migrate(url)
    with pytest.raises(ConfigurationError, match="schema 9999"):
        open_store(url)


def test_a_missing_file_is_not_created_by_opening(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        open_store(f"sqlite:///{tmp_path / 'none.db'}")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vault.db").write_bytes(b"not a database, but long enough to look like one" * 100)
    with pytest.raises(IntegrityError):
        open_store(f"sqlite:///{tmp_path / 'vault.db'}")


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "postgresql://u:p@h:port/db"]
)
def test_a_bad_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_url(url)
    assert "nonsense" not in str(caught.value)
    assert "u:p" not in str(caught.value)


def limit_pages(store: SqliteStore, pages: int) -> None:
    """A disk that is nearly full, as SQLite sees it."""

    def work(session: Session) -> None:
        assert isinstance(session, SqliteSession)
        session.connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()

    store.write_session(work)


def test_a_full_disk_keeps_nothing_of_the_call_and_the_store_goes_on(url: str) -> None:
    store = open_store(url)
    assert isinstance(store, SqliteStore)
    store.write(lambda view: view.access.add_tenant(TENANT))
    new_customers(store, 10)
    limit_pages(store, 100)
    with pytest.raises(StorageFullError):
        new_customers(store, 20_000)
    with store.read() as view:
        assert view.records.count(TENANT, RecordKind.CUSTOMER) == 10
    limit_pages(store, 1_000_000)
    new_customers(store, 10)
    with store.read() as view:
        assert view.records.count(TENANT, RecordKind.CUSTOMER) == 20
    store.close()


def test_after_a_disk_fault_everything_is_refused(url: str) -> None:
    store = open_store(url)
    assert isinstance(store, SqliteStore)
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC

    def failing(_session: object) -> None:
        raise translate(fault)

    with pytest.raises(StorageBrokenError):
        store.write_session(failing)
    with pytest.raises(IntegrityError):
        store.write(lambda view: view.now_us())
    with pytest.raises(IntegrityError), store.read():
        pass
    store.close()


def test_a_damaged_page_is_an_integrity_error_and_final(url: str, tmp_path: Path) -> None:
    store = open_store(url)
    store.write(lambda view: view.access.add_tenant(TENANT))
    new_customers(store, 3_000)
    store.close()
    path = tmp_path / "vault.db"
    content = bytearray(path.read_bytes())
    broken = range(len(content) * 3 // 4, len(content))
    content[broken.start :] = b"\xa5" * len(broken)
    path.write_bytes(content)
    store = open_store(url)
    with pytest.raises(IntegrityError), store.read() as view:
        view.records.page(TENANT, RecordKind.CUSTOMER, after_id=b"", limit=10_000)
    with pytest.raises(IntegrityError):
        store.write(lambda view: view.now_us())
    store.close()


def test_a_job_may_not_write_through_the_store(url: str) -> None:
    store = open_store(url)
    with pytest.raises(RuntimeError):
        store.write(lambda _: store.write(lambda view: view.now_us()))
    store.close()


def test_fault_of_the_program_while_looking_at_the_log_does_not_stop_the_next_writer(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(url)
    assert isinstance(store, SqliteStore)
    stop = lambda *_: (_ for _ in ()).throw(RuntimeError("a fault of the program"))  # noqa: E731 - raises
    with monkeypatch.context() as patched:
        patched.setattr(type(store._writer), "_log_pages", stop)
        patched.setattr(store._writer, "_groups", _GROUPS_BETWEEN_LOOKS - 1)
        with pytest.raises(RuntimeError):
            store.write(lambda view: view.now_us())
    assert store.write(lambda view: view.now_us()) > 0
    store.close()


def test_the_clock_is_the_one_that_was_given(url: str) -> None:
    store = open_store(url, clock_us=lambda: 42)
    with store.read() as view:
        assert view.now_us() == 42
    store.close()


def test_a_restore_never_replaces_a_file_that_appeared_meanwhile(tmp_path: Path) -> None:
    target = tmp_path / "vault.db"
    sink = create_fresh(f"sqlite:///{target}")
    sink.load("vault", ("id", "vault_id", "created_us"), [(1, "v", 1)])
    target.write_bytes(b"somebody else's")
    with pytest.raises(FailedPreconditionError):
        sink.finish()
    assert target.read_bytes() == b"somebody else's"
