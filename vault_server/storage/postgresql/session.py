"""`storage.session.Session` on one PostgreSQL connection inside one transaction.

The change position is the transaction's id. Everything below the oldest id that some snapshot still sees running is complete,
which is the watermark (never a sequence: its order is not the order of commits).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import psycopg
from sqlalchemy import ClauseElement, Table, bindparam, select, text

from vault_server.storage.postgresql import bulk
from vault_server.storage.postgresql.faults import translating
from vault_server.storage.session import Row
from vault_server.storage.statements import StatementCache
from vault_server.storage.tables import tenants

_POSITION = text("SELECT pg_current_xact_id()::text::bigint")
_WATERMARK = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
_NOW = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
_TENANT_KEY = select(tenants.c.tenant_key).where(tenants.c.id == bindparam("id"))
_SHARE_FENCE = select(tenants.c.fence).where(tenants.c.tenant_key == bindparam("tenant_key")).with_for_update(read=True)


@dataclass(slots=True, kw_only=True)
class PostgresqlSession:
    """A session; one per transaction."""

    connection: psycopg.Connection
    statements: StatementCache
    known_tenants: dict[str, int]
    writing: bool
    engine: str = "postgresql"
    _position: int = 0
    _guarded: set[int] = field(default_factory=set)
    _tenant_keys: dict[str, int] = field(default_factory=dict)

    def rows(self, statement: ClauseElement, **parameters: object) -> list[Row]:
        compiled = self.statements.get(statement)
        with translating():
            return cast("list[Row]", self.connection.execute(compiled.query, compiled.bind(_listed(parameters))).fetchall())

    def rows_alone(self, statement: ClauseElement, **parameters: object) -> list[Row]:
        return self.rows(statement, **parameters)

    def run(self, statement: ClauseElement, **parameters: object) -> int:
        compiled = self.statements.get(statement)
        with translating():
            return self.connection.execute(compiled.query, compiled.bind(_listed(parameters))).rowcount

    def run_many(self, statement: ClauseElement, parameters: Sequence[dict[str, object]]) -> int:
        compiled = self.statements.get(statement)
        with translating(), self.connection.cursor() as cursor:
            cursor.executemany(compiled.query, [compiled.bind(each) for each in parameters])
            return cursor.rowcount

    def insert(
        self, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[object]], *, skip_twins: bool = False
    ) -> None:
        if rows:
            bulk.write(self.connection, table, columns, rows, skip_twins=skip_twins)

    def position(self) -> int:
        if not self._position:
            self._position = self._number(_POSITION)
        return self._position

    def watermark(self) -> int:
        return self._number(_WATERMARK)

    def now_us(self) -> int:
        return self._number(_NOW)

    def tenant_key(self, tenant: str) -> int | None:
        found = self.known_tenants.get(tenant) or self._tenant_keys.get(tenant)
        if found is None:
            rows = self.rows(_TENANT_KEY, id=tenant)
            if not rows:
                return None
            # Only a reader's find is committed, so only that may outlive this transaction.
            keys = self._tenant_keys if self.writing else self.known_tenants
            found = keys[tenant] = cast("int", rows[0][0])
        return found

    def guard_erasures(self, tenant_key: int) -> None:
        if tenant_key not in self._guarded:
            self.rows(_SHARE_FENCE, tenant_key=tenant_key)
            self._guarded.add(tenant_key)

    def _number(self, statement: ClauseElement) -> int:
        return cast("int", self.rows(statement)[0][0])


def _listed(parameters: dict[str, object]) -> dict[str, object]:
    ids = parameters.get("ids")
    if ids is not None:
        parameters["ids"] = list(cast("Sequence[bytes]", ids))
    return parameters
