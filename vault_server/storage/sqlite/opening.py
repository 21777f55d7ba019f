"""Opening a SQLite store: lock, look at the schema, start the writer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from vault_server.errors import ConfigurationError
from vault_server.storage.schema_version import require_head
from vault_server.storage.sqlite.driver import SqliteFile, load_driver
from vault_server.storage.sqlite.process_lock import ProcessLock
from vault_server.storage.sqlite.schema import present_version
from vault_server.storage.sqlite.snapshot import remove_left_copies
from vault_server.storage.sqlite.store import SqliteStore


def open_sqlite(path: Path, clock_us: Callable[[], int]) -> SqliteStore:
    file = SqliteFile(path, load_driver())
    if not path.is_file():
        raise ConfigurationError("the database file does not exist", hint="run `strongroom-server migrate` first")
    lock = ProcessLock(path)
    lock.acquire()
    try:
        require_head(present_version(file))
        remove_left_copies(path)
        return SqliteStore(file, lock, clock_us)
    except BaseException:
        lock.release()
        raise
