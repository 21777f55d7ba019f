"""Runs of analyses: their leases, pending results, checkpoints and artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from vault_server.ports.records import DerivedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run: what the API shows (`payload`, a serialised Run) and what only the vault knows.

    Attributes:
        fence: grows with every claim; a lease with an older one is void.
        lease_digest: SHA-256 of the lease token.
        lease_expires_us: 0 while nobody holds it.
        cancel_requested: the worker is told with its next heartbeat.
        pseudonym_key: sealed key of the run's row ids.
    """

    tenant: str
    run_id: bytes
    state: int
    created_us: int
    fence: int
    lease_digest: bytes
    lease_expires_us: int
    attempts: int
    cancel_requested: bool
    pseudonym_key: bytes
    payload: bytes


class StepCommit(NamedTuple):
    """That a run's results of a step were committed; `sequence` grows from 1 with each commit of the step."""

    sequence: int
    run_id: bytes


class StepCommits(Protocol):
    """Which run's results of a step are seen: of its commits that are not undone the newest."""

    def make_current(self, tenant: str, run_id: bytes, steps: Sequence[str]) -> None:
        """Results of these steps become what readers see, in place of the run before. Once a run."""
        ...

    def lock_steps(self, tenant: str, steps: Sequence[str]) -> None:
        """Keeps other commits and undoings of these steps out until the transaction ends; those before are visible."""
        ...

    def standing_commits(self, tenant: str, step: str, *, limit: int) -> list[StepCommit]:
        """Commits of the step that are not undone, the newest first."""
        ...

    def commit_of(self, tenant: str, step: str, run_id: bytes) -> StepCommit | None:
        """A run's commit of the step, undone or not."""
        ...

    def mark_undone(self, tenant: str, run_id: bytes, steps: Sequence[str], *, undone: bool) -> None:
        """Marks the run's commits of these steps; readers see the newest commit that is left, or nothing."""
        ...


class RunRepository(StepCommits, Protocol):
    """Runs, their leases, results and checkpoints. Callers check the fence on the row that `lock_run` returns."""

    def insert_run(self, row: RunRow) -> None: ...

    def run(self, tenant: str, run_id: bytes) -> RunRow | None: ...

    def lock_run(self, tenant: str, run_id: bytes) -> RunRow | None:
        """The run, locked until the transaction ends."""
        ...

    def runs(self, tenant: str, *, before: bytes, limit: int) -> list[RunRow]:
        """Newest first, ids < before (b"" means from the newest)."""
        ...

    def claimable(
        self, tenant: str, *, queued_state: int, running_state: int, now_us: int, limit: int, after: bytes = b""
    ) -> list[RunRow]:
        """Oldest first, ids > after: queued, or running with an expired lease.

        Nothing is locked: lock the one to take, and look again.
        """
        ...

    def waiting(self, tenant: str, *, queued_state: int, running_state: int, now_us: int) -> bool:
        """Whether there is anything to claim; locks nothing, so a read view may ask."""
        ...

    def update_run(self, row: RunRow) -> None: ...

    def result_offset(self, tenant: str, run_id: bytes, step: str) -> int: ...

    def result_offsets(self, tenant: str, run_id: bytes) -> dict[str, int]: ...

    def append_results(self, tenant: str, run_id: bytes, step: str, *, offset: int, rows: Sequence[DerivedRow]) -> None:
        """The bulk path. Rows of customers erased meanwhile are dropped silently but counted in the offset.

        Raises AlreadyExistsError(reason OFFSET_EXISTS) if offset < end, OutOfRangeError if offset > end,
        AlreadyExistsError(reason DUPLICATE_RESULT) for a customer the step already wrote.
        """
        ...

    def results_of(self, tenant: str, customer_id: bytes, step: str) -> list[DerivedRow]:
        """What every run of a step derived for one customer, committed or not, by run."""
        ...

    def replace_results(self, tenant: str, changes: Sequence[tuple[DerivedRow, bytes]]) -> None:
        """Write new sealed bytes over each row. Raises ConflictError if one is not as given."""
        ...

    def drop_results(self, tenant: str, run_id: bytes, *, through_customer: bytes) -> None:
        """Removes the run's results of the customers up to and with one, in the order of `derived_scan`."""
        ...

    def put_checkpoint(self, tenant: str, run_id: bytes, step: str, piece: int, *, last: bool, sealed: bytes) -> None:
        """Writing a piece again replaces it; `last` completes the checkpoint with piece + 1 pieces."""
        ...

    def checkpoints(self, tenant: str, run_id: bytes) -> dict[str, int]:
        """Complete checkpoints: step to number of pieces."""
        ...

    def checkpoint(self, tenant: str, run_id: bytes, step: str, piece: int) -> bytes | None: ...

    def put_artifact(self, tenant: str, run_id: bytes, name: str, sealed: bytes) -> None: ...

    def artifact(self, tenant: str, run_id: bytes, name: str) -> bytes | None: ...

    def drop_scratch(self, tenant: str, run_id: bytes, *, results: bool) -> None:
        """Removes the run's checkpoints and cells and, if `results`, its pending results too."""
        ...
