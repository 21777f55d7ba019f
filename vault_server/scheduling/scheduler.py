"""Decides what runs, and that it runs once: the holder of the lease `scheduler` begins each slot in one transaction.

That transaction confirms the lease on the database's clock, reads the newest slot and inserts the one that is due, with the
lease's fencing number, before any work is done; so of all processes exactly one begins a slot, and one that was asleep while it
lost the lease begins nothing. A slot whose process died is closed as FAILED by the next holder and is not run again (the
following slot is), unless its work is repeatable: then the next holder does it. `tick` is called about once a second by the
timer, and by tests directly.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from vault_server.errors import VaultError
from vault_server.ports.store import Store, WriteView
from vault_server.usecases.recurring import Occasion, Recurring, recurring_work

LEASE = "scheduler"
LEASE_TTL_S = 15.0
RENEW_S = 5.0
DONE, FAILED, RUNNING = "DONE", "FAILED", "RUNNING"

Job = Callable[[Occasion], str]
_log = logging.getLogger(__name__)


class Scheduler:
    """One process's part in running the recurring work.

    Args:
        jobs: what a job name does with a slot; what it returns is kept beside the outcome.
        submit: runs a function of a job soon, on another thread.
        holder: who this process is; on an embedded database always the same name, because there is one process.
    """

    def __init__(
        self,
        *,
        store: Store,
        jobs: Mapping[str, Job],
        submit: Callable[[str, Callable[[], None]], None],
        holder: str,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._store = store
        self._jobs = dict(jobs)
        self._submit = submit
        self._holder = holder
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._fence = 0  # 0 while the lease is not held
        self._renewed_s = 0.0
        self._running: set[str] = set()
        self._stopped = False

    @property
    def holds_lease(self) -> bool:
        """Whether the lease is certainly held: the local clock counts from before it was asked for."""
        return self._fence != 0 and self._monotonic_s() - self._renewed_s < LEASE_TTL_S

    def tick(self) -> None:
        """Keep or take the lease, begin what is due. Never raises: the next tick tries again."""
        if self._stopped:
            return
        try:
            if not self.holds_lease or self._monotonic_s() - self._renewed_s >= RENEW_S:
                self._renew()
            if self.holds_lease:
                self._begin_due()
        except VaultError as error:
            _log.warning("scheduler.tick_failed", extra={"reason": error.reason})
        except Exception as error:  # outermost of the timer's thread: a dead timer would be silent
            _log.error("scheduler.tick_crashed", extra={"error": type(error).__name__})

    def stop(self) -> None:
        """Begin nothing more, tell running jobs to end, let another process take over at once."""
        self._stopped = True
        if self._fence and not self._running:
            self._release()

    def _release(self) -> None:
        self._fence = 0
        try:
            self._store.write(lambda view: view.scheduling.release(LEASE, self._holder))
        except VaultError as error:
            _log.warning("scheduler.release_failed", extra={"reason": error.reason})

    def _renew(self) -> None:
        asked_s = self._monotonic_s()
        gained = not self.holds_lease

        def work(view: WriteView) -> tuple[int, list[tuple[Recurring, int]]]:
            lease = view.scheduling.acquire(LEASE, self._holder, LEASE_TTL_S)
            if lease is None:
                return 0, []
            return lease.fence, self._settle_abandoned(view) if gained or lease.fence != self._fence else []

        fence, again = self._store.write(work)
        if bool(fence) != bool(self._fence):
            _log.info("scheduler.lease_taken" if fence else "scheduler.lease_lost", extra={"fence": fence})
        self._fence, self._renewed_s = fence, asked_s
        for one, slot_us in again:
            self._start(one, slot_us, fence)

    def _settle_abandoned(self, view: WriteView) -> list[tuple[Recurring, int]]:
        """Close the slots whose process died; those to begin again are returned."""
        again = []
        for one in recurring_work(view):
            last = view.scheduling.last_slot(one.name)
            if last is None or last[1] != RUNNING or one.name in self._running:
                continue
            if one.repeatable and self._may_run(one):
                again.append((one, last[0]))
            else:
                view.scheduling.finish_slot(one.name, last[0], FAILED)
        return again

    def _begin_due(self) -> None:
        with self._store.read() as view:
            due = [
                one
                for one in recurring_work(view)
                if self._may_run(one) and _due(view.now_us(), view.scheduling.last_slot(one.name), one)
            ]
        for one in due:
            slot = self._begin(one)
            if slot is not None:
                self._start(one, *slot)

    def _may_run(self, one: Recurring) -> bool:
        return not one.disabled and one.job in self._jobs and one.name not in self._running

    def _begin(self, one: Recurring) -> tuple[int, int] | None:
        """Insert the slot that is due; (slot, fence), or None if the lease is lost or another process was faster."""

        def work(view: WriteView) -> tuple[int, int] | None:
            lease = view.scheduling.acquire(LEASE, self._holder, LEASE_TTL_S)
            slot_us = _due(view.now_us(), view.scheduling.last_slot(one.name), one)
            if lease is None or slot_us is None or not view.scheduling.insert_slot(one.name, slot_us, lease.fence):
                return None
            return slot_us, lease.fence

        return self._store.write(work)

    def _start(self, one: Recurring, slot_us: int, fence: int) -> None:
        with self._lock:
            self._running.add(one.name)
        try:
            self._submit(one.job, lambda: self._run(one, slot_us, fence))
        except RuntimeError:  # the threads are being shut down: the next holder closes the slot
            self._running.discard(one.name)

    def _run(self, one: Recurring, slot_us: int, fence: int) -> None:
        def active() -> bool:
            return not self._stopped and self.holds_lease and self._fence == fence

        detail = ""
        try:
            detail = self._jobs[one.job](Occasion(name=one.name, slot_us=slot_us, active=active))
            outcome, reason = DONE, ""
        except VaultError as error:
            outcome, reason = FAILED, error.reason
        except Exception as error:  # outermost of the job's thread: the slot must not stay RUNNING
            outcome, reason = FAILED, type(error).__name__
        _log.info("schedule.ran", extra={"schedule": one.name, "slot_us": slot_us, "outcome": outcome, "reason": reason})
        try:
            self._store.write(lambda view: _finish(view, one.name, slot_us, f"{outcome} {detail or reason}".rstrip()))
        except VaultError as error:
            _log.warning("schedule.not_closed", extra={"schedule": one.name, "reason": error.reason})
        finally:
            with self._lock:
                self._running.discard(one.name)
            if self._stopped and not self._running:
                self._release()


def _due(now_us: int, last: tuple[int, str] | None, one: Recurring) -> int | None:
    return one.timing.due(None if last is None else last[0], now_us)


def _finish(view: WriteView, schedule: str, slot_us: int, outcome: str) -> None:
    """Close the slot, unless a later holder has closed it as abandoned already."""
    if view.scheduling.last_slot(schedule) == (slot_us, RUNNING):
        view.scheduling.finish_slot(schedule, slot_us, outcome)
