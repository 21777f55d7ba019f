"""The worker's loop: claim, execute, settle what became of it, wait, again.

Rules: a run that cannot be done ends as failed with a reason; one that was interrupted goes back to the queue; one that
somebody else has is left alone. A vault that is away is waited for, with growing pauses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

from analysis_worker.pipeline.errors import (
    LeaseLostError,
    RunFailureError,
    RunStoppedError,
    StopRequestedError,
    VaultAwayError,
)
from analysis_worker.pipeline.events import EventLog
from analysis_worker.pipeline.runner import Runner
from analysis_worker.pipeline.stopping import StopSignal
from analysis_worker.vault_io.claiming import RunQueue
from analysis_worker.vault_io.helping import Helper
from analysis_worker.vault_io.lease import Lease, LeaseKeeper
from analysis_worker.vault_io.leased_run import LeasedRun
from analysis_worker.vault_io.shared_cells import LeasedWorkers
from strongroom import Client

_LONGEST_PAUSE_S = 30.0
_LONGEST_MESSAGE = 500


class Outcome(Enum):
    """What became of one turn of the loop."""

    IDLE = "idle"
    COMMITTED = "committed"
    FAILED = "failed"
    LOST = "lost"
    HELPED = "helped"
    STOPPED = "stopped"
    AWAY = "away"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLoop:
    """Serves one vault until asked to end.

    Attributes:
        helper: helps with runs of others, and says by being there that others may help with runs of this worker.
    """

    client: Client
    queue: RunQueue
    runner: Runner
    stop: StopSignal
    log: EventLog
    clock: Callable[[], float]
    helper: Helper | None = None

    def serve(self, poll_s: float) -> Outcome:
        """Take runs until the process shall end, or the vault refuses this worker."""
        pause_s = poll_s
        while not self.stop.requested:
            outcome = self.turn()
            if outcome is Outcome.IDLE and self.helper is not None:
                outcome = self._help(self.helper)
            if outcome is Outcome.AWAY:
                self.stop.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            if outcome is Outcome.REFUSED:
                return outcome
            pause_s = poll_s
            if outcome is Outcome.IDLE:
                self.stop.wait(poll_s)
        return Outcome.STOPPED

    def turn(self) -> Outcome:
        """Take at most one run and bring it as far as it goes here."""
        claimed = self._claimed()
        return claimed if isinstance(claimed, Outcome) else self._lead(*claimed)

    def _help(self, helper: Helper) -> Outcome:
        """Help with another worker's run, until it is over or a run for this worker is there."""
        own: list[tuple[Lease, float]] = []

        def other_work() -> bool:
            claimed = self._claimed()
            if not isinstance(claimed, Outcome):
                own.append(claimed)
            return bool(own)

        try:
            helped = helper.help(other_work)
        except StopRequestedError:
            return Outcome.STOPPED
        except VaultAwayError as error:
            self.log.emit("vault_away", error=str(error))
            return Outcome.AWAY
        except (
            LeaseLostError,
            RunFailureError,
        ):  # a vault without cells, or a worker that may not help: not to be asked again now
            return Outcome.IDLE
        if own:
            return self._lead(*own[0])
        return Outcome.HELPED if helped else Outcome.IDLE

    def _claimed(self) -> tuple[Lease, float] | Outcome:
        claimed_at = self.clock()
        try:
            lease = self.queue.claim()
        except VaultAwayError as error:
            self.log.emit("vault_away", error=str(error))
            return Outcome.AWAY
        except LeaseLostError:  # somebody was faster
            return Outcome.IDLE
        except RunFailureError as error:
            self.log.emit("worker_refused", reason=error.reason)
            return Outcome.REFUSED
        return Outcome.IDLE if lease is None else (lease, claimed_at)

    def _lead(self, lease: Lease, claimed_at: float) -> Outcome:
        self.log.emit("run_claimed", run=lease.run.name, attempt=lease.run.attempts)
        keeper = LeaseKeeper(lease, partial(_beat, self.queue, lease), self.clock, self.log, claimed_at=claimed_at)
        with keeper:
            return self._settled(lease, partial(self._execute, lease, keeper))

    def _execute(self, lease: Lease, keeper: LeaseKeeper) -> None:
        def pause() -> None:
            keeper.check()
            self.stop.check()

        others = None if self.helper is None else LeasedWorkers(self.client, lease, keeper, self.stop, self.log, self.clock)
        self.runner.execute(lease.run, LeasedRun(self.client, lease, keeper, pause, others))

    def _settled(self, lease: Lease, execute: Callable[[], None]) -> Outcome:
        try:
            execute()
        except StopRequestedError:
            self._say("run_released", lease, "WORKER_STOPPED")
            self._quietly(partial(self.queue.give_back, lease, "WORKER_STOPPED", "the worker was asked to end"))
            return Outcome.STOPPED
        except LeaseLostError:
            self._say("run_left", lease, "LEASE_LOST")
            return Outcome.LOST
        except VaultAwayError as error:
            self._say("run_left", lease, str(error))
            self._quietly(partial(self.queue.give_back, lease, "VAULT_AWAY"))
            return Outcome.AWAY
        except RunFailureError as error:
            return self._failed(lease, error.reason, error.message)
        except Exception as error:  # whatever it is, the run must not be tried for ever; only the type is safe to say
            return self._failed(lease, "WORKER_FAILED", f"the worker failed with {type(error).__name__}")
        return Outcome.COMMITTED

    def _failed(self, lease: Lease, reason: str, message: str) -> Outcome:
        line = " ".join(message.split())[:_LONGEST_MESSAGE]
        self._say("run_failed", lease, reason)
        self._quietly(partial(self.queue.fail, lease, reason, line))
        return Outcome.FAILED

    def _quietly(self, call: Callable[[], None]) -> None:
        """The lease ends by itself if this fails too."""
        try:
            call()
        except RunStoppedError as error:
            self.log.emit("release_failed", error=type(error).__name__)

    def _say(self, event: str, lease: Lease, reason: str) -> None:
        self.log.emit(event, run=lease.run.name, reason=reason)


def _beat(queue: RunQueue, lease: Lease, progress: object, *, timeout_s: float) -> None:
    queue.beat(lease, progress, timeout_s)  # type: ignore[arg-type]  # LeaseKeeper passes RunProgress
