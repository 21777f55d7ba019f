"""One suite over both engines: every test here runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from helpers.postgres import PostgresServer, postgres_server, postgres_url
from helpers.stored_rows import TENANT
from vault_server.ports.store import Store
from vault_server.storage.opening import migrate, open_store
from vault_server.storage.whole_schema import metadata

__all__ = ["postgres_server", "postgres_url"]

_IDENTITY = ("vault", "change_epoch")
ENGINES = [pytest.param("sqlite", id="sqlite"), pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "vault.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_migrated(postgres_server: PostgresServer) -> str:
    """One database for all tests, emptied after each: creating one a test takes five times as long."""
    url = postgres_server.url(postgres_server.create_database())
    migrate(url)
    return url


def _empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        for name in set(metadata.tables) - set(_IDENTITY):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))


@pytest.fixture(params=ENGINES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "vault.db")
        yield f"sqlite:///{tmp_path / 'vault.db'}"
        return
    url: str = request.getfixturevalue("postgres_migrated")
    yield url
    _empty(url)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store with one tenant."""
    opened = open_store(store_url)
    opened.write(lambda view: view.access.add_tenant(TENANT))
    yield opened
    opened.close()
