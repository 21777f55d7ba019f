"""Cells: how several workers do one step of a run together.

The worker with the run's lease leads: it takes helpers, publishes grids and collects results. Helpers claim cells and write
results. Rules: every call is fenced by the run's lease, a helper's too; a result is accepted only for the grid that it was
computed for; tasks and results are sealed under the tenant's RUN key, bound to run, grid and cell, and go with the run.

What helpers compute from, the leader hands over as the results of one grid, `BASIS`. These alone hold customers' values: they
go as soon as no help is wanted, and with the erasure of any customer of the tenant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from strongroom.api.v1.analysis_service_pb2 import Run
from strongroom.api.v1.cell_service_pb2 import (
    ClaimCellRequest,
    ClaimCellResponse,
    JoinRunRequest,
    JoinRunResponse,
    PublishCellsRequest,
    ShareRunRequest,
    WriteCellRequest,
)
from vault_server.errors import ConflictError, InvalidArgumentError, NotFoundError, PermissionDeniedError
from vault_server.ports.cells import GridRow, TakenCell
from vault_server.ports.runs import RunRow
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call
from vault_server.usecases.run_help import RunHelp
from vault_server.usecases.run_leases import digest_of, led
from vault_server.usecases.step_fields import fields_of_step
from vault_server.usecases.vault import Vault
from vault_server.usecases.worker_runs import WorkerRuns

MAX_CELLS, MAX_CELL_BYTES = 100_000, 2 << 20
CLAIM_S = 60
"""How long a claim keeps other helpers off a cell. Who leads need not wait for it: it may do any cell itself."""
BASIS = "basis"
"""The grid whose results are what helpers compute from."""
_GRID = re.compile(r"[a-z][a-z0-9-]{0,62}")
_DIGEST_BYTES = range(16, 65)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What leaders and helpers ask."""

    worker_runs: WorkerRuns
    help: RunHelp

    @property
    def vault(self) -> Vault:
        return self.worker_runs.vault

    def share(self, call: Call, request: ShareRunRequest) -> None:
        """Take helpers for a step from now on, or none any more.

        Raises:
            InvalidArgumentError: the run has no such step.
        """
        call.audit([request.name])

        def work(view: WriteView, row: RunRow) -> None:
            steps = [step.step for step in Run.FromString(row.payload).steps]
            if request.step and request.step not in steps:
                raise InvalidArgumentError("the run has no such step", reason="UNKNOWN_STEP", metadata={"field": "step"})
            view.cells.share(row.tenant, row.run_id, request.step, row.fence)
            if not request.step:
                view.cells.drop_cells(row.tenant, BASIS, run_id=row.run_id)

        self.worker_runs.with_lease(call, request.name, request.lease_token, work)

    def join(self, call: Call, request: JoinRunRequest) -> JoinRunResponse:
        """Join the oldest run that takes helpers for a step that this worker can do."""
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        with self.vault.store.read() as view:
            found = _sought(view, tenant, frozenset(request.steps))
        if found is None:
            call.audited = True  # an empty look discloses nothing and would fill the log
            return JoinRunResponse()
        row, step = found
        run = Run.FromString(row.payload)
        call.audit([run.name], purpose=run.purpose)
        return JoinRunResponse(run=run, step=step, help_token=self.help.token(call, tenant, run.name, row.fence))

    def publish(self, call: Call, request: PublishCellsRequest) -> None:
        """Publish a grid, or behind its first cells more of them.

        Raises:
            InvalidArgumentError: something is over its limit.
            ConflictError: GRID_CHANGED, cells of another grid than the one that was begun.
        """
        _check(request)
        tenant, run_id = self._parse(call, request.name)
        secrets = self.vault.keyring.run_secrets(tenant)
        setup = secrets.seal(run_id, _setup(request.grid, request.digest), request.setup)
        tasks = [
            secrets.seal(run_id, _task(request.grid, request.digest, cell), task)
            for cell, task in enumerate(request.tasks, request.first)
        ]
        call.audit([request.name])
        grid = GridRow(grid=request.grid, digest=request.digest, cells=request.cells, setup=setup)

        def work(view: WriteView, _row: RunRow) -> None:
            if request.first == 0:
                view.cells.put_grid(tenant, run_id, grid)
            else:
                _require_grid(view.cells.grid(tenant, run_id, request.grid), request.digest)
            view.cells.put_tasks(tenant, run_id, request.grid, request.first, tasks)

        self.worker_runs.with_lease(call, request.name, request.lease_token, work)

    def claim(self, call: Call, request: ClaimCellRequest) -> ClaimCellResponse:
        """Take a cell for a minute; an empty answer when none is free."""
        tenant, run_id = self._parse(call, request.name)
        holder = digest_of(request.token)
        with self.vault.store.read() as view:  # looking must not cost a write transaction each time
            self.help.worker_of(view, call, view.runs.run(tenant, run_id), request.name, request.token)
            free = view.cells.free(tenant, run_id, request.grid, holder=holder, now_us=view.now_us())
        if not free:
            call.audited = True  # as for `join`
            return ClaimCellResponse()

        def work(view: WriteView) -> tuple[TakenCell, GridRow] | None:
            row = view.runs.lock_run(tenant, run_id)
            self.help.worker_of(view, call, row, request.name, request.token)
            now_us = view.now_us()
            taken = view.cells.take(
                tenant, run_id, request.grid, holder=holder, now_us=now_us, expires_us=now_us + CLAIM_S * 1_000_000
            )
            grid = view.cells.grid(tenant, run_id, taken.grid) if taken else None
            return (taken, grid) if taken and grid else None

        call.audit([request.name])
        found = self.vault.store.write(work)
        return self._claimed(tenant, run_id, request, *found) if found else ClaimCellResponse()

    def write(self, call: Call, request: WriteCellRequest) -> None:
        """Finish a cell; a cell that is finished stays as it is.

        Raises:
            ConflictError: LEASE_LOST, or GRID_CHANGED: the result is of another grid.
            PermissionDeniedError: NOT_LEADING, a helper hands nothing over.
        """
        tenant, run_id = self._parse(call, request.name)
        if len(request.result) > MAX_CELL_BYTES:
            raise InvalidArgumentError(f"a result has at most {MAX_CELL_BYTES} bytes", reason="CELL_TOO_LARGE")
        what = _result(request.grid, request.digest, request.cell)
        sealed = self.vault.keyring.run_secrets(tenant).seal(run_id, what, request.result)
        call.audit([request.name])

        def work(view: WriteView) -> None:
            _, helped = self.help.worker_of(view, call, view.runs.lock_run(tenant, run_id), request.name, request.token)
            if helped and request.grid == BASIS:
                raise PermissionDeniedError("only who leads the run hands over what others compute from", reason="NOT_LEADING")
            _require_grid(view.cells.grid(tenant, run_id, request.grid), request.digest)
            view.cells.put_result(tenant, run_id, request.grid, request.cell, sealed)

        self.vault.store.write(work)

    def finished(self, call: Call, name: str, token: str, grid: str) -> list[int]:
        tenant, run_id = self._parse(call, name)
        call.audited = True  # numbers of cells disclose nothing, and who waits asks often
        with self.vault.store.read() as view:
            self.help.worker_of(view, call, view.runs.run(tenant, run_id), name, token)
            return view.cells.finished(tenant, run_id, grid)

    def result(self, call: Call, name: str, token: str, grid: str, cell: int) -> bytes:
        """What a finished cell holds; a helper is told only what it computes from.

        Raises:
            NotFoundError: it is not finished, or is not for this caller.
        """
        tenant, run_id = self._parse(call, name)
        with self.vault.store.read() as view:
            run, helped = self.help.worker_of(view, call, view.runs.run(tenant, run_id), name, token)
            allowed = not helped or grid == BASIS
            row = view.cells.grid(tenant, run_id, grid) if allowed else None
            sealed = view.cells.result(tenant, run_id, grid, cell) if allowed else None
        if row is None or sealed is None:
            raise NotFoundError("the cell is not finished", reason="NO_CELL")
        if grid == BASIS:
            call.audit([name], purpose=Run.FromString(run.payload).purpose, fields=fields_of_step(helped))
        else:
            call.audit([name])
        return self.vault.keyring.run_secrets(tenant).open(run_id, _result(grid, row.digest, cell), sealed)

    def _claimed(
        self, tenant: str, run_id: bytes, request: ClaimCellRequest, taken: TakenCell, grid: GridRow
    ) -> ClaimCellResponse:
        secrets = self.vault.keyring.run_secrets(tenant)
        answer = ClaimCellResponse(claimed=True, grid=taken.grid, cell=taken.cell, digest=grid.digest)
        if not request.without_task:
            answer.task = secrets.open(run_id, _task(taken.grid, grid.digest, taken.cell), taken.task)
        if request.known_digest != grid.digest:
            answer.setup = secrets.open(run_id, _setup(taken.grid, grid.digest), grid.setup)
        return answer

    @staticmethod
    def _parse(call: Call, name: str) -> tuple[str, bytes]:
        tenant, run_id = names.parse_uuid_child(name, "runs")
        return call.require_tenant(tenant), run_id


