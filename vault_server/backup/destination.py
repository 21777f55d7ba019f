"""Where a restore puts its rows: a place that is empty, is filled beside everything that runs, and is put in use at once.

An embedded database is filled as another file beside the real one, flushed, and renamed. A database server is filled in place:
it was empty, and what was loaded is removed again if anything is wrong.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from vault_server.errors import FailedPreconditionError, StorageFullError, UnavailableError, VaultError
from vault_server.ports.snapshot import SnapshotSink
from vault_server.ports.store import Store

CreateFresh = Callable[[str], SnapshotSink]
OpenStore = Callable[[str], Store]
_SIDE_FILES = ("-wal", "-shm", "-journal")


class Destination(Protocol):
    """An empty place for one restored vault. Use in the order of the methods."""

    def require_empty(self) -> None:
        """Raises FailedPreconditionError (reason NOT_EMPTY) if there is a vault, or anything else, in the place."""
        ...

    def fresh(self) -> SnapshotSink:
        """An empty store of the present schema; nobody uses it yet."""
        ...

    def opened(self) -> AbstractContextManager[Store]:
        """The loaded store, after its sink was finished."""
        ...

    def swap_in(self) -> None:
        """Put the loaded store in use, durably; it is there whole or not at all."""
        ...

    def discard(self) -> None:
        """Remove what was loaded. Harmless when there is nothing, never touches what was swapped in."""
        ...


class FileDestination:
    """A new SQLite database at `path`. Of two restores into one place the second is refused."""

    def __init__(self, path: Path, *, create_fresh: CreateFresh, open_store: OpenStore) -> None:
        self._path = path
        self._staged = path.with_name(f"{path.name}.restoring")
        self._create_fresh = create_fresh
        self._open_store = open_store
        self._lock = -1

    def require_empty(self) -> None:
        for path in _with_side_files(self._path):
            if path.exists() or path.is_symlink():
                raise FailedPreconditionError(
                    f"there is a database already: {path}",
                    reason="NOT_EMPTY",
                    hint="A restore never overwrites: move the data folder away or restore into another one.",
                )

    def fresh(self) -> SnapshotSink:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._take_lock()
        except OSError as error:
            raise UnavailableError(f"the data folder cannot be used: {error.strerror}") from None
        self._remove_staged()  # what a killed restore left
        return self._create_fresh(_sqlite_url(self._staged))

    @contextmanager
    def opened(self) -> Iterator[Store]:
        store = self._open_store(_sqlite_url(self._staged))
        try:
            yield store
        finally:
            store.close()

    def swap_in(self) -> None:
        left = [path for path in _with_side_files(self._staged)[1:] if path.exists() and path.stat().st_size]
        if left:
            raise UnavailableError("the restored database was not closed cleanly", hint="Run the restore again.")
        self.require_empty()
        try:
            _flush(self._staged)
            self._path.hardlink_to(self._staged)  # unlike rename, never overwrites
            self._staged.unlink()
            _flush(self._path.parent)
        except FileExistsError:
            self.require_empty()
            raise
        except OSError as error:
            raise _translated(error) from None
        self.discard()

    def discard(self) -> None:
        if self._lock >= 0:
            self._remove_staged()
            os.close(self._lock)
            self._lock = -1

    def _take_lock(self) -> None:
        """Until `discard`, or the end of the process, however it ends."""
        descriptor = os.open(
            self._path.with_name(f"{self._path.name}.restore-lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FailedPreconditionError("another restore into this place is running", reason="RESTORE_RUNNING") from None
        self._lock = descriptor

    def _remove_staged(self) -> None:
        for path in self._staged.parent.glob(f"{glob.escape(self._staged.name)}*"):  # its side files and the sink's own
            path.unlink(missing_ok=True)


class ServerDestination:
    """An empty database of a PostgreSQL server."""

    def __init__(
        self,
        url: str,
        *,
        create_fresh: CreateFresh,
        open_store: OpenStore,
        is_empty: Callable[[str], bool],
        drop: Callable[[str], None],
    ) -> None:
        self._url = url
        self._create_fresh = create_fresh
        self._open_store = open_store
        self._is_empty = is_empty
        self._drop = drop
        self._loaded = False

    def require_empty(self) -> None:
        if not self._is_empty(self._url):
            raise FailedPreconditionError(
                "the database is not empty",
                reason="NOT_EMPTY",
                hint="A restore never overwrites: give it an empty database.",
            )

    def fresh(self) -> SnapshotSink:
        return self._create_fresh(self._url)

    @contextmanager
    def opened(self) -> Iterator[Store]:
        self._loaded = True  # only from here on is what lies there certainly ours: until then the sink undoes itself
        store = self._open_store(self._url)
        try:
            yield store
        finally:
            store.close()

    def swap_in(self) -> None:
        self._loaded = False

    def discard(self) -> None:
        if self._loaded:
            self._drop(self._url)
            self._loaded = False


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def _with_side_files(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + suffix) for suffix in _SIDE_FILES)]


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _translated(error: OSError) -> VaultError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFullError("the disk is full", hint="Make room and run the restore again.")
    return UnavailableError(f"the restored database cannot be put in its place: {error.strerror}")
