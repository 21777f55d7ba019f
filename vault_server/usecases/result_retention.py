"""Removes results of old runs, so that nightly runs do not fill the disk: the scheduler's own work, once a day.

Rules. Of every step the newest runs keep their results, as many as the configuration says; results that are seen are kept
whatever their age. A run is marked first (`prune_time`), under the locks that an undo takes, and is then neither undone to, put
back, compared nor listed; its rows go afterwards, page by page, and a removal that was cut off goes on the next day. Its report
and its commits stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from strongroom.api.v1.analysis_service_pb2 import Run, RunState
from vault_server.ports.runs import RunRow
from vault_server.ports.store import ReadView, Store, WriteView
from vault_server.usecases.call import timestamp
from vault_server.usecases.recurring import Occasion
from vault_server.usecases.runs import changed

_PAGE_RUNS, _PAGE_RESULTS = 200, 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRetention:
    """The job of the scheduler that removes results.

    Attributes:
        keep_runs: of each step so many newest runs keep theirs; 0 keeps all.
    """

    store: Store
    keep_runs: int

    def run(self, occasion: Occasion) -> str:
        """Remove what is not kept any more; how many runs were concerned."""
        if self.keep_runs <= 0:
            return ""
        with self.store.read() as view:
            tenants = view.access.tenants()
        pruned = sum(self.prune(tenant, occasion) for tenant in tenants)
        return f"{pruned} runs" if pruned else ""

    def prune(self, tenant: str, occasion: Occasion) -> int:
        """Remove what is not kept of one tenant; how many runs were concerned."""
        return sum(self._prune(row, occasion) for row in self._old(tenant))

    def _old(self, tenant: str) -> list[RunRow]:
        """Runs behind the newest of each of their steps; those that were marked before are among them."""
        newer: Counter[str] = Counter()
        old = []
        for row in self._succeeded(tenant):
            steps = [step.step for step in Run.FromString(row.payload).steps]
            if all(newer[step] >= self.keep_runs for step in steps):
                old.append(row)
            newer.update(steps)
        return old

    def _succeeded(self, tenant: str) -> Iterator[RunRow]:
        """The newest first."""
        before = b""
        while True:
            with self.store.read() as view:
                rows = view.runs.runs(tenant, before=before, limit=_PAGE_RUNS)
            yield from (row for row in rows if row.state == RunState.RUN_STATE_SUCCEEDED)
            if len(rows) < _PAGE_RUNS:
                return
            before = rows[-1].run_id

    def _prune(self, row: RunRow, occasion: Occasion) -> bool:
        """Whether there was anything to remove."""
        if not occasion.active() or not self._last_of_page(row):
            return False
        if not self.store.write(lambda view: _marked(view, row)):
            return False
        while occasion.active() and (last := self._last_of_page(row)):
            self._drop(row, last)
        return True

    def _last_of_page(self, row: RunRow) -> bytes:
        """The last customer of the next page of results, b"" if there are none."""
        with self.store.read() as view:
            rows = view.records.derived_scan(row.tenant, row.run_id, after=b"", limit=_PAGE_RESULTS)
        return rows[-1].customer_id if rows else b""

    def _drop(self, row: RunRow, last: bytes) -> None:
        self.store.write(lambda view: view.runs.drop_results(row.tenant, row.run_id, through_customer=last))


def _marked(view: WriteView, row: RunRow) -> bool:
    """Mark the run; False if its results are seen."""
    locked = view.runs.lock_run(row.tenant, row.run_id)
    if locked is None:
        return False
    run = Run.FromString(locked.payload)
    steps = [step.step for step in run.steps]
    view.runs.lock_steps(row.tenant, steps)
    if any(_is_seen(view, row, step) for step in steps):
        return False
    if not run.HasField("prune_time"):
        run.prune_time.CopyFrom(timestamp(view.now_us()))
        view.runs.update_run(changed(locked, run))
    return True


def _is_seen(view: ReadView | WriteView, row: RunRow, step: str) -> bool:
    standing = view.runs.standing_commits(row.tenant, step, limit=1)
    return bool(standing) and standing[0].run_id == row.run_id
