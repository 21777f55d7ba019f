"""What a backup reads of PostgreSQL: one REPEATABLE READ transaction, rows through server-side cursors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import psycopg

from vault_server.ports.snapshot import SnapshotTable
from vault_server.storage.describe import vault_id_of
from vault_server.storage.postgresql.connecting import dialect
from vault_server.storage.postgresql.faults import translating
from vault_server.storage.postgresql.session import PostgresqlSession
from vault_server.storage.schema_version import schema_version_of
from vault_server.storage.snapshot_tables import BACKED_UP
from vault_server.storage.statements import compile_statement


class PostgresqlSnapshot:
    """`ports.snapshot.SnapshotSource` on an open transaction."""

    def __init__(self, connection: psycopg.Connection, session: PostgresqlSession) -> None:
        self._connection = connection
        self._schema_version = schema_version_of(session)
        self._vault_id = vault_id_of(session)
        self._watermark = session.watermark()

    @property
    def schema_version(self) -> str:
        return self._schema_version

    @property
    def vault_id(self) -> str:
        return self._vault_id

    def watermark(self) -> int:
        return self._watermark

    def tables(self) -> list[SnapshotTable]:
        return [each.described for each in BACKED_UP.values()]

    def rows(self, table: str, *, batch: int) -> Iterator[list[tuple[object, ...]]]:
        compiled = compile_statement(BACKED_UP[table].query(), dialect())
        with translating(), self._connection.cursor(name=f"snapshot_{table}") as cursor:
            cursor.execute(compiled.query, compiled.bind({}))
            while rows := cast("list[tuple[object, ...]]", cursor.fetchmany(batch)):
                yield rows