def _sought(view: ReadView, tenant: str, can: frozenset[str]) -> tuple[RunRow, str] | None:
    for shared in view.cells.all_shared(tenant):
        row = view.runs.run(tenant, shared.run_id)
        if row is not None and shared.step in can and row.fence == shared.fence and led(row, view.now_us()):
            return row, shared.step
    return None


def _check(request: PublishCellsRequest) -> None:
    end = request.first + len(request.tasks)
    if _GRID.fullmatch(request.grid) is None or len(request.digest) not in _DIGEST_BYTES:
        raise InvalidArgumentError("a grid has a short name and a digest", reason="INVALID_GRID")
    if not 0 < request.cells <= MAX_CELLS or request.first < 0 or end > request.cells:
        raise InvalidArgumentError(f"a grid has at most {MAX_CELLS} cells", reason="INVALID_GRID")
    if len(request.setup) > MAX_CELL_BYTES or sum(map(len, request.tasks)) > MAX_CELL_BYTES:
        raise InvalidArgumentError(
            f"a setup, and tasks in one call, have at most {MAX_CELL_BYTES} bytes", reason="CELL_TOO_LARGE"
        )


def _require_grid(row: GridRow | None, digest: bytes) -> None:
    if row is None or row.digest != digest:
        raise ConflictError("the vault has another grid", reason="GRID_CHANGED", hint="stop working on it and join again")


def _setup(grid: str, digest: bytes) -> str:
    return f"grid/{grid}/{digest.hex()}"


def _task(grid: str, digest: bytes, cell: int) -> str:
    return f"{_setup(grid, digest)}/{cell}/task"


def _result(grid: str, digest: bytes, cell: int) -> str:
    return f"{_setup(grid, digest)}/{cell}/result"
