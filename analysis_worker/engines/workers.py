"""Where a step runs when it is too big for one worker: cells that several workers do, and the two sides of it.

The leader is the worker that has the run: it hands over what cells are computed from, opens grids, adds cells, does cells
itself and takes the results of others. A helper takes over and does cells. Rules: a cell's result depends on the offer's
digest and the cell's task alone, so it is the same bytes whoever does it; a step that is given no other workers does
everything itself and finds the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class GridOffer:
    """A grid before its cells are known.

    Attributes:
        name: within the run.
        digest: of everything on which the results of its cells depend.
        setup: what a helper needs for every cell; no value of a record.
        cells_max: bound of the cells' numbers.
    """

    name: str
    digest: bytes
    setup: bytes
    cells_max: int


class SharedGrid(Protocol):
    """The leader's side of one grid."""

    def add(self, tasks: Sequence[bytes]) -> None:
        """The next cells, which others may do from now on."""
        ...

    def take(self) -> int | None:
        """A cell to do here; None when every cell is finished, here or elsewhere.

        May wait a moment for cells that others have; one whose worker seems to be gone is done here.
        """
        ...

    def finish(self, cell: int, result: bytes) -> None:
        """Say that a cell was done here."""
        ...

    def finished_elsewhere(self) -> Sequence[int]:
        """Cells that others finished and of which this was not said before."""
        ...

    def result(self, cell: int) -> bytes:
        """What another worker, or one before this, found for a cell that `take` did not give."""
        ...


class Workers(Protocol):
    """Other workers that may help with a step."""

    def hand_over(self, digest: bytes, make: Callable[[], bytes]) -> None:
        """Give what cells are computed from to helpers that wait for it; while nobody waits, nothing happens.

        Args:
            digest: of what is handed over.
            make: makes it; called once at most.
        """
        ...

    def open(self, offer: GridOffer) -> SharedGrid: ...

    def dismiss(self) -> None:
        """No more help is needed with this step."""
        ...


class Help(Protocol):
    """The helper's side of a step: made from what the leader handed over."""

    def accepts(self, setup: bytes) -> bool:
        """Whether this helper would find what the leader finds."""
        ...

    def do(self, grid: str, setup: bytes, task: bytes) -> bytes:
        """The result of one cell."""
        ...
