"""The wish to end, from a signal: heard at once while a step computes, at the next point while a call is under way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from analysis_worker.pipeline.errors import StopRequestedError


class StopSignal:
    """Set by a signal handler in the main thread, read by the loop that runs there too."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._interruptible = False

    @property
    def requested(self) -> bool:
        return self._requested.is_set()

    def request(self) -> None:
        """Ask to end; raises StopRequestedError right here when a step computes."""
        self._requested.set()
        if self._interruptible:
            self._interruptible = False
            raise StopRequestedError

    def check(self) -> None:
        if self.requested:
            raise StopRequestedError

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until asked to end; returns whether that was."""
        return self._requested.wait(seconds)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Inside, the request waits until the block has ended: for a call in the middle of computing."""
        before, self._interruptible = self._interruptible, False
        try:
            yield
        finally:
            self._interruptible = before
        if before:
            self.check()

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        self._interruptible = True
        try:
            self.check()
            yield
        finally:
            self._interruptible = False
