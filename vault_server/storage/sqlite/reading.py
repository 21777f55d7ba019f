"""A second process's look into the file: read-only, one connection, no lock of its own.

The process that owns the file holds its lock, writes it and does every checkpoint; a reader of another process pins a snapshot
for the length of one view, as the owner's own readers do. It must be gone before the owner closes the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from vault_server.errors import ConfigurationError, VaultError
from vault_server.ports.store import ReadView
from vault_server.storage.schema_version import require_head, schema_version_of
from vault_server.storage.sqlite.driver import Connection, SqliteFile, dialect, load_driver
from vault_server.storage.sqlite.session import SqliteSession
from vault_server.storage.statements import StatementCache
from vault_server.storage.views import SqlView

_CACHE_KIB = 2 * 1024  # scans go forward: a few pages of each table are enough


class SqliteReader:
    """`ports.store.ReadableStore` for one thread."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._statements = StatementCache(dialect())
        self._tenants: dict[str, int] = {}
        self._connection: Connection | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        if not path.is_file():
            raise ConfigurationError("the database file does not exist", hint="run `strongroom-server migrate` first")
        reader = cls(SqliteFile(path, load_driver()))
        try:
            with reader._session() as session:
                require_head(schema_version_of(session))
        except VaultError:
            reader.close()
            raise
        return reader

    @contextmanager
    def read(self) -> Iterator[ReadView]:
        with self._session() as session:
            yield SqlView(session)

    @contextmanager
    def _session(self) -> Iterator[SqliteSession]:
        connection = self._connection or self._file.open_reader(cache_kib=_CACHE_KIB)
        self._connection = connection
        session = SqliteSession(
            connection=connection,
            driver=self._file.driver,
            statements=self._statements,
            clock_us=_no_clock,
            known_tenants=self._tenants,
            begun=False,
        )
        try:
            yield session
            if session.begun:
                connection.execute("COMMIT")
        except BaseException:
            self.close()  # a view that ended by an exception may have left a half-read cursor
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _no_clock() -> int:
    raise TypeError("a reader of another process has no clock")
