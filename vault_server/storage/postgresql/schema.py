"""Schema work on PostgreSQL: a session lock on a connection of its own, the migration in one transaction on another.

The lock is released by the server when its connection ends, however that happens. Behind a pooler that mixes sessions it would
not hold: migrate over a direct connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from vault_server.storage.migrating import (
    BeforeChange,
    MigrationReport,
    migrate_locked,
    put_identity,
    require_known,
    version_on,
)
from vault_server.storage.postgresql.connecting import fault_of, single_engine
from vault_server.storage.schema_version import HEAD

MIGRATION_LOCK = 0x5374_726F_6E67_726D


def migrate_postgresql(url: URL, before_change: BeforeChange | None) -> MigrationReport:
    engine = single_engine(url)
    with faults_translated():
        found = present_version(engine)
        if found == HEAD:
            return MigrationReport(before=HEAD, after=HEAD)
        require_known(found)
        with _session_lock(engine), engine.begin() as connection:
            report = migrate_locked(connection, before_change)
            put_identity(connection)
    return report


def present_version(engine: Engine) -> str:
    with engine.connect() as connection:
        return version_on(connection)


@contextmanager
def _session_lock(engine: Engine) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        yield


@contextmanager
def faults_translated() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as error:
        raise fault_of(error) from None
