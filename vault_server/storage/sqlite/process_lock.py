"""One server process per SQLite file: a lock that the kernel releases when the process ends, however it ends.

Two processes on one file would be two writers with two change counters. The lock lies beside the database (`<name>.lock`);
the file stays when the lock is released, because removing it would let two processes lock two different files.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from vault_server.errors import ConfigurationError

_POLL_S = 0.05


class ProcessLock:
    """Held from `acquire` to `release` or the end of the process."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._descriptor = -1

    def acquire(self, *, wait_s: float = 0.0) -> None:
        """Raises ConfigurationError if another process holds it still after `wait_s`."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_s
        while not _try_lock(descriptor):
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise ConfigurationError(
                    "another server process uses this database file", hint="stop it, or give this one a data folder of its own"
                )
            time.sleep(_POLL_S)
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
