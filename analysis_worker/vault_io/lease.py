"""A lease and the thread that keeps it.

Rules: a beat every third of the lease; "lost" and "cancelled" are final; without an answer the lease is believed for as long
as the vault promised, counted from before the last good beat was sent, and not a moment longer. Nothing here stops the
runner: it asks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from analysis_worker.pipeline.errors import LeaseLostError, RunStoppedError
from analysis_worker.pipeline.events import EventLog
from analysis_worker.pipeline.ports import EarlierRun
from strongroom.api.v1.analysis_service_pb2 import Run, RunProgress

_BEATS_PER_LEASE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A claimed run. The token is a secret and stays out of every text."""

    run: Run
    token: str = field(repr=False)
    lease_s: float
    previous: EarlierRun | None = None


class Beat(Protocol):
    """Sends one heartbeat; raises LeaseLostError or another RunStoppedError."""

    def __call__(self, progress: RunProgress, *, timeout_s: float) -> None: ...


class Keeper(Protocol):
    """What is known of a lease."""

    def check(self) -> None:
        """Return if it holds; raise LeaseLostError if not."""
        ...

    def lose(self) -> None:
        """Note that another call was told that the lease is gone."""
        ...

    def tell(self, progress: RunProgress) -> None:
        """Send this with the next heartbeat."""
        ...


class LeaseKeeper:
    """Keeps one lease while its `with` block runs.

    Args:
        lease: what to keep.
        beat: sends a heartbeat.
        clock: monotonic seconds.
        claimed_at: the clock before the claim was sent.
    """

    def __init__(self, lease: Lease, beat: Beat, clock: Callable[[], float], log: EventLog, *, claimed_at: float) -> None:
        self._lease = lease
        self._beat = beat
        self._clock = clock
        self._log = log
        self._valid_until = claimed_at + lease.lease_s
        self._interval_s = lease.lease_s / _BEATS_PER_LEASE
        self._progress = RunProgress()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def check(self) -> None:
        """Return if the lease holds.

        Raises:
            LeaseLostError: it is lost, cancelled, or older than the vault promised.
        """
        if self._lost.is_set() or self._clock() >= self._valid_until:
            raise LeaseLostError

    def tell(self, progress: RunProgress) -> None:
        """Send this with the next beat, which comes at once."""
        with self._lock:
            self._progress.CopyFrom(progress)
        self._wake.set()

    def lose(self) -> None:
        """Note that another call was told that the lease is gone."""
        self._lost.set()

    def beat_once(self) -> None:
        """Send one heartbeat and note what it says."""
        with self._lock:
            progress = RunProgress.FromString(self._progress.SerializeToString())
        sent_at = self._clock()
        try:
            self._beat(progress, timeout_s=self._interval_s)
        except LeaseLostError:
            self.lose()
            self._log.emit("lease_lost", run=self._lease.run.name)
        except RunStoppedError as error:  # the vault may be back before the lease ends
            self._log.emit("heartbeat_missed", run=self._lease.run.name, error=type(error).__name__)
        else:
            self._valid_until = sent_at + self._lease.lease_s

    def _keep(self) -> None:
        while not self._lost.is_set():
            self._wake.wait(self._interval_s)
            self._wake.clear()
            if self._ended.is_set():
                return
            self.beat_once()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._wake.set()
        self._thread.join(self._interval_s * 2)
