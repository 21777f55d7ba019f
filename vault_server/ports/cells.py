"""Cells: the parts into which a step of a run is cut, so that several workers can do it together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class SharedRun(NamedTuple):
    """That the worker with the lease of that fencing number takes helpers for a step."""

    run_id: bytes
    step: str
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """A grid: what its cells are parts of.

    Attributes:
        grid: its name within the run.
        digest: of everything on which the cells' results depend.
        cells: how many there will be.
        setup: sealed; what every cell needs.
    """

    grid: str
    digest: bytes
    cells: int
    setup: bytes


class TakenCell(NamedTuple):
    """A cell to do, and its sealed task."""

    grid: str
    cell: int
    task: bytes


class CellRepository(Protocol):
    """Grids of runs and their cells. Callers hold the lock of `RunRepository.lock_run` in every method that writes."""

    def share(self, tenant: str, run_id: bytes, step: str, fence: int) -> None:
        """Helpers are taken from now on; none any more if `step` is empty."""
        ...

    def shared(self, tenant: str, run_id: bytes) -> SharedRun | None: ...

    def all_shared(self, tenant: str) -> list[SharedRun]:
        """Oldest run first. Whether the leases still hold is not looked at."""
        ...

    def put_grid(self, tenant: str, run_id: bytes, row: GridRow) -> None:
        """Publish a grid, with no cell claimed.

        Results of the same grid (digest, number of cells) are kept; another one of that name is removed with its cells.
        """
        ...

    def grid(self, tenant: str, run_id: bytes, grid: str) -> GridRow | None: ...

    def put_tasks(self, tenant: str, run_id: bytes, grid: str, first: int, tasks: Sequence[bytes]) -> None:
        """From now on these cells can be taken; one that is there stays as it is."""
        ...

    def free(self, tenant: str, run_id: bytes, grid: str, *, holder: bytes, now_us: int) -> bool:
        """Whether `take` would find a cell; locks nothing, so a read view may ask."""
        ...

    def take(self, tenant: str, run_id: bytes, grid: str, *, holder: bytes, now_us: int, expires_us: int) -> TakenCell | None:
        """The cell that this holder has and did not finish, else the first that nobody has or whose claim ran out.

        Args:
            grid: name of a grid; "" for any.
        """
        ...

    def put_result(self, tenant: str, run_id: bytes, grid: str, cell: int, result: bytes) -> bool:
        """Finish a cell, whoever took it; False if there is no such cell or it is finished: the first result stays."""
        ...

    def finished(self, tenant: str, run_id: bytes, grid: str) -> list[int]:
        """Numbers of cells with a result, ascending."""
        ...

    def result(self, tenant: str, run_id: bytes, grid: str, cell: int) -> bytes | None: ...

    def drop_cells(self, tenant: str, grid: str, *, run_id: bytes | None = None) -> None:
        """Remove the cells of a grid with their results, of all runs if none is named; what is written to them later is lost.

        Without a run no lock is needed.
        """
        ...
