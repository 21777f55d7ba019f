"""A worker without a run of its own helps with another's: joins it, takes over what its cells are computed from, does cells.

Rules: a run of its own comes first, also while a helper waits; whatever goes wrong with helping is no fault of the run, which
goes on without this worker; a run whose data looks different from here is not joined again. A helper reads no customer by
itself, and one that dies leaves nothing behind but a claim that runs out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis_worker.engines.workers import Help
from analysis_worker.pipeline.errors import LeaseLostError, RunFailureError, StopRequestedError, VaultAwayError
from analysis_worker.pipeline.events import EventLog
from analysis_worker.pipeline.runner import Runner
from analysis_worker.pipeline.stopping import StopSignal
from analysis_worker.vault_io import handover
from analysis_worker.vault_io.lease import Lease
from analysis_worker.vault_io.sdk_errors import run_errors
from strongroom.api.v1.cell_service_pb2 import ClaimCellResponse

if TYPE_CHECKING:
    from strongroom import Client

_POLL_S = 0.05
_LOOK_AROUND_S = 2.0


class _Looking:
    """Looks for other work now and then, while there is nothing to do here."""

    def __init__(self, clock: Callable[[], float], other_work: Callable[[], bool]) -> None:
        self._clock = clock
        self._other_work = other_work
        self._looked_at = clock()

    def busy(self) -> None:
        self._looked_at = self._clock()

    def found(self) -> bool:
        if self._clock() - self._looked_at <= _LOOK_AROUND_S:
            return False
        self._looked_at = self._clock()
        return self._other_work()


@dataclass(slots=True, kw_only=True)
class Helper:
    """Helps with runs of one vault.

    Attributes:
        steps: what this worker can do.
        other_work: whether this worker found something else to do, which it then does when the helping has ended.
    """

    client: Client
    runner: Runner
    steps: Sequence[str]
    stop: StopSignal
    log: EventLog
    clock: Callable[[], float]
    _declined: tuple[str, int] = field(default=("", 0), init=False)

    def help(self, other_work: Callable[[], bool]) -> bool:
        """Help with one run, if there is one; whether there was.

        Raises:
            StopRequestedError, VaultAwayError: in the middle of it, or before.
        """
        with run_errors():
            joined = self.client.cells.join(self.steps)
        if not joined.HasField("run") or (joined.run.name, joined.run.attempts) == self._declined:
            return False
        lease = Lease(run=joined.run, token=joined.help_token, lease_s=0.0)
        self.log.emit("run_joined", run=lease.run.name, step=joined.step)
        done: dict[str, int] = {}
        try:
            self._cells(lease, joined.step, other_work, done)
        except LeaseLostError:  # the leader needs no help any more, or is gone
            self._left(lease, "HELP_OVER", done)
        except (StopRequestedError, VaultAwayError) as error:
            self._left(lease, type(error).__name__, done)
            raise
        except RunFailureError as error:
            self._decline(lease, error.reason, done)
        except Exception as error:  # whatever it is, the leader does it alone; only the type is safe to say
            self._decline(lease, type(error).__name__, done)
        else:
            self._left(lease, "OTHER_WORK", done)
        return True

    def _cells(self, lease: Lease, step: str, other_work: Callable[[], bool], done: dict[str, int]) -> None:
        looking = _Looking(self.clock, other_work)
        if not self._handed_over(lease, step, looking):
            return
        with run_errors():
            payload = handover.taken_over(self.client, lease.run.name, lease.token, self.stop.check)
        with self.runner.helping(lease.run, step, payload) as help_:
            del payload
            setups: dict[bytes, bytes] = {}
            while True:
                self.stop.check()
                with run_errors():
                    answer = self.client.cells.claim(lease.run.name, lease.token, known_digest=next(reversed(setups), b""))
                if answer.claimed:
                    self._do(lease, help_, answer, setups)
                    done[answer.grid] = done.get(answer.grid, 0) + 1
                    looking.busy()
                elif looking.found():
                    return
                else:
                    self.stop.wait(_POLL_S)

    def _handed_over(self, lease: Lease, step: str, looking: _Looking) -> bool:
        """Wait until the leader has handed over; False if there is other work before."""
        with run_errors():
            handover.ask(self.client, lease.run.name, lease.token)
        self.runner.get_ready(step)
        while True:
            self.stop.check()
            with run_errors():
                if handover.is_there(self.client, lease.run.name, lease.token):
                    return True
            if looking.found():
                return False
            self.stop.wait(_POLL_S)

    def _do(self, lease: Lease, help_: Help, cell: ClaimCellResponse, setups: dict[bytes, bytes]) -> None:
        if cell.digest not in setups:
            if not help_.accepts(cell.setup):
                raise RunFailureError("OTHER_DATA", "this worker sees other data than the run's leader")
            if not setups:
                self.log.emit("cells_begun", run=lease.run.name, grid=cell.grid)
            setups.clear()
            setups[cell.digest] = cell.setup
        with self.stop.interruptible():
            result = help_.do(cell.grid, setups[cell.digest], cell.task)
        with run_errors():
            self.client.cells.write(
                lease.run.name, lease.token, grid=cell.grid, digest=cell.digest, cell=cell.cell, result=result
            )

    def _decline(self, lease: Lease, reason: str, done: Mapping[str, int]) -> None:
        self._declined = (lease.run.name, lease.run.attempts)
        self._left(lease, reason, done)

    def _left(self, lease: Lease, reason: str, done: Mapping[str, int]) -> None:
        self.log.emit(
            "help_ended", run=lease.run.name, reason=reason, **{f"cells_{grid}": count for grid, count in done.items()}
        )
