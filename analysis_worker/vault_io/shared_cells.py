"""Other workers that help with a step, through the vault: the leader's side of grids and cells.

Rules: every call is made under the run's lease and stops no step in the middle; a vault that knows no cells means that nobody
helps, not that the run fails. What cells are computed from is handed over once somebody asks for it. Nobody is waited for
long: a cell that another worker has had for more than twice as long as any took here, while nothing else was left to do, is
done here, and whichever result comes first stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analysis_worker.engines.workers import GridOffer
from analysis_worker.pipeline.errors import LeaseLostError, RunFailureError
from analysis_worker.pipeline.events import EventLog
from analysis_worker.pipeline.stopping import StopSignal
from analysis_worker.vault_io import handover
from analysis_worker.vault_io.lease import Keeper, Lease
from analysis_worker.vault_io.sdk_errors import run_errors

if TYPE_CHECKING:
    from strongroom import Client

_TASK_BYTES_MAX = 2 << 20
_POLL_S = 0.05
_PATIENCE_S = 1.0
_PATIENCE_CELLS = 2.0


class LeasedWorkers:
    """`engines.workers.Workers` for one step of a leased run.

    Args:
        client: the SDK.
        lease: the claimed run.
        keeper: knows whether the lease holds.
        stop: the wish to end, which is put off during a call.
        log: is told how many cells were done where.
        clock: monotonic seconds.
    """

    def __init__(
        self, client: Client, lease: Lease, keeper: Keeper, stop: StopSignal, log: EventLog, clock: Callable[[], float]
    ) -> None:
        self.client = client
        self.log = log
        self.lease = lease
        self.stop = stop
        self.clock = clock
        self._keeper = keeper
        self._handed_over = b""

    def invite(self, step: str) -> bool:
        """Say that helpers may join for the step; False if the vault has no such thing."""
        run, token = self.lease.run.name, self.lease.token
        self._handed_over = b""
        try:
            with self.call():
                if step:
                    handover.announce(self.client, run, token)
                self.client.cells.share(run, token, step=step)
        except RunFailureError:
            return False
        return True

    def dismiss(self) -> None:
        self.invite("")

    def hand_over(self, digest: bytes, make: Callable[[], bytes]) -> None:
        run, token = self.lease.run.name, self.lease.token
        if self._handed_over == digest:
            return
        with self.call():
            asked = handover.is_asked_for(self.client, run, token)
        if not asked:
            return
        pieces = handover.pieces_of(make())
        grid = self.open(GridOffer(name=handover.BASIS, digest=digest, setup=b"", cells_max=len(pieces)))
        grid.add([b""] * len(pieces))
        for number in reversed(range(len(pieces))):
            grid.finish(number, pieces[number])
        self._handed_over = digest
        self.log.emit("handed_over", run=run, bytes=sum(map(len, pieces)))

    def open(self, offer: GridOffer) -> LeasedGrid:
        return LeasedGrid(self, offer)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around each call: the lease is looked at before, and a wish to end is heard behind."""
        self._keeper.check()
        try:
            with self.stop.deferred(), run_errors():
                yield
        except LeaseLostError:
            self._keeper.lose()
            raise


class LeasedGrid:
    """`engines.workers.SharedGrid` for one grid of a leased run."""

    def __init__(self, workers: LeasedWorkers, offer: GridOffer) -> None:
        self._workers = workers
        self._cells = workers.client.cells
        self._run, self._token = workers.lease.run.name, workers.lease.token
        self._offer = offer
        self._added = 0
        self._own = 0
        self._opened_at = workers.clock()
        self._taken_at = 0.0
        self._longest_s = 0.0
        self._known: set[int] = set()
        self._publish([])

    def add(self, tasks: Sequence[bytes]) -> None:
        for batch in _batched(tasks):
            self._publish(batch)

    def take(self) -> int | None:
        waiting_since = self._workers.clock()
        while True:
            with self._workers.call():
                answer = self._cells.claim(self._run, self._token, grid=self._offer.name, without_task=True)
                finished = frozenset(
                    () if answer.claimed else self._cells.finished(self._run, self._token, grid=self._offer.name)
                )
            cell = answer.cell if answer.claimed else next((one for one in range(self._added) if one not in finished), None)
            now = self._workers.clock()
            if answer.claimed or cell is None or now - waiting_since > max(_PATIENCE_S, _PATIENCE_CELLS * self._longest_s):
                self._taken_at = now
                if cell is None:
                    self._say_done()
                return cell
            self._workers.stop.wait(_POLL_S)
            self._workers.stop.check()

    def finish(self, cell: int, result: bytes) -> None:
        self._longest_s = max(self._longest_s, self._workers.clock() - self._taken_at)
        self._own += 1
        self._known.add(cell)
        with self._workers.call():
            self._cells.write(
                self._run, self._token, grid=self._offer.name, digest=self._offer.digest, cell=cell, result=result
            )

    def finished_elsewhere(self) -> Sequence[int]:
        with self._workers.call():
            finished = self._cells.finished(self._run, self._token, grid=self._offer.name)
        fresh = [cell for cell in finished if cell not in self._known]
        self._known.update(fresh)
        return fresh

    def result(self, cell: int) -> bytes:
        with self._workers.call():
            return self._cells.result(self._run, self._token, grid=self._offer.name, cell=cell)

    def _say_done(self) -> None:
        seconds = round(self._workers.clock() - self._opened_at, 3)
        self._workers.log.emit(
            "cells_done", run=self._run, grid=self._offer.name, cells=self._added, here=self._own, seconds=seconds
        )

    def _publish(self, tasks: Sequence[bytes]) -> None:
        with self._workers.call():
            self._cells.publish(
                self._run,
                self._token,
                grid=self._offer.name,
                digest=self._offer.digest,
                cells=self._offer.cells_max,
                setup=self._offer.setup,
                first=self._added,
                tasks=tasks,
            )
        self._added += len(tasks)


def _batched(tasks: Sequence[bytes]) -> Iterator[list[bytes]]:
    """In order, so many at once as a call may carry; a single task always may."""
    batch: list[bytes] = []
    for task in tasks:
        if batch and sum(map(len, batch)) + len(task) > _TASK_BYTES_MAX:
            yield batch
            batch = []
        batch.append(task)
    if batch:
        yield batch
