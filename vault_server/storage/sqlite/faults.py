"""What a driver error means for the vault.

Rules. Messages are ours: SQLite's own name tables at most, but a cause is cut off all the same, so that nothing of a
statement can travel. An I/O error or a damaged file is final: after a failed fsync a page may be marked clean that never
reached the disk, so nothing read from here on can be trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from vault_server.errors import AlreadyExistsError, IntegrityError, StorageFullError, UnavailableError, VaultError

_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _CONSTRAINT, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 19, 26
_DAMAGED = frozenset({_CORRUPT, _NOTADB})


class DatabaseApi(Protocol):
    """The part of the driver module that is used."""

    Error: type[Exception]
    sqlite_version: str

    def connect(self, database: str, **options: object) -> Any: ...  # the driver ships no types


class StorageBrokenError(IntegrityError):
    """The disk or the file failed; the store refuses everything from here on."""

    reason = "STORAGE_BROKEN"


def translate(error: Exception) -> VaultError:
    code = int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
    if code == _CONSTRAINT:
        return AlreadyExistsError("a row with this key exists")
    if code == _FULL:
        return StorageFullError("the disk of the database is full", hint="free disk space; nothing of the call was kept")
    if code in (_BUSY, _LOCKED):
        return UnavailableError("the database is busy", hint="try again")
    if code in _DAMAGED:
        return StorageBrokenError("the database file is damaged", hint="restore the newest backup")
    if code == _IOERR:
        return StorageBrokenError("the disk of the database failed", hint="check the disk, then restart or restore")
    if code in (_READONLY, _CANTOPEN):
        return UnavailableError("the database file cannot be opened or written", hint="check its path and permissions")
    # No text of the driver: it may name what a caller sent.
    return UnavailableError(f"the database refused a statement (SQLite code {code})", reason="STORAGE_FAULT")


@contextmanager
def translating(driver: DatabaseApi) -> Iterator[None]:
    try:
        yield
    except driver.Error as error:
        raise translate(error) from None
