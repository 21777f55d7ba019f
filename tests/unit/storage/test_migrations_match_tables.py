from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from vault_server.storage import migrating
from vault_server.storage.opening import migrate
from vault_server.storage.schema_version import HEAD
from vault_server.storage.sqlite.driver import SqliteFile, load_driver
from vault_server.storage.sqlite.schema import transaction
from vault_server.storage.whole_schema import metadata


def test_the_migrations_lead_to_exactly_the_declared_tables(tmp_path: Path) -> None:
    path = tmp_path / "vault.db"
    migrate(f"sqlite:///{path}")
    with transaction(SqliteFile(path, load_driver())) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_head_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(migrating._config()).get_current_head() == HEAD


def test_data_is_backed_up_before_it_is_migrated_and_an_empty_database_is_not(tmp_path: Path) -> None:
    called: list[str] = []
    migrate(f"sqlite:///{tmp_path / 'vault.db'}", before_change=called.append)
    assert called == []
    with transaction(SqliteFile(tmp_path / "vault.db", load_driver())) as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        assert migrating.version_on(connection) == ""
