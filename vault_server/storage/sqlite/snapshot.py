"""What a backup reads of a SQLite file: a private copy, made in one step.

A long reader would keep the log from being reset, and the backup interface in several steps starts again at every write, so
the copy is made in one step (`pages=-1`) beside the database, readable by its owner alone, and removed when the backup is done.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import cast

from vault_server.ports.snapshot import SnapshotSource, SnapshotTable
from vault_server.storage.describe import described
from vault_server.storage.snapshot_tables import BACKED_UP
from vault_server.storage.sqlite.driver import Connection, SqliteFile, create_private, dialect
from vault_server.storage.sqlite.faults import translating
from vault_server.storage.sqlite.session import SqliteSession
from vault_server.storage.statements import StatementCache, compile_statement

_SUFFIX = ".snapshot-"
_SIDE_FILES = ("-wal", "-shm", "-journal")


@contextmanager
def private_copy(file: SqliteFile) -> Iterator[SnapshotSource]:
    copy = SqliteFile(file.path.with_name(f"{file.path.name}{_SUFFIX}{secrets.token_hex(8)}"), file.driver)
    try:
        create_private(copy.path)
        _copy(file, copy)
        with closing(copy.open_reader()) as connection:
            yield SqliteSnapshot(connection, copy)
    finally:
        remove_file(copy.path)


def remove_left_copies(database: Path) -> None:
    """Copies of a process that was killed; call it with the process lock held."""
    for left in database.parent.glob(f"{database.name}{_SUFFIX}*"):
        left.unlink(missing_ok=True)


def remove_file(path: Path) -> None:
    for each in (path, *(path.with_name(path.name + suffix) for suffix in _SIDE_FILES)):
        each.unlink(missing_ok=True)


def _copy(file: SqliteFile, copy: SqliteFile) -> None:
    with closing(file.open_reader()) as source, closing(copy.open_plain()) as target, translating(file.driver):
        source.backup(target, pages=-1)
        target.execute("PRAGMA journal_mode = DELETE")  # a copy of a WAL file would want a log of its own


class SqliteSnapshot:
    """`ports.snapshot.SnapshotSource` on the private copy."""

    def __init__(self, connection: Connection, file: SqliteFile) -> None:
        self._connection = connection
        self._file = file
        session = SqliteSession(
            connection=connection, driver=file.driver, statements=StatementCache(dialect()), clock_us=lambda: 0
        )
        facts = described(session, engine_version=file.driver.sqlite_version)
        self._schema_version, self._vault_id = facts["schema_version"], facts["vault_id"]
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
        query = compile_statement(BACKED_UP[table].query(), dialect())
        cursor = self._connection.cursor()
        try:
            with translating(self._file.driver):
                cursor.execute(query.text, query.bind({}))
                while rows := cast("list[tuple[object, ...]]", cursor.fetchmany(batch)):
                    yield rows
        finally:
            with suppress(self._file.driver.Error):  # what is left half read may end after its connection
                cursor.close()
