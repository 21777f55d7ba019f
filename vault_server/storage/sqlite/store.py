"""`ports.store.Store` on one SQLite file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from vault_server.errors import UnavailableError
from vault_server.ports.keks import KekStore, KeyFence
from vault_server.ports.snapshot import SnapshotSource
from vault_server.ports.store import ReadView, WriteView
from vault_server.storage.describe import described
from vault_server.storage.repositories.keks import SqlKekStore, SqlKeyFence
from vault_server.storage.session import Session
from vault_server.storage.sqlite.driver import Connection, SqliteFile, dialect
from vault_server.storage.sqlite.faults import StorageBrokenError
from vault_server.storage.sqlite.fence import CountedFence
from vault_server.storage.sqlite.process_lock import ProcessLock
from vault_server.storage.sqlite.session import SqliteSession
from vault_server.storage.sqlite.snapshot import private_copy
from vault_server.storage.sqlite.writer import GroupCommitWriter
from vault_server.storage.statements import StatementCache
from vault_server.storage.views import SqlView

T = TypeVar("T")

_READERS_KEPT = 16


class SqliteStore:
    """One file, one writing connection, as many readers as there are views open."""

    def __init__(self, file: SqliteFile, lock: ProcessLock, clock_us: Callable[[], int]) -> None:
        """Takes over a held lock and an existing file of the present schema."""
        self._file = file
        self._lock = lock
        self._clock_us = clock_us
        self._statements = StatementCache(dialect())
        self._tenants: dict[str, int] = {}
        self._readers: list[Connection] = []
        self._closed = threading.Event()
        self._writer = GroupCommitWriter(file.open_writer(), file.driver, StatementCache(dialect()), clock_us)
        self._keks = SqlKekStore(self)
        self._fence = CountedFence(SqlKeyFence(self), lambda: self._writer.tenant_changes)

    @property
    def engine(self) -> str:
        return "sqlite"

    @property
    def keks(self) -> KekStore:
        return self._keks

    @property
    def fence(self) -> KeyFence:
        return self._fence

    @contextmanager
    def read(self) -> Iterator[ReadView]:
        with self.read_session() as session:
            yield SqlView(session)

    def write(self, work: Callable[[WriteView], T]) -> T:
        return self.write_session(lambda session: work(SqlView(session)))

    @contextmanager
    def read_session(self) -> Iterator[Session]:
        self._require_usable()
        connection = self._take_reader()
        session = SqliteSession(
            connection=connection,
            driver=self._file.driver,
            statements=self._statements,
            clock_us=self._clock_us,
            known_tenants=self._tenants,
            begun=False,
        )
        kept = False
        try:
            yield session
            kept = True
        except StorageBrokenError as error:
            self._writer.break_down(error)
            raise
        finally:
            self._give_back(connection, session, kept=kept)

    def write_session(self, work: Callable[[Session], T]) -> T:
        return self._writer.submit(work)

    def describe(self) -> dict[str, str]:
        with self.read_session() as session:
            return described(session, engine_version=self._file.driver.sqlite_version)

    @contextmanager
    def snapshot(self) -> Iterator[SnapshotSource]:
        self._require_usable()
        with private_copy(self._file) as source:
            yield source

    def close(self) -> None:
        self._closed.set()
        while self._readers:
            self._readers.pop().close()
        self._writer.close()
        self._lock.release()

    def _require_usable(self) -> None:
        if self._closed.is_set():
            raise UnavailableError("the store is closed")
        if self._writer.broken is not None:
            raise StorageBrokenError(self._writer.broken.message, hint=self._writer.broken.hint)

    def _take_reader(self) -> Connection:
        try:
            return self._readers.pop()
        except IndexError:
            return self._file.open_reader()

    def _give_back(self, connection: Connection, session: SqliteSession, *, kept: bool) -> None:
        # A view that ended by an exception may have left a half-read cursor: such a connection is not used again.
        if kept and not self._closed.is_set() and len(self._readers) < _READERS_KEPT:
            if session.begun:
                connection.execute("COMMIT")
            self._readers.append(connection)
            return
        connection.close()


def sqlite_path(location: str) -> Path:
    """The file of a `sqlite:///...` location."""
    return Path(location)
