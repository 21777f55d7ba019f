"""Loading a backup into an empty PostgreSQL database, schema and rows in one transaction: a broken restore leaves nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import psycopg
from sqlalchemy import URL, Connection, inspect, make_url, select, text

from vault_server.errors import FailedPreconditionError, IntegrityError
from vault_server.storage.migrating import put_epoch, upgrade_schema
from vault_server.storage.postgresql import bulk
from vault_server.storage.postgresql.connecting import single_engine
from vault_server.storage.postgresql.schema import faults_translated
from vault_server.storage.snapshot_tables import BACKED_UP
from vault_server.storage.tables import vault
from vault_server.storage.whole_schema import metadata


class PostgresqlSink:
    """`ports.snapshot.SnapshotSink` for a database without tables."""

    def __init__(self, url: URL) -> None:
        """Raises FailedPreconditionError if the database has tables."""
        self._engine = single_engine(url)
        with faults_translated():
            self._connection: Connection = self._engine.connect()
        try:
            with faults_translated():
                _require_empty(self._connection)
                upgrade_schema(self._connection)
                put_epoch(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def load(self, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        backed_up = BACKED_UP.get(table)
        if backed_up is None or tuple(columns) != backed_up.columns:
            raise IntegrityError("the backup holds a table that this schema does not have")
        fixed = tuple(backed_up.left_out.values())
        names = (*backed_up.columns, *backed_up.left_out)
        driver = cast("psycopg.Connection", self._connection.connection.driver_connection)
        bulk.write(driver, backed_up.table, names, [(*row, *fixed) for row in rows], skip_twins=False)

    def finish(self) -> None:
        with faults_translated():
            if self._connection.execute(select(vault.c.vault_id)).first() is None:
                raise IntegrityError("the backup names no vault")
            self._connection.commit()
            self._connection.close()

    def abandon(self) -> None:
        self._connection.close()


def is_empty(url: str) -> bool:
    """Whether the database has no tables."""
    with faults_translated(), single_engine(make_url(url)).connect() as connection:
        return not inspect(connection).get_table_names()


def drop_all(url: str) -> None:
    """Remove the schema and all rows: for a restore whose finished load was found to be wrong."""
    with faults_translated(), single_engine(make_url(url)).begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def _require_empty(connection: Connection) -> None:
    if inspect(connection).get_table_names():
        raise FailedPreconditionError(
            "the target of the restore is not empty", reason="TARGET_NOT_EMPTY", hint="restore into a new database"
        )
