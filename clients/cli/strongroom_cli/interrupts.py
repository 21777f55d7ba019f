"""Ctrl-C while gRPC works: heard at once, raised nowhere.

Why. A KeyboardInterrupt can be raised inside `threading.Condition.__enter__`, after the lock was taken and before the `with`
block began: the lock of a gRPC call is then held for ever, and closing the channel waits for ever.

Rules. Before a client is opened Ctrl-C raises KeyboardInterrupt, as always. From then on nothing is raised: a thread is woken
by the signal itself and closes the client, every call under way fails, and `heard` or `check` make a KeyboardInterrupt of it
where no lock is held; a block that waits for a person or reads a file says so (`raising`). What has not ended `GRACE_S` later,
or when Ctrl-C is pressed again, is ended from outside.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom import Client

GRACE_S = 10.0
_STOP = b"\0"


class Interrupts:
    """Listens for Ctrl-C for one command.

    Args:
        end: ends the process; called when it does not end by itself.
        grace_s: seconds that it has for that.

    Attributes:
        asked: whether Ctrl-C was pressed since a client was opened.
    """

    def __init__(self, end: Callable[[], None], *, grace_s: float = GRACE_S) -> None:
        self._end = end
        self._grace_s = grace_s
        self._holding = False
        self._raising = False
        self._clients: list[Client] = []
        self._wake: tuple[int, int] | None = None
        self.asked = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen until the block ends; where Ctrl-C is not ours (another thread, another handler, ignored) do nothing."""
        ours = threading.current_thread() is threading.main_thread()
        if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        readable, writable = os.pipe()
        os.set_blocking(writable, False)
        self._wake = (readable, writable)
        signal.signal(signal.SIGINT, self._note)
        before = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._leave(readable, writable)

    @contextmanager
    def holding(self, connect: Callable[[], Client]) -> Iterator[Client]:
        """Open a client and close it at the end; from now on Ctrl-C is not raised.

        Raises:
            KeyboardInterrupt: it was pressed meanwhile.
        """
        if self._wake is not None and not self._holding:
            self._holding = True
            threading.Thread(target=self._watch, args=(self._wake[0],), name="interrupts", daemon=True).start()
        with connect() as client:
            self._clients.append(client)
            self.check()
            yield client

    def check(self) -> None:
        """Raise where it is safe.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        if self.asked:
            raise KeyboardInterrupt

    @contextmanager
    def raising(self) -> Iterator[None]:
        """Raise at once while the block waits for a person or reads a file: nothing in it may touch gRPC.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed before or is.
        """
        self._raising = True
        try:
            self.check()
            yield
        finally:
            self._raising = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Whatever fails in the block after Ctrl-C fails because of it."""
        try:
            yield
        except Exception as error:
            if self.asked:
                raise KeyboardInterrupt from error
            raise

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = self._holding
        if self._raising or not self._holding:
            raise KeyboardInterrupt

    def _watch(self, readable: int) -> None:
        """Close on the first Ctrl-C; end the process on the second, or when it takes too long."""
        if not _pressed(readable):
            return
        self.asked = True
        timer = threading.Timer(self._grace_s, self._end)
        timer.daemon = True
        timer.start()
        for client in list(self._clients):
            with contextlib.suppress(Exception):  # a client that is closed at this moment by the command itself
                client.close()
        if _pressed(readable):
            self._end()
        timer.cancel()

    def _leave(self, readable: int, writable: int) -> None:
        """The thread ends by itself when it reads this; without one the pipe is closed here."""
        self._wake = None
        if self._holding:
            os.set_blocking(writable, True)
            os.write(writable, _STOP)
        else:
            os.close(readable)
        os.close(writable)


def _pressed(readable: int) -> bool:
    """Wait for Ctrl-C; False when nobody listens any more, and then the pipe is closed."""
    while True:
        told = os.read(readable, 1)
        if told in (b"", _STOP):
            os.close(readable)
            return False
        if told[0] == signal.SIGINT:
            return True
