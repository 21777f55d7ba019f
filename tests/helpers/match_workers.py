"""Workers that share a match inside one process: the leader's port, and helpers that do cells when they are asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from analysis_worker.engines.workers import GridOffer, Help


@dataclass
class SharedCells:
    """`engines.workers.SharedGrid`: others take a turn whenever cells are added or the leader wants one."""

    offer: GridOffer
    others: Callable[[SharedCells], None]
    tasks: list[bytes] = field(default_factory=list)
    results: dict[int, bytes] = field(default_factory=dict)
    led: list[int] = field(default_factory=list)
    told: set[int] = field(default_factory=set)

    def add(self, tasks: Sequence[bytes]) -> None:
        self.tasks += tasks
        self.others(self)

    def open_cells(self) -> Iterator[int]:
        return (cell for cell in range(len(self.tasks)) if cell not in self.results)

    def take(self) -> int | None:
        self.others(self)
        return next(self.open_cells(), None)

    def finish(self, cell: int, result: bytes) -> None:
        self.results[cell] = result
        self.led.append(cell)

    def finished_elsewhere(self) -> Sequence[int]:
        fresh = sorted(self.results.keys() - self.led - self.told)
        self.told.update(fresh)
        return fresh

    def result(self, cell: int) -> bytes:
        return self.results[cell]


@dataclass
class CellsInMemory:
    """`engines.workers.Workers`: every grid that was opened, by name."""

    others: Callable[[SharedCells], None] = lambda _grid: None
    grids: dict[str, SharedCells] = field(default_factory=dict)
    dismissed: bool = False
    made: list[Callable[[], bytes]] = field(default_factory=list)

    def hand_over(self, digest: bytes, make: Callable[[], bytes]) -> None:
        assert digest
        self.made.append(make)

    def open(self, offer: GridOffer) -> SharedCells:
        self.grids[offer.name] = SharedCells(offer, self.others)
        return self.grids[offer.name]

    def dismiss(self) -> None:
        self.dismissed = True


def doing(help_: Help, cells: Callable[[SharedCells], Sequence[int]]) -> Callable[[SharedCells], None]:
    """A helper that does the cells which `cells` chooses of those that are open."""

    def turn(grid: SharedCells) -> None:
        for cell in cells(grid):
            grid.results[cell] = help_.do(grid.offer.name, grid.offer.setup, grid.tasks[cell])

    return turn
