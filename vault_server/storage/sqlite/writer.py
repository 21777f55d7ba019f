"""The one thread that writes: it owns the writing connection, commits in groups, and does every checkpoint.

Rules. Jobs that are waiting together share one BEGIN IMMEDIATE..COMMIT and so one fsync; each runs in a savepoint of its own
(the first one needs none) and a failing job rolls back alone. A job's caller hears of success only after the COMMIT. When the
commit fails, or SQLite ends the transaction by itself (disk full), every job of the group fails and nothing of it is kept.
After an I/O error or on a damaged file the writer refuses everything for ever.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vault_server.errors import StorageFullError, UnavailableError, VaultError
from vault_server.storage.session import Session
from vault_server.storage.sqlite.bulk import BulkWriter
from vault_server.storage.sqlite.driver import CHECKPOINT_PAGES, Connection
from vault_server.storage.sqlite.faults import DatabaseApi, StorageBrokenError, translating
from vault_server.storage.sqlite.session import READ_COUNTER, WRITE_COUNTER, Counter, SqliteSession
from vault_server.storage.statements import StatementCache

T = TypeVar("T")

_GROUP_JOBS = 64
_GROUP_SECONDS = 0.05


@dataclass(slots=True)
class _Job:
    work: Callable[[Session], object]
    future: Future[Any] = field(default_factory=Future)


@dataclass(slots=True)
class _Group:
    """Jobs of one transaction that went well, with what they returned."""

    done: list[tuple[_Job, object]] = field(default_factory=list)


class GroupCommitWriter:
    """Runs jobs one after the other on its thread. `submit` may be called from any other thread."""

    def __init__(
        self, connection: Connection, driver: DatabaseApi, statements: StatementCache, clock_us: Callable[[], int]
    ) -> None:
        self._connection = connection
        self._driver = driver
        self._statements = statements
        self._clock_us = clock_us
        self._bulk = BulkWriter()
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._broken: VaultError | None = None
        self._closed = False
        self._tenant_changes = 0
        self._submitting = threading.Lock()
        committed = self._session(None).watermark()
        self._counter = Counter(committed, committed)
        self._thread = threading.Thread(target=self._serve, name="sqlite-writer", daemon=True)
        self._thread.start()

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
        if threading.current_thread() is self._thread:
            raise RuntimeError("a job must not write through the store; it has its own view")
        job = _Job(work)
        with self._submitting:
            if self._closed:
                raise UnavailableError("the store is closed")
            self._queue.put(job)
        result: T = job.future.result()
        return result

    def close(self) -> None:
        """Finishes what is queued, copies the log into the database and ends the thread. Idempotent."""
        with self._submitting:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        try:
            while (job := self._queue.get()) is not None:
                last = self._group(job)
                self._checkpoint("PASSIVE", CHECKPOINT_PAGES)
                if last:
                    break
            self._checkpoint("TRUNCATE", 0)
            self._connection.close()
        finally:
            self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Whatever ended the thread, nobody may wait for it: those who queue later are refused, those who wait are told."""
        with self._submitting:
            self._closed = True
        while not self._queue.empty():
            job = self._queue.get_nowait()
            if job is not None:
                job.future.set_exception(UnavailableError("the store is closed"))

    def _group(self, first: _Job) -> bool:
        """One transaction; true if the end of the queue was met."""
        group, job, ended, started = _Group(), first, False, time.monotonic()
        try:
            self._begin()
            for count in range(1, _GROUP_JOBS + 1):
                self._run(group, job)
                following = self._next(count, started)
                if following is None:
                    break
                if not following:
                    ended = True
                    break
                job = following[0]
            self._commit()
        except BaseException as error:  # whatever it is, the callers are waiting for it
            self._fail(group, job, error)
            return ended
        for done, result in group.done:
            done.future.set_result(result)
        return ended

    def _next(self, count: int, started: float) -> tuple[_Job, ...] | None:
        """The next waiting job, () for the end, None if the group is complete."""
        if count >= _GROUP_JOBS or time.monotonic() - started > _GROUP_SECONDS:
            return None
        try:
            job = self._queue.get_nowait()
        except queue.Empty:
            return None
        return () if job is None else (job,)

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
            job.future.set_exception(error)
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

    def _fail(self, group: _Group, job: _Job, error: BaseException) -> None:
        if isinstance(error, StorageBrokenError):
            self._broken = error
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except self._driver.Error:
            self._broken = self._broken or StorageBrokenError("the database cannot roll back", hint="restart the server")
        for waiting in (*(done for done, _ in group.done), job):
            if not waiting.future.done():
                waiting.future.set_exception(_for_neighbour(error) if waiting is not job else error)

    def _session(self, counter: Counter | None) -> SqliteSession:
        return SqliteSession(
            connection=self._connection,
            driver=self._driver,
            statements=self._statements,
            clock_us=self._clock_us,
            counter=counter,
            bulk=self._bulk,
        )

    def _checkpoint(self, mode: str, at_pages: int) -> None:
        """Copies the log into the database if it is long. A failure here loses nothing: the log still has it all."""
        try:
            with translating(self._driver):
                pages = self._connection.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()[1] if at_pages else 0
                if pages >= at_pages:
                    self._connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        except StorageBrokenError as error:
            self._broken = error
        except VaultError:
            return  # busy or full: the next one will do it


def _for_neighbour(error: BaseException) -> VaultError:
    """What a job hears whose group was ended by another job's error."""
    if isinstance(error, StorageFullError | StorageBrokenError):
        return type(error)(error.message, hint=error.hint)
    return UnavailableError(
        "the transaction was ended by another one's failure", hint="try again; nothing of the call was kept"
    )


__all__ = ["READ_COUNTER", "GroupCommitWriter"]
