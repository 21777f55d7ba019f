"""Loading a backup into a new SQLite file: under another name, checked, synced, and renamed as the last step."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import bindparam, insert, select

from vault_server.errors import ConfigurationError, FailedPreconditionError, IntegrityError
from vault_server.storage.migrating import put_epoch, upgrade_schema
from vault_server.storage.snapshot_tables import BACKED_UP
from vault_server.storage.sqlite.driver import SqliteFile, create_private, dialect, load_driver
from vault_server.storage.sqlite.faults import translating
from vault_server.storage.sqlite.process_lock import ProcessLock
from vault_server.storage.sqlite.schema import transaction
from vault_server.storage.sqlite.snapshot import remove_file
from vault_server.storage.statements import compile_statement
from vault_server.storage.tables import vault


class SqliteSink:
    """`ports.snapshot.SnapshotSink` for a file that does not exist yet."""

    def __init__(self, path: Path) -> None:
        """Raises FailedPreconditionError if there is something at the path, ConfigurationError if it is in use."""
        if not path.parent.is_dir():
            raise ConfigurationError("the folder of the database does not exist", hint="create it first")
        self._path = path
        self._lock = ProcessLock(path)
        self._lock.acquire()
        try:
            _require_empty(path)
            self._staged = SqliteFile(path.with_name(f"{path.name}.restoring-{secrets.token_hex(8)}"), load_driver())
            create_private(self._staged.path)
            with transaction(self._staged) as connection:
                upgrade_schema(connection)
                put_epoch(connection)
            self._connection = self._staged.open_plain()
            with translating(self._staged.driver):
                # Safe without a journal: a load that does not reach `finish` is thrown away.
                self._connection.execute("PRAGMA journal_mode = OFF")
                self._connection.execute("PRAGMA synchronous = OFF")
                self._connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._lock.release()
            raise

    def load(self, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
        backed_up = BACKED_UP.get(table)
        if backed_up is None or tuple(columns) != backed_up.columns:
            raise IntegrityError("the backup holds a table that this schema does not have")
        statement = insert(backed_up.table).values({name: bindparam(name) for name in backed_up.columns} | backed_up.left_out)
        compiled = compile_statement(statement, dialect())
        places = [backed_up.columns.index(name) if name in backed_up.columns else -1 for name in compiled.order]
        fixed = [compiled.constants.get(name) for name in compiled.order]
        ordered = [
            tuple([row[place] if place >= 0 else value for place, value in zip(places, fixed, strict=True)]) for row in rows
        ]
        with translating(self._staged.driver):
            self._connection.executemany(compiled.text, ordered)

    def finish(self) -> None:
        with translating(self._staged.driver), closing(self._connection) as connection:
            connection.execute("COMMIT")
            if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise IntegrityError("the restored database is damaged", hint="check the disk and restore again")
            query = compile_statement(select(vault.c.vault_id), dialect())
            if connection.execute(query.text).fetchone() is None:
                raise IntegrityError("the backup names no vault")
        _sync(self._staged.path)
        _require_empty(self._path)
        self._staged.path.replace(self._path)
        _sync(self._path.parent)
        self._lock.release()

    def abandon(self) -> None:
        self._connection.close()
        remove_file(self._staged.path)
        self._lock.release()


def _require_empty(path: Path) -> None:
    if path.exists() and path.stat().st_size > 0:
        raise FailedPreconditionError(
            "the target of the restore is not empty", reason="TARGET_NOT_EMPTY", hint="restore into an empty folder"
        )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
