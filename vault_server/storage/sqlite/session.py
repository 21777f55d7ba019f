"""`storage.session.Session` on one SQLite connection inside one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

from sqlalchemy import ClauseElement, Table, bindparam, select, update

from vault_server.storage.session import Row
from vault_server.storage.sqlite.bulk import BulkWriter
from vault_server.storage.sqlite.driver import Connection
from vault_server.storage.sqlite.faults import DatabaseApi, translate
from vault_server.storage.statements import Compiled, StatementCache
from vault_server.storage.tables import change_epoch, tenants

READ_COUNTER = select(change_epoch.c.counter)
WRITE_COUNTER = update(change_epoch).values(counter=bindparam("new_counter"))
_TENANT_KEY = select(tenants.c.tenant_key).where(tenants.c.id == bindparam("id"))


@dataclass(slots=True)
class Counter:
    """The change counter of the single writer. `granted` is the last position that was handed out."""

    committed: int
    granted: int
    tenants_changed: bool = False


@dataclass(slots=True, kw_only=True)
class SqliteSession:
    """A session. The writer makes one per job, a reader one per view."""

    connection: Connection
    driver: DatabaseApi
    statements: StatementCache
    clock_us: Callable[[], int]
    counter: Counter | None = None  # None in a reader
    begun: bool = True  # False in a reader that has not read yet
    bulk: BulkWriter = field(default_factory=BulkWriter)
    engine: str = "sqlite"
    _position: int = 0
    known_tenants: dict[str, int] = field(default_factory=dict)
    _tenant_keys: dict[str, int] = field(default_factory=dict)

    def rows(self, statement: ClauseElement, **parameters: object) -> list[Row]:
        if not self.begun:
            self._begin()
        return self.rows_alone(statement, **parameters)

    def _begin(self) -> None:
        try:
            self.connection.execute("BEGIN")  # the first read pins the snapshot
        except self.driver.Error as error:
            raise translate(error) from None
        self.begun = True

    def rows_alone(self, statement: ClauseElement, **parameters: object) -> list[Row]:
        compiled = self.statements.get(statement)
        self._note(compiled)
        try:
            return cast("list[Row]", self.connection.execute(compiled.text, compiled.bind(_joined(parameters))).fetchall())
        except self.driver.Error as error:
            raise translate(error) from None

    def run(self, statement: ClauseElement, **parameters: object) -> int:
        compiled = self.statements.get(statement)
        self._note(compiled)
        try:
            return cast("int", self.connection.execute(compiled.text, compiled.bind(_joined(parameters))).rowcount)
        except self.driver.Error as error:
            raise translate(error) from None

    def run_many(self, statement: ClauseElement, parameters: Sequence[dict[str, object]]) -> int:
        compiled = self.statements.get(statement)
        self._note(compiled)
        try:
            return cast(
                "int", self.connection.executemany(compiled.text, [compiled.bind(each) for each in parameters]).rowcount
            )
        except self.driver.Error as error:
            raise translate(error) from None

    def _note(self, compiled: Compiled) -> None:
        if compiled.changes == tenants.name and self.counter is not None:
            self.counter.tenants_changed = True

    def insert(
        self, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[object]], *, skip_twins: bool = False
    ) -> None:
        if rows:
            self.bulk.write(self.run, self.run_many, table, columns, rows, skip_twins=skip_twins)

    def position(self) -> int:
        if not self._position:
            if self.counter is None:
                raise TypeError("a reader writes nothing")
            self.counter.granted += 1
            self._position = self.counter.granted
        return self._position

    def watermark(self) -> int:
        if self.counter is not None:
            return self.counter.committed
        return cast("int", self.rows(READ_COUNTER)[0][0])

    def now_us(self) -> int:
        return self.clock_us()

    def tenant_key(self, tenant: str) -> int | None:
        found = self.known_tenants.get(tenant) or self._tenant_keys.get(tenant)
        if found is None:
            rows = self.rows(_TENANT_KEY, id=tenant)
            if not rows:
                return None
            # Only a reader's find is committed, so only that may outlive this transaction.
            keys = self.known_tenants if self.counter is None else self._tenant_keys
            found = keys[tenant] = cast("int", rows[0][0])
        return found

    def guard_erasures(self, tenant_key: int) -> None:
        """The one writer runs one job at a time: nothing to keep out."""


def _joined(parameters: dict[str, object]) -> dict[str, object]:
    """Sequences of ids become one blob, for `ids_in`."""
    ids = parameters.get("ids")
    if ids is not None and not isinstance(ids, bytes):
        blob = b"".join(cast("Sequence[bytes]", ids))
        parameters["ids"], parameters["ids_size"] = blob, len(blob)
    return parameters
