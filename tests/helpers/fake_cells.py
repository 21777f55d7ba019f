"""Cells of one run in memory, as `client.cells` shows them: a leader's token, help tokens, claims, results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from analysis_worker.vault_io.handover import ASKED, BASIS
from strongroom.api.v1 import cell_service_pb2 as api
from strongroom.api.v1.analysis_service_pb2 import Run
from strongroom.errors import ConflictError, StrongroomError


def _nothing() -> None:
    pass


@dataclass
class FakeCells:
    """`client.cells`.

    Attributes:
        run: the run that takes helpers; without a name there is none.
        leader: the leader's token.
        over_after: help ends when so many cells of the grid are finished.
        announced: whether helpers may ask.
        asked: whether a helper asked for what is handed over.
        basis: pieces that were handed over, by number.
        before_claim: happens before every claim.
        refuses: raised by every call.
    """

    run: Run = field(default_factory=Run)
    step: str = "match"
    leader: str = "srl_30_leader"
    over_after: int = 1_000
    before_claim: Callable[[], None] = _nothing
    refuses: StrongroomError | None = None
    shared: list[str] = field(default_factory=list)
    joined: int = 0
    grid: str = ""
    digest: bytes = b""
    setup: bytes = b""
    tasks: dict[int, bytes] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    held: dict[int, str] = field(default_factory=dict)
    results: dict[int, bytes] = field(default_factory=dict)
    asked: bool = False
    basis: dict[int, bytes] = field(default_factory=dict)
    announced: bool = False

    def share(self, run: str, lease_token: str, *, step: str) -> None:
        del run
        self._require(lease_token)
        self.shared.append(step)

    def join(self, steps: Sequence[str]) -> api.JoinRunResponse:
        if self.refuses is not None:
            raise self.refuses
        if not self.run.name or self.step not in steps:
            return api.JoinRunResponse()
        self.joined += 1
        return api.JoinRunResponse(run=self.run, step=self.step, help_token=f"srh_{self.joined}")

    def publish(
        self,
        run: str,
        lease_token: str,
        *,
        grid: str,
        digest: bytes,
        cells: int,
        setup: bytes,
        first: int,
        tasks: Sequence[bytes],
    ) -> None:
        del run
        self._require(lease_token)
        assert first + len(tasks) <= cells
        if grid in (ASKED, BASIS):
            self.announced |= grid == ASKED
            assert tasks == [b""] * len(tasks)
            return
        self.grid, self.digest, self.setup = grid, digest, setup
        self.tasks |= dict(enumerate(tasks, first))
        self.batches.append(sum(map(len, tasks)))

    def claim(
        self, run: str, token: str, *, grid: str = "", known_digest: bytes = b"", without_task: bool = False
    ) -> api.ClaimCellResponse:
        del run, grid
        self.before_claim()
        self._require(token)
        for cell, task in sorted(self.tasks.items()):
            if cell not in self.results and self.held.get(cell, token) == token:
                self.held[cell] = token
                return api.ClaimCellResponse(
                    claimed=True,
                    grid=self.grid,
                    cell=cell,
                    task=b"" if without_task else task,
                    digest=self.digest,
                    setup=b"" if known_digest == self.digest else self.setup,
                )
        return api.ClaimCellResponse()

    def write(self, run: str, token: str, *, grid: str, digest: bytes, cell: int, result: bytes) -> None:
        del run
        self._require(token)
        if grid == ASKED:
            self.asked = True
            return
        if grid == BASIS:
            assert token.startswith(self.leader)
            self.basis[cell] = result
            return
        assert (grid, digest) == (self.grid, self.digest)
        self.results.setdefault(cell, result)

    def finished(self, run: str, token: str, *, grid: str) -> list[int]:
        del run
        self._require(token)
        return {ASKED: [0] if self.asked else [], BASIS: sorted(self.basis)}.get(grid, sorted(self.results))

    def result(self, run: str, token: str, *, grid: str, cell: int) -> bytes:
        del run
        self._require(token)
        return (self.basis if grid == BASIS else self.results)[cell]

    def _require(self, token: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        over = token.startswith("srh_") and len(self.results) >= self.over_after
        if over or not token.startswith(("srh_", self.leader)):
            raise ConflictError("the lease of this run is gone", reason="LEASE_LOST")
