"""Opening SQLite files: the safe build, private files, the settings of each kind of connection.

SQLite 3.7.0 to 3.51.2 can corrupt a database in WAL mode when one connection checkpoints while another writes; fixed in
3.51.3 and in the releases listed below. The build that the operating system carries is mostly older, so the driver is
`pysqlite3`, which carries its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from vault_server.errors import ConfigurationError
from vault_server.storage.sqlite.faults import DatabaseApi, translating

_FIXED = (3, 51, 3)
_BACKPORTED = ((3, 50, 7),)
PAGE_BYTES = 4096
CHECKPOINT_PAGES = 16_384  # 64 MiB of log between checkpoints: pages hit many times are copied back once
_WRITER_CACHE_KIB = 64 * 1024
_READER_CACHE_KIB = 8 * 1024
_STATEMENTS = 256

Connection = Any  # the driver ships no types; everything that leaves this package is typed


def load_driver() -> DatabaseApi:
    """The driver, if its SQLite is safe.

    Raises:
        ConfigurationError: it is missing or too old.
    """
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        raise ConfigurationError("the SQLite engine needs the package pysqlite3", hint="install strongroom[server]") from None
    require_safe(dbapi2.sqlite_version_info)
    return cast("DatabaseApi", dbapi2)


def require_safe(version: tuple[int, ...]) -> None:
    """Raises ConfigurationError if this version of SQLite can corrupt a database in WAL mode."""
    if version >= _FIXED or any(version[:2] == fixed[:2] and version >= fixed for fixed in _BACKPORTED):
        return
    shown = ".".join(map(str, version))
    raise ConfigurationError(
        f"SQLite {shown} can corrupt databases in WAL mode; 3.51.3 or newer is needed", hint="upgrade the package pysqlite3"
    )


def dialect() -> SQLiteDialect_pysqlite:
    return SQLiteDialect_pysqlite(paramstyle="qmark")


def create_private(path: Path) -> None:
    """Creates the file for its owner alone; SQLite gives its log files the same permissions."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """One database file and the ways to open it."""

    path: Path
    driver: DatabaseApi

    def _connect(self, mode: str, *, cache_kib: int) -> Connection:
        with translating(self.driver):
            connection = self.driver.connect(
                f"file:{quote(str(self.path))}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=_STATEMENTS,
                timeout=10.0,
            )
            connection.execute(f"PRAGMA cache_size = -{cache_kib}")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    def open_writer(self) -> Connection:
        """The one connection that writes and checkpoints; checkpoints happen only when it is told to."""
        create_private(self.path)
        connection = self._connect("rw", cache_kib=_WRITER_CACHE_KIB)
        with translating(self.driver):
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("PRAGMA secure_delete = FAST")
        return connection

    def open_plain(self) -> Connection:
        """A connection to a file that nobody else knows: a copy, or a restore under way."""
        return self._connect("rw", cache_kib=_WRITER_CACHE_KIB)

    def open_reader(self, *, cache_kib: int = _READER_CACHE_KIB) -> Connection:
        return self._connect("ro", cache_kib=cache_kib)
