"""Grids of runs and their cells: `ports.cells.CellRepository` on a session.

Rules. Every change happens under the row lock of the run, so of two workers that ask at once one comes second and sees what the
first has taken. Results are rows of their own: a claim must not rewrite what a cell weighs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import and_, bindparam, delete, or_, select, update

from vault_server.errors import NotFoundError
from vault_server.ports.cells import GridRow, SharedRun, TakenCell
from vault_server.storage.run_tables import grid_cells, grid_results, grids, shared_runs
from vault_server.storage.session import Row, Session
from vault_server.storage.statements import Query, insert_new, upsert

NOBODY = b""
OF_RUNS = (shared_runs, grids, grid_cells, grid_results)
"""Tables whose rows go with their run."""

_SHARE = upsert(shared_runs)
_UNSHARE = delete(shared_runs).where(
    shared_runs.c.tenant_key == bindparam("tenant_key"), shared_runs.c.run_id == bindparam("run_id")
)
_ALL_SHARED = (
    select(shared_runs.c.run_id, shared_runs.c.step, shared_runs.c.fence)
    .where(shared_runs.c.tenant_key == bindparam("tenant_key"))
    .order_by(shared_runs.c.run_id)
)
_SHARED = _ALL_SHARED.where(shared_runs.c.run_id == bindparam("run_id"))
_PUT_GRID = upsert(grids)
_GRID = select(grids.c.grid, grids.c.digest, grids.c.cells, grids.c.setup).where(
    grids.c.tenant_key == bindparam("tenant_key"), grids.c.run_id == bindparam("run_id"), grids.c.grid == bindparam("grid")
)
_DROP_CELLS = tuple(
    delete(table).where(
        table.c.tenant_key == bindparam("tenant_key"), table.c.run_id == bindparam("run_id"), table.c.grid == bindparam("grid")
    )
    for table in (grid_cells, grid_results)
)
_DROP_CELLS_OF_ALL = tuple(  # cells first: that waits for whoever is just finishing one, and its result is then seen
    delete(table).where(table.c.tenant_key == bindparam("tenant_key"), table.c.grid == bindparam("grid"))
    for table in (grid_cells, grid_results)
)
_FREE_CLAIMS = (
    update(grid_cells)
    .where(
        grid_cells.c.tenant_key == bindparam("of_tenant"),
        grid_cells.c.run_id == bindparam("of_run"),
        grid_cells.c.grid == bindparam("of_grid"),
        grid_cells.c.done == 0,
    )
    .values(holder=bindparam("nobody"), expires_us=bindparam("never"))
)
_ADD_CELL = insert_new(grid_cells)
_OPEN = (
    grid_cells.c.tenant_key == bindparam("tenant_key"),
    grid_cells.c.run_id == bindparam("run_id"),
    or_(bindparam("any_grid") == 1, grid_cells.c.grid == bindparam("grid")),
    grid_cells.c.done == 0,
)
_MINE = grid_cells.c.holder == bindparam("holder")
_UNHELD = or_(grid_cells.c.holder == bindparam("nobody"), grid_cells.c.expires_us <= bindparam("now_us"))
_ANY = select(grid_cells.c.cell).where(*_OPEN, or_(_MINE, _UNHELD)).limit(1)
_CELL = (grid_cells.c.grid, grid_cells.c.cell, grid_cells.c.task)
_OWN_CELL = select(*_CELL).where(*_OPEN, _MINE).order_by(grid_cells.c.grid, grid_cells.c.cell).limit(1)
_FREE_CELL = select(*_CELL).where(*_OPEN, _UNHELD).order_by(grid_cells.c.grid, grid_cells.c.cell).limit(1)
_ONE = and_(
    grid_cells.c.tenant_key == bindparam("of_tenant"),
    grid_cells.c.run_id == bindparam("of_run"),
    grid_cells.c.grid == bindparam("of_grid"),
    grid_cells.c.cell == bindparam("of_cell"),
    grid_cells.c.done == 0,
)
_TAKE = update(grid_cells).where(_ONE).values(holder=bindparam("new_holder"), expires_us=bindparam("new_expires"))
_FINISH = (
    update(grid_cells).where(_ONE).values(done=bindparam("finished"), holder=bindparam("nobody"), task=bindparam("nothing"))
)
_PUT_RESULT = upsert(grid_results)
_FINISHED = (
    select(grid_results.c.cell)
    .where(
        grid_results.c.tenant_key == bindparam("tenant_key"),
        grid_results.c.run_id == bindparam("run_id"),
        grid_results.c.grid == bindparam("grid"),
    )
    .order_by(grid_results.c.cell)
)
_RESULT = select(grid_results.c.sealed).where(
    grid_results.c.tenant_key == bindparam("tenant_key"),
    grid_results.c.run_id == bindparam("run_id"),
    grid_results.c.grid == bindparam("grid"),
    grid_results.c.cell == bindparam("cell"),
)


class SqlCells:
    """`ports.cells.CellRepository` on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def share(self, tenant: str, run_id: bytes, step: str, fence: int) -> None:
        key = {"tenant_key": self._key(tenant), "run_id": run_id}
        if step:
            self._session.run(_SHARE, **key, step=step, fence=fence)
        else:
            self._session.run(_UNSHARE, **key)

    def shared(self, tenant: str, run_id: bytes) -> SharedRun | None:
        rows = self._query(tenant, _SHARED, run_id=run_id)
        return SharedRun._make(rows[0]) if rows else None

    def all_shared(self, tenant: str) -> list[SharedRun]:
        return [SharedRun._make(row) for row in self._query(tenant, _ALL_SHARED)]

    def put_grid(self, tenant: str, run_id: bytes, row: GridRow) -> None:
        tenant_key, before = self._key(tenant), self.grid(tenant, run_id, row.grid)
        if before is not None and (before.digest, before.cells) != (row.digest, row.cells):
            for statement in _DROP_CELLS:
                self._session.run(statement, tenant_key=tenant_key, run_id=run_id, grid=row.grid)
        key = {"of_tenant": tenant_key, "of_run": run_id, "of_grid": row.grid}
        self._session.run(_FREE_CLAIMS, **key, nobody=NOBODY, never=0)
        self._session.run(
            _PUT_GRID,
            tenant_key=tenant_key,
            run_id=run_id,
            grid=row.grid,
            digest=row.digest,
            cells=row.cells,
            setup=row.setup,
        )

    def grid(self, tenant: str, run_id: bytes, grid: str) -> GridRow | None:
        rows = self._query(tenant, _GRID, run_id=run_id, grid=grid)
        if not rows:
            return None
        name, digest, cells, setup = cast("tuple[str, bytes, int, bytes]", rows[0])
        return GridRow(grid=name, digest=digest, cells=cells, setup=setup)

    def put_tasks(self, tenant: str, run_id: bytes, grid: str, first: int, tasks: Sequence[bytes]) -> None:
        tenant_key = self._key(tenant)
        for cell, task in enumerate(tasks, first):
            self._session.run(
                _ADD_CELL,
                tenant_key=tenant_key,
                run_id=run_id,
                grid=grid,
                cell=cell,
                done=0,
                holder=NOBODY,
                expires_us=0,
                task=task,
            )

    def free(self, tenant: str, run_id: bytes, grid: str, *, holder: bytes, now_us: int) -> bool:
        return bool(self._query(tenant, _ANY, **_asked(run_id, grid), holder=holder, nobody=NOBODY, now_us=now_us))

    def take(self, tenant: str, run_id: bytes, grid: str, *, holder: bytes, now_us: int, expires_us: int) -> TakenCell | None:
        rows = self._query(tenant, _OWN_CELL, **_asked(run_id, grid), holder=holder)
        rows = rows or self._query(tenant, _FREE_CELL, **_asked(run_id, grid), nobody=NOBODY, now_us=now_us)
        if not rows:
            return None
        taken = TakenCell._make(rows[0])
        key = {"of_tenant": self._key(tenant), "of_run": run_id, "of_grid": taken.grid, "of_cell": taken.cell}
        self._session.run(_TAKE, **key, new_holder=holder, new_expires=expires_us)
        return taken

    def put_result(self, tenant: str, run_id: bytes, grid: str, cell: int, result: bytes) -> bool:
        tenant_key = self._key(tenant)
        key = {"of_tenant": tenant_key, "of_run": run_id, "of_grid": grid, "of_cell": cell}
        if not self._session.run(_FINISH, **key, finished=1, nobody=NOBODY, nothing=b""):
            return False
        self._session.run(_PUT_RESULT, tenant_key=tenant_key, run_id=run_id, grid=grid, cell=cell, sealed=result)
        return True

    def finished(self, tenant: str, run_id: bytes, grid: str) -> list[int]:
        return [cast("int", row[0]) for row in self._query(tenant, _FINISHED, run_id=run_id, grid=grid)]

    def result(self, tenant: str, run_id: bytes, grid: str, cell: int) -> bytes | None:
        rows = self._query(tenant, _RESULT, run_id=run_id, grid=grid, cell=cell)
        return cast("bytes", rows[0][0]) if rows else None

    def drop_cells(self, tenant: str, grid: str, *, run_id: bytes | None = None) -> None:
        of_run = {} if run_id is None else {"run_id": run_id}
        for statement in _DROP_CELLS_OF_ALL if run_id is None else _DROP_CELLS:
            self._session.run(statement, tenant_key=self._key(tenant), grid=grid, **of_run)

    def _query(self, tenant: str, statement: Query, **parameters: object) -> list[Row]:
        tenant_key = self._session.tenant_key(tenant)
        return [] if tenant_key is None else self._session.rows(statement, tenant_key=tenant_key, **parameters)

    def _key(self, tenant: str) -> int:
        found = self._session.tenant_key(tenant)
        if found is None:
            raise NotFoundError("there is no such tenant", hint="create the tenant first")
        return found


def _asked(run_id: bytes, grid: str) -> dict[str, object]:
    return {"run_id": run_id, "grid": grid, "any_grid": int(not grid)}
