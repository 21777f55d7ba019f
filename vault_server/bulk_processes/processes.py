"""The vault's side of bulk processes: starts them, lends them to streams, does without those that fail.

Rules. Processes are spawned, never forked, in the background, when the first large read or import begins; until one is ready,
and whenever none is idle, a stream does everything itself. One stream has a process at a time. A process that ends, is late or
says what is no answer is killed and reaped; another is started after a pause that doubles each time. Keys are lent for each
page and each chunk anew, and go over a socket pair only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from vault_server.bulk_processes.borrowed import BorrowedForChunks, BorrowedForPages
from vault_server.bulk_processes.page_frames import PageRequest
from vault_server.bulk_processes.process import START_S, BulkProcess
from vault_server.errors import VaultError
from vault_server.ports.lent_keys import KeyLender
from vault_server.ports.pages import PageHelper, Place
from vault_server.ports.secret import Secret

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0


class Emit(Protocol):
    """Logs an event."""

    def __call__(self, event: str, **facts: str | float | bool | None) -> None: ...


class BulkProcesses:
    """`ports.pages.PageHelpers` and `ports.chunks.ChunkHelpers` over processes.

    Args:
        count: how many there may be.
        url: of the store.
        default_region: of phone numbers without a country code, or "".

    Attributes:
        pages_made: how many pages were taken from processes so far.
        chunks_made: how many prepared chunks of imports.
    """

    def __init__(
        self,
        count: int,
        *,
        url: Secret,
        default_region: str,
        lender: KeyLender,
        monotonic_s: Callable[[], float],
        emit: Emit,
    ) -> None:
        self.pages_made = 0
        self.chunks_made = 0
        self._url = url
        self._region = default_region
        self._lender = lender
        self._monotonic_s = monotonic_s
        self._emit = emit
        self._lock = threading.Lock()
        self._idle: list[BulkProcess] = []
        self._missing = count
        self._starting: threading.Thread | None = None
        self._pause_s = FIRST_PAUSE_S
        self._not_before_s = 0.0
        self._closed = False

    def prepare(self) -> None:
        with self._lock:
            due = self._monotonic_s() >= self._not_before_s
            if self._closed or not self._missing or self._starting is not None or not due:
                return
            self._starting = threading.Thread(target=self._start, name="bulk-process-start", daemon=True)
            self._starting.start()

    @contextmanager
    def borrow(self, tenant: str, plan: bytes, run_id: bytes, sealed_key: bytes) -> Iterator[PageHelper | None]:
        process = self._take_idle()
        if process is None:
            self.prepare()
            yield None
            return

        def lend(number: int, after: Place, end: Place) -> PageRequest:
            keys = self._lender.lend(tenant, run_id=run_id, sealed_key=sealed_key)
            return PageRequest(number=number, tenant=tenant, plan=plan, after=after, end=end, keys=keys)

        borrowed = BorrowedForPages(process, lend)
        try:
            yield borrowed
        finally:
            borrowed.forget()
            self._give_back(process, pages=borrowed.made, broken=borrowed.broken)

    def borrow_for_import(self) -> BorrowedForChunks | None:
        process = self._take_idle()
        if process is None:
            self.prepare()
            return None
        return BorrowedForChunks(process, self._lender, self._take_back)

    def _take_back(self, borrowed: BorrowedForChunks) -> None:
        self._give_back(borrowed.process, chunks=borrowed.made, broken=borrowed.broken)

    def close(self) -> None:
        """End every process. Those in use end with their streams."""
        with self._lock:
            self._closed = True
            idle, self._idle, starting = self._idle, [], self._starting
        for process in idle:
            process.end()
        if starting is not None:
            starting.join(START_S)

    def pids(self) -> list[int]:
        """Of the processes that wait for work."""
        with self._lock:
            return [process.pid for process in self._idle]

    def _take_idle(self) -> BulkProcess | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _give_back(self, process: BulkProcess, *, pages: int = 0, chunks: int = 0, broken: bool) -> None:
        with self._lock:
            self.pages_made += pages
            self.chunks_made += chunks
            if (pages or chunks) and not broken:
                self._pause_s = FIRST_PAUSE_S
            keep = not broken and not self._closed
            if keep:
                self._idle.append(process)
        if not keep:
            process.end(at_once=broken)
        if broken:
            self._emit("bulk_process_lost")
            self._missed()

    def _start(self) -> None:
        """Start one process; on a thread of its own."""
        try:
            process = BulkProcess(self._url, self._region)
        except (VaultError, OSError) as error:
            self._emit("bulk_process_not_started", error=type(error).__name__)
            self._started(None)
            return
        self._started(process)

    def _started(self, process: BulkProcess | None) -> None:
        with self._lock:
            self._starting = None
            keep = process is not None and not self._closed
            if process is not None and keep:
                self._missing -= 1
                self._idle.append(process)
            elif process is None:
                self._pause()
        if process is not None and not keep:
            process.end()

    def _missed(self) -> None:
        with self._lock:
            self._missing += 1
            self._pause()

    def _pause(self) -> None:
        self._not_before_s = self._monotonic_s() + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
