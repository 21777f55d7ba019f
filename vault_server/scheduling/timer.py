"""The timer: APScheduler with its memory store, ticking a `Scheduler`, and a thread a job, so that none waits for another.

Nothing about a job is in APScheduler: nothing is stored, nothing pickled. A tick that comes late, or while the one before still
runs, is merged into the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from apscheduler.executors.pool import ThreadPoolExecutor as TickThread
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from vault_server.ports.store import Store
from vault_server.scheduling.scheduler import Job, Scheduler

TICK_S = 1.0


class SchedulingService:
    """Recurring work of this process, from `start` to `stop`."""

    def __init__(
        self, *, store: Store, jobs: Mapping[str, Job], holder: str, monotonic_s: Callable[[], float], tick_s: float = TICK_S
    ) -> None:
        self._jobs = {job: ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"scheduled-{job}") for job in jobs}
        self._scheduler = Scheduler(store=store, jobs=jobs, submit=self._submit, holder=holder, monotonic_s=monotonic_s)
        self._timer = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()}, executors={"default": TickThread(1)}, timezone="UTC", daemon=True
        )
        self._timer.add_job(
            self._scheduler.tick, "interval", seconds=tick_s, max_instances=1, coalesce=True, misfire_grace_time=None
        )

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        """Return when nothing scheduled runs any more. Jobs are told to end; idempotent."""
        if self._timer.running:
            self._timer.shutdown(wait=True)
        self._scheduler.stop()
        for thread in self._jobs.values():
            thread.shutdown(wait=True)

    def _submit(self, job: str, work: Callable[[], None]) -> None:
        self._jobs[job].submit(work)
