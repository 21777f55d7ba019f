"""The vault's side of page processes: starts them, lends them to streams, does without those that fail.

Rules. Processes are spawned, never forked, in the background, when the first large read begins; until one is ready, and
whenever none is idle, a stream makes its pages itself. One stream has a process at a time. A process that ends, is late or says
what is no answer is killed and reaped; another is started after a pause that doubles each time. Keys are lent for each page
anew, and go over a socket pair only.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from vault_server.errors import VaultError
from vault_server.page_processes import frames
from vault_server.page_processes.frames import FrameError, FrameKind, PageRequest
from vault_server.ports.lent_keys import KeyLender
from vault_server.ports.pages import HelperLostError, PageHelper, Part, Place
from vault_server.ports.secret import Secret

START_S = 60.0
ANSWER_S = 30.0
END_S = 2.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0


class Emit(Protocol):
    """Logs an event."""

    def __call__(self, event: str, **facts: str | float | bool | None) -> None: ...


class PageProcess:
    """One process and the vault's end of its socket."""

    def __init__(self, url: Secret) -> None:
        self._connection, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "vault_server.page_processes", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command,
                env={name: value for name, value in os.environ.items() if not name.startswith("STRONGROOM_")},
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._numbers = 0
        self._connection.settimeout(START_S)
        try:
            frames.send(self._connection, FrameKind.OPEN, url.reveal())
            frames.require_ready(frames.receive(self._connection))
        except BaseException:
            self.end(at_once=True)
            raise
        self._connection.settimeout(ANSWER_S)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: Callable[[int], PageRequest]) -> int:
        """Send a request under a new number, which is returned."""
        self._numbers += 1
        frames.send_request(self._connection, request(self._numbers))
        return self._numbers

    def ready(self) -> bool:
        waiting = select.poll()
        waiting.register(self._connection, select.POLLIN)
        return bool(waiting.poll(0))

    def parts(self, number: int) -> Iterator[Part]:
        """The parts of one page, the first that was asked for and not taken.

        Raises:
            FrameError, OSError: the process is not to be used any more.
            HelperLostError: it refused this page.
        """
        while True:
            frame = frames.receive(self._connection)
            if frames.number_of(frame) != number:
                raise FrameError("an answer to another page")
            if frame.kind is FrameKind.DONE:
                return
            if frame.kind is FrameKind.REFUSED:
                raise HelperLostError("the page was refused")
            yield frames.part_of(frame)

    def end(self, *, at_once: bool = False) -> None:
        """Close the socket, which ends the process; kill it if it does not. Reaps it. Idempotent."""
        self._connection.close()
        if not at_once:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)
        self._process.kill()
        self._process.wait()


class _Borrowed:
    """`PageHelper`: a process with what one stream needs."""

    def __init__(self, process: PageProcess, lend: Callable[[int, Place, Place], PageRequest]) -> None:
        self.made = 0
        self._process = process
        self._lend = lend
        self._numbers: list[int] = []
        self.broken = False

    @property
    def waiting(self) -> int:
        return len(self._numbers)

    def ask(self, after: Place, end: Place) -> None:
        try:
            self._numbers.append(self._process.ask(lambda number: self._lend(number, after, end)))
        except OSError:
            self.broken = True
            raise HelperLostError("the page process is gone") from None

    def ready(self) -> bool:
        return self._process.ready()

    def take(self) -> Iterator[Part]:
        number = self._numbers.pop(0)
        try:
            yield from self._process.parts(number)
            self.made += 1
        except (FrameError, OSError):
            self.broken = True
            raise HelperLostError("the page process is gone") from None

    def forget(self) -> None:
        """Take what the stream no longer wants, so that nothing of it waits for the next one."""
        while self._numbers and not self.broken:
            with suppress(HelperLostError):
                for _ in self.take():
                    pass


class PageProcesses:
    """`ports.pages.PageHelpers` over processes.

    Attributes:
        pages_made: how many pages were taken from processes so far.
    """

    def __init__(self, count: int, *, url: Secret, lender: KeyLender, monotonic_s: Callable[[], float], emit: Emit) -> None:
        self.pages_made = 0
        self._url = url
        self._lender = lender
        self._monotonic_s = monotonic_s
        self._emit = emit
        self._lock = threading.Lock()
        self._idle: list[PageProcess] = []
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
            self._starting = threading.Thread(target=self._start, name="page-process-start", daemon=True)
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

        borrowed = _Borrowed(process, lend)
        try:
            yield borrowed
        finally:
            borrowed.forget()
            self._give_back(process, made=borrowed.made, broken=borrowed.broken)

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

    def _take_idle(self) -> PageProcess | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _give_back(self, process: PageProcess, *, made: int, broken: bool) -> None:
        with self._lock:
            self.pages_made += made
            if made and not broken:
                self._pause_s = FIRST_PAUSE_S
            keep = not broken and not self._closed
            if keep:
                self._idle.append(process)
        if not keep:
            process.end(at_once=broken)
        if broken:
            self._emit("page_process_lost")
            self._missed()

    def _start(self) -> None:
        """Start one process; on a thread of its own."""
        try:
            process = PageProcess(self._url)
        except (VaultError, OSError) as error:
            self._emit("page_process_not_started", error=type(error).__name__)
            self._started(None)
            return
        self._started(process)

    def _started(self, process: PageProcess | None) -> None:
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
