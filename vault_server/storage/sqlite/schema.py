"""Schema work on a SQLite file: SQLAlchemy's engine on our driver, with real transactions around DDL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from vault_server.errors import ConfigurationError
from vault_server.storage.migrating import (
    BeforeChange,
    MigrationReport,
    migrate_locked,
    put_identity,
    require_known,
    version_on,
)
from vault_server.storage.schema_version import HEAD
from vault_server.storage.sqlite.driver import SqliteFile, load_driver
from vault_server.storage.sqlite.faults import translate
from vault_server.storage.sqlite.process_lock import ProcessLock

_LOCK_WAIT_S = 60.0


def migrate_sqlite(path: Path, before_change: BeforeChange | None) -> MigrationReport:
    if not path.parent.is_dir():
        raise ConfigurationError("the folder of the database does not exist", hint="create it first")
    file = SqliteFile(path, load_driver())
    found = present_version(file)
    if found == HEAD:
        return MigrationReport(before=HEAD, after=HEAD)
    require_known(found)
    lock = ProcessLock(path)
    lock.acquire(wait_s=_LOCK_WAIT_S)
    try:
        with transaction(file) as connection:
            report = migrate_locked(connection, before_change)
            put_identity(connection)
        return report
    finally:
        lock.release()


def present_version(file: SqliteFile) -> str:
    """The schema version of a file, "" if there is none yet."""
    if not file.path.exists() or file.path.stat().st_size == 0:
        return ""
    engine = _engine(file, writing=False)
    try:
        with engine.connect() as connection:
            return version_on(connection)
    except file.driver.Error as error:
        raise translate(error) from None
    finally:
        engine.dispose()


@contextmanager
def transaction(file: SqliteFile) -> Iterator[Connection]:
    """A write transaction through SQLAlchemy, for DDL; the process lock is held by the caller."""
    engine = _engine(file, writing=True)
    try:
        with engine.begin() as connection:
            yield connection
    except file.driver.Error as error:
        raise translate(error) from None
    finally:
        engine.dispose()


def _engine(file: SqliteFile, *, writing: bool) -> Engine:
    opened = file.open_writer if writing else file.open_reader
    engine = create_engine("sqlite://", module=file.driver, creator=opened, poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver is in autocommit mode, so that transactions are exactly ours.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine
