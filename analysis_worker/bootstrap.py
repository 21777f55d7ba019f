"""The worker's composition root: signals, limits of the process, connection, runner, loop."""

from __future__ import annotations

import ctypes
import resource
import signal
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TextIO

from analysis_worker.pipeline.adapters.registry import known_steps
from analysis_worker.pipeline.errors import StopRequestedError
from analysis_worker.pipeline.events import EventLog
from analysis_worker.pipeline.execution import Surroundings
from analysis_worker.pipeline.runner import Runner
from analysis_worker.pipeline.stopping import StopSignal
from analysis_worker.references import NO_REFERENCES, load_references
from analysis_worker.vault_io.claiming import RunQueue
from analysis_worker.vault_io.connection import connect_worker, worker_profile
from analysis_worker.vault_io.helping import Helper
from analysis_worker.vault_io.serving import Outcome, WorkerLoop
from strongroom.errors import ConfigurationError

_EXIT_CODES = {Outcome.FAILED: 1, Outcome.LOST: 1, Outcome.REFUSED: 1, Outcome.AWAY: 4}
_CONFIGURATION_EXIT = 3
_PR_SET_DUMPABLE = 4  # of prctl(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """What the command line decides.

    Attributes:
        profile: name of the profile, "" for the worker's own.
        once: take at most one run.
        poll_s: seconds between looks at the queue.
        lease_s: seconds that a lease holds without a heartbeat.
        threads: how many a step may use.
        references: file that says which reference tables runs may join, "" for none.
    """

    profile: str
    once: bool
    poll_s: float
    lease_s: int
    threads: int
    references: str


def run_worker(settings: WorkerSettings, *, log_to: TextIO) -> int:
    """Serve until SIGTERM or SIGINT, or for one run; returns the exit code."""
    log = EventLog(log_to, _now)
    forbid_core_dumps()
    stop = StopSignal()
    _install(stop)
    try:
        with connect_worker(worker_profile(settings.profile)) as client:
            steps = known_steps(load_references(Path(settings.references)) if settings.references else NO_REFERENCES)
            runner = Runner(
                steps=steps,
                around=Surroundings(stop=stop, log=log, threads=settings.threads, monotonic=time.monotonic, now=_now),
            )
            loop = WorkerLoop(
                client=client,
                queue=RunQueue(client, tuple(steps), settings.lease_s),
                runner=runner,
                stop=stop,
                log=log,
                clock=time.monotonic,
                helper=Helper(client=client, runner=runner, steps=tuple(steps), stop=stop, log=log, clock=time.monotonic),
            )
            log.emit("worker_started", once=settings.once)
            code = _serve(loop, settings)
            log.emit("worker_ended", exit_code=code)
            return code
    except ConfigurationError as error:
        log.emit("configuration_error", reason=error.reason, message=str(error))
        return _CONFIGURATION_EXIT
    except StopRequestedError:  # between two runs
        return 0


def _serve(loop: WorkerLoop, settings: WorkerSettings) -> int:
    outcome = loop.turn() if settings.once else loop.serve(settings.poll_s)
    return _EXIT_CODES.get(outcome, 0)


def forbid_core_dumps() -> None:
    """No file and no crash reporter gets the memory of this process: it holds customers in plain text.

    The limit keeps the kernel from writing a file; a program named in `core_pattern` gets the memory whatever the limit says,
    unless the process is not dumpable, which also keeps debuggers of the same user out.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    control = getattr(ctypes.CDLL(None), "prctl", None)
    if control is not None:  # Linux
        control(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _install(stop: StopSignal) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.request()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def _now() -> datetime:
    return datetime.now(UTC)
