"""The door of this package: open, migrate or create the store that a URL names.

`sqlite:////absolute/path/vault.db` (or a relative path after three slashes) and `postgresql://...`. The PostgreSQL driver is
imported only when it is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from vault_server.errors import ConfigurationError
from vault_server.ports.snapshot import SnapshotSink
from vault_server.ports.store import ReadableStore, Store

if TYPE_CHECKING:
    from vault_server.storage.migrating import BeforeChange, MigrationReport

_SQLITE, _POSTGRESQL = "sqlite", "postgresql"


def _wall_clock_us() -> int:
    return time.time_ns() // 1000


def open_store(url: str, *, clock_us: Callable[[], int] = _wall_clock_us, pool_size: int = 16) -> Store:
    """Opens a migrated store.

    Args:
        clock_us: what `now_us` of a SQLite store reads; PostgreSQL has a clock of its own.
        pool_size: connections of a PostgreSQL store.

    Raises:
        ConfigurationError: a bad URL, another schema, another process on the same SQLite file, an unsafe SQLite.
        UnavailableError: the database cannot be reached.
        IntegrityError: the file is damaged.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == _SQLITE:
        from vault_server.storage.sqlite.opening import open_sqlite

        return open_sqlite(_path(parsed), clock_us)
    _require_psycopg()
    from vault_server.storage.postgresql.opening import open_postgresql

    return open_postgresql(parsed, pool_size=pool_size)


def open_for_reading(url: str) -> ReadableStore:
    """A migrated store that another process of this vault has open, for one reader of this process.

    Raises:
        ConfigurationError: a bad URL, no such file, another schema, an unsafe SQLite.
        UnavailableError: the database cannot be reached.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == _SQLITE:
        from vault_server.storage.sqlite.reading import SqliteReader

        return SqliteReader.open(_path(parsed))
    return open_store(url, pool_size=1)


def migrate(url: str, *, before_change: BeforeChange | None = None) -> MigrationReport:
    """Creates or upgrades the schema; safe to call from many processes at once.

    Args:
        before_change: called with the version found before data is migrated, to make a backup.

    Raises:
        ConfigurationError: the schema is newer than this program, or the database is in use (SQLite).
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == _SQLITE:
        from vault_server.storage.sqlite.schema import migrate_sqlite

        return migrate_sqlite(_path(parsed), before_change)
    _require_psycopg()
    from vault_server.storage.postgresql.schema import migrate_postgresql

    return migrate_postgresql(parsed, before_change)


def create_fresh(url: str) -> SnapshotSink:
    """A new store to load a backup into.

    Raises:
        FailedPreconditionError: reason TARGET_NOT_EMPTY.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == _SQLITE:
        from vault_server.storage.sqlite.restore import SqliteSink

        return SqliteSink(_path(parsed))
    _require_psycopg()
    from vault_server.storage.postgresql.restore import PostgresqlSink

    return PostgresqlSink(parsed)


def parse_url(url: str) -> URL:
    """Raises ConfigurationError, which never repeats the URL: it may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "the database URL is malformed", hint="use sqlite:////path/vault.db or postgresql://..."
        ) from None
    if parsed.get_backend_name() not in (_SQLITE, _POSTGRESQL):
        raise ConfigurationError("the database URL names an unknown engine", hint="use sqlite:// or postgresql://")
    if parsed.get_backend_name() == _SQLITE and (not parsed.database or parsed.database == ":memory:"):
        raise ConfigurationError("the database URL names no file", hint="use sqlite:////path/vault.db")
    return parsed


def _require_psycopg() -> None:
    if find_spec("psycopg") is None:
        raise ConfigurationError("the PostgreSQL engine needs the package psycopg", hint="install strongroom[server,postgres]")


def _path(url: URL) -> Path:
    return Path(url.database or "").absolute()
