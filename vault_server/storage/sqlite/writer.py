"""The one connection that writes: commits in groups, and does every checkpoint.

Rules. Callers take turns: one runs the jobs that are waiting, its own first, in one BEGIN IMMEDIATE..COMMIT and so with one
fsync. Each job runs in a savepoint of its own (the first one needs none) and a failing job rolls back alone. A job's caller
hears of success only after the COMMIT. When the commit fails, or SQLite ends the transaction by itself (disk full), every job
of the group fails and nothing of it is kept. After an I/O error or on a damaged file the writer refuses everything for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vault_server.errors import StorageFullError, UnavailableError, VaultError
from vault_server.storage.session import Session
from vault_server.storage.sqlite.bulk import BulkWriter
from vault_server.storage.sqlite.driver import CHECKPOINT_PAGES, Connection
from vault_server.storage.sqlite.faults import DatabaseApi, StorageBrokenError, translating
from vault_server.storage.sqlite.session import READ_COUNTER, WRITE_COUNTER, Counter, SqliteSession
from vault_server.storage.statements import StatementCache
from vault_server.taking_turns import ClosedError, Take, TakingTurns

T = TypeVar("T")

_GROUP_JOBS = 64
_GROUP_SECONDS = 0.05
_GROUPS_BETWEEN_LOOKS, _ROWS_BETWEEN_LOOKS = 16, 2000  # at the length of the log, whichever comes first


@dataclass(slots=True, eq=False)
class _Job:
    """What one caller wants written, and how it went."""

    work: Callable[[Session], object]
    result: Any = None
    error: BaseException | None = None
    ready: bool = False

    def finish(self, result: object = None, error: BaseException | None = None) -> None:
        self.result, self.error, self.ready = result, error, True


@dataclass(slots=True)
class _Group:
    """Jobs of one transaction that went well, with what they returned."""

    done: list[tuple[_Job, object]] = field(default_factory=list)


class GroupCommitWriter:
    """Runs jobs one after the other, whoever brings them."""

    def __init__(
        self, connection: Connection, driver: DatabaseApi, statements: StatementCache, clock_us: Callable[[], int]
    ) -> None:
        self._connection = connection
        self._driver = driver
        self._statements = statements
        self._clock_us = clock_us
        self._bulk = BulkWriter()
        self._turns = TakingTurns[_Job](self._group, afterwards=self._look_at_the_log)
        self._broken: VaultError | None = None
        self._tenant_changes = 0
        self._groups = self._rows = 0
        committed = self._session(None).watermark()
        self._counter = Counter(committed, committed)

    @property
    def broken(self) -> VaultError | None:
        """Why the store refuses everything, if it does."""
        return self._broken

    @property
    def tenant_changes(self) -> int:
        """How many commits changed a tenant's row; it has grown when `submit` returns."""
        return self._tenant_changes

    def break_down(self, error: StorageBrokenError) -> None:
        """A reader met a broken file or disk: nothing is written from here on either."""
        self._broken = self._broken or error

    def submit(self, work: Callable[[Session], T]) -> T:
        """Runs `work` in a transaction and returns what it returned, once that is on disk."""
        job = _Job(work)
        try:
            self._turns.run(job)
        except ClosedError:
            raise UnavailableError("the store is closed") from None
        if job.error is not None:
            raise job.error
        if not job.ready:
            raise _for_neighbour(None)
        result: T = job.result
        return result

    def close(self) -> None:
        """Finishes what is queued, copies the log into the database and closes it. Idempotent."""
        if self._turns.close():
            self._checkpoint("TRUNCATE")
            self._connection.close()

    def _group(self, take: Take[_Job]) -> None:
        group, job, started = _Group(), take(), time.monotonic()
        try:
            self._begin()
            for count in range(1, _GROUP_JOBS + 1):
                if job is None:
                    break
                self._run(group, job)
                full = count == _GROUP_JOBS or time.monotonic() - started > _GROUP_SECONDS
                job = None if full else take()
            self._commit()
        except BaseException as error:  # whatever it is, the callers are waiting for it
            self._fail(group, job, error)
            return
        for done, result in group.done:
            done.finish(result)

    def _look_at_the_log(self) -> None:
        self._groups += 1
        rows: int = self._connection.total_changes
        if self._groups < _GROUPS_BETWEEN_LOOKS and rows - self._rows < _ROWS_BETWEEN_LOOKS:
            return
        self._groups, self._rows = 0, rows
        if self._log_pages() >= CHECKPOINT_PAGES:
            self._checkpoint("PASSIVE")

    def _begin(self) -> None:
        if self._broken is not None:
            raise self._broken
        with translating(self._driver):
            self._connection.execute("BEGIN IMMEDIATE")

    def _run(self, group: _Group, job: _Job) -> None:
        alone = not group.done
        with translating(self._driver):
            if not alone:
                self._connection.execute("SAVEPOINT job")
        try:
            result = job.work(self._session(self._counter))
        except BaseException as error:  # handed to the caller that waits for it
            if isinstance(error, StorageBrokenError) or not self._connection.in_transaction:
                raise
            self._undo(alone=alone)
            job.finish(error=error)
            return
        with translating(self._driver):
            if not alone:
                self._connection.execute("RELEASE job")
        group.done.append((job, result))

    def _undo(self, *, alone: bool) -> None:
        with translating(self._driver):
            if alone:
                self._connection.execute("ROLLBACK")
                self._connection.execute("BEGIN IMMEDIATE")
            else:
                self._connection.execute("ROLLBACK TO job")
                self._connection.execute("RELEASE job")

    def _commit(self) -> None:
        counter = self._counter
        if counter.granted != counter.committed:
            self._session(None).run(WRITE_COUNTER, new_counter=counter.granted)
        with translating(self._driver):
            self._connection.execute("COMMIT")
        counter.committed = counter.granted
        if counter.tenants_changed:
            self._tenant_changes += 1
            counter.tenants_changed = False

    def _fail(self, group: _Group, job: _Job | None, error: BaseException) -> None:
        if isinstance(error, StorageBrokenError):
            self._broken = error
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except self._driver.Error:
            self._broken = self._broken or StorageBrokenError("the database cannot roll back", hint="restart the server")
        if job is not None and not job.ready:
            job.finish(error=error)
        for done, _ in group.done:
            done.finish(error=_for_neighbour(error) if job is not None or done is not group.done[0][0] else error)

    def _session(self, counter: Counter | None) -> SqliteSession:
        return SqliteSession(
            connection=self._connection,
            driver=self._driver,
            statements=self._statements,
            clock_us=self._clock_us,
            counter=counter,
            bulk=self._bulk,
        )

    def _log_pages(self) -> int:
        try:
            with translating(self._driver):
                pages: int = self._connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()[1]
        except VaultError:
            return 0
        return pages

    def _checkpoint(self, mode: str) -> None:
        """Copies the log into the database. A failure here loses nothing: the log still has it all."""
        try:
            with translating(self._driver):
                self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        except StorageBrokenError as error:
            self._broken = error
        except VaultError:
            return  # busy or full: the next one will do it


def _for_neighbour(error: BaseException | None) -> VaultError:
    """What a job hears whose group was ended by another job's error."""
    if isinstance(error, StorageFullError | StorageBrokenError):
        return type(error)(error.message, hint=error.hint)
    return UnavailableError(
        "the transaction was ended by another one's failure", hint="try again; nothing of the call was kept"
    )


__all__ = ["READ_COUNTER", "GroupCommitWriter"]
