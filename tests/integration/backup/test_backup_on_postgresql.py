"""The same backup between the two engines, both ways: what is backed up are rows, not files."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.backup_making import a_runtime, backup_id, backup_keys
from helpers.memory_keks import some_signer
from helpers.postgres import PostgresServer, postgres_server, postgres_url
from helpers.sqlite_stores import add_customers, customer_id, customers_of, erase_customer, new_store
from vault_server.backup.destination import Destination, FileDestination, ServerDestination
from vault_server.backup.engine import RepositoryBackups
from vault_server.backup.repository import Repository
from vault_server.backup.restorer import RestoreReport, RestoreTools, plan_restore, run_restore
from vault_server.backup.targets.folder import FolderTarget
from vault_server.backup.writer import BackupTools
from vault_server.errors import FailedPreconditionError, IntegrityError
from vault_server.ports.snapshot import SnapshotSource
from vault_server.ports.store import Store
from vault_server.storage.content_digest import content_digest
from vault_server.storage.opening import create_fresh, open_store
from vault_server.storage.postgresql.restore import drop_all, is_empty
from vault_server.storage.schema_version import HEAD

__all__ = ["PostgresServer", "postgres_server", "postgres_url"]
pytestmark = pytest.mark.postgres


def _digest(source: SnapshotSource) -> str:
    return content_digest(source).digest


def _tools() -> RestoreTools:
    return RestoreTools(keys=backup_keys(), digest=_digest, runtime=a_runtime(), schema_version=HEAD)


def _repository(folder: Path) -> Repository:
    return Repository(FolderTarget(folder), verifiers=[some_signer()])


def _back_up(store: Store, folder: Path, number: int) -> RepositoryBackups:
    tools = BackupTools(keys=backup_keys(), signer=some_signer(), digest=_digest, runtime=a_runtime())
    engine = RepositoryBackups(store=store, repository=_repository(folder), tools=tools)
    engine.create(backup_id(number), active=lambda: True)
    engine.verify(backup_id(number), active=lambda: True)
    return engine


def _server(url: str) -> ServerDestination:
    return ServerDestination(url, create_fresh=create_fresh, open_store=open_store, is_empty=is_empty, drop=drop_all)


def _restore(folder: Path, destination: Destination, tools: RestoreTools | None = None) -> RestoreReport:
    repository, used = _repository(folder), tools or _tools()
    return run_restore(plan_restore(repository, destination, used), repository, destination, used)


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    """A folder with one backup of a SQLite vault with five customers, one of them erased."""
    with closing(new_store(tmp_path / "vault.db")) as store:
        add_customers(store, range(5))
        erase_customer(store, 2)
        _back_up(store, tmp_path / "backups", 1)
    return tmp_path / "backups"


def test_vault_moves_from_sqlite_to_postgresql_and_back(tmp_path: Path, backups: Path, postgres_url: str) -> None:
    first = _restore(backups, _server(postgres_url))
    with closing(open_store(postgres_url)) as moved:
        assert customers_of(moved) == {customer_id(number) for number in (0, 1, 3, 4)}
        _back_up(moved, backups, 2)
    place = FileDestination(tmp_path / "again" / "vault.db", create_fresh=create_fresh, open_store=open_store)
    second = _restore(backups, place)
    assert (first.record.engine, second.record.engine) == ("sqlite", "postgresql")
    assert first.digest == second.digest


def test_restore_onto_a_database_with_tables_is_refused_and_drops_nothing(backups: Path, postgres_url: str) -> None:
    _restore(backups, _server(postgres_url))
    with pytest.raises(FailedPreconditionError, match="not empty"):
        _restore(backups, _server(postgres_url))
    late = _server(postgres_url)
    with pytest.raises(FailedPreconditionError):
        late.fresh()
    late.discard()
    assert not is_empty(postgres_url)


def test_restore_that_does_not_match_leaves_the_database_empty(backups: Path, postgres_url: str) -> None:
    wrong = replace(_tools(), digest=lambda _: "0" * 64)
    with pytest.raises(IntegrityError, match="not what was backed up"):
        _restore(backups, _server(postgres_url), wrong)
    assert is_empty(postgres_url)


def test_broken_chunk_leaves_the_database_empty(backups: Path, postgres_url: str) -> None:
    chunk = max((backups / "objects").glob("*/*"), key=lambda path: path.stat().st_size)
    chunk.write_bytes(bytes(chunk.stat().st_size))
    with pytest.raises(IntegrityError, match="was changed"):
        _restore(backups, _server(postgres_url))
    assert is_empty(postgres_url)
