"""`ports.store.Store` on PostgreSQL."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from sqlalchemy import Engine

from vault_server.errors import UnavailableError
from vault_server.ports.keks import KekStore, KeyFence
from vault_server.ports.snapshot import SnapshotSource
from vault_server.ports.store import ReadView, WriteView
from vault_server.storage.describe import described
from vault_server.storage.postgresql.connecting import borrowed, dialect
from vault_server.storage.postgresql.faults import ConnectionLostError, RepeatableError, translating
from vault_server.storage.postgresql.session import PostgresqlSession
from vault_server.storage.postgresql.snapshot import PostgresqlSnapshot
from vault_server.storage.repositories.keks import SqlKekStore, SqlKeyFence
from vault_server.storage.session import Session
from vault_server.storage.statements import StatementCache
from vault_server.storage.views import SqlView

T = TypeVar("T")

_ATTEMPTS = 8
_FIRST_PAUSE_S = 0.002


class PostgresqlStore:
    """One database, shared with other processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._statements = StatementCache(dialect())
        self._tenants: dict[str, int] = {}
        self._closed = threading.Event()
        self._keks = SqlKekStore(self)
        self._fence = SqlKeyFence(self)

    @property
    def engine(self) -> str:
        return "postgresql"

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
        with self._snapshot_transaction() as connection:
            yield self._session(connection, writing=False)

    def write_session(self, work: Callable[[Session], T]) -> T:
        for attempt in range(_ATTEMPTS - 1):
            try:
                return self._write_once(work)
            except RepeatableError:
                # Apart at random, or the same two meet again.
                time.sleep(_FIRST_PAUSE_S * 2**attempt * random.random())  # noqa: S311 - no secret
        return self._write_once(work)

    def _write_once(self, work: Callable[[Session], T]) -> T:
        with self._borrowed() as connection:
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            connection.read_only = False
            result = work(self._session(connection, writing=True))
            _commit(connection)
        return result

    def describe(self) -> dict[str, str]:
        with self._snapshot_transaction() as connection:
            version = ".".join(map(str, divmod(connection.info.server_version, 10_000)))
            return described(self._session(connection, writing=False), engine_version=version)

    @contextmanager
    def snapshot(self) -> Iterator[SnapshotSource]:
        with self._snapshot_transaction() as connection:
            yield PostgresqlSnapshot(connection, self._session(connection, writing=False))

    def close(self) -> None:
        self._closed.set()
        self._engine.dispose()

    @contextmanager
    def _snapshot_transaction(self) -> Iterator[psycopg.Connection]:
        with self._borrowed() as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield connection

    @contextmanager
    def _borrowed(self) -> Iterator[psycopg.Connection]:
        if self._closed.is_set():
            raise UnavailableError("the store is closed")
        with borrowed(self._engine) as connection:
            yield connection

    def _session(self, connection: psycopg.Connection, *, writing: bool) -> PostgresqlSession:
        return PostgresqlSession(
            connection=connection, statements=self._statements, known_tenants=self._tenants, writing=writing
        )


def _commit(connection: psycopg.Connection) -> None:
    try:
        with translating():
            connection.commit()
    except ConnectionLostError:
        raise UnavailableError(
            "the connection broke during the commit; it may have happened or not",
            reason="COMMIT_UNKNOWN",
            hint="repeat the call with the same request id",
        ) from None
