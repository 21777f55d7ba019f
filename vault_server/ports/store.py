"""What the use cases ask of a database: one store, two kinds of view, small repositories.

Rules. `Store.read` gives a consistent snapshot; `Store.write` runs a function inside one transaction and returns when it is
durable. The function may run on another thread and, on PostgreSQL, again after a serialisation failure, so it has no effect
outside its view and takes everything slow (crypto, parsing) beforehand. Whatever it raises rolls the whole transaction back.
All times are microseconds since 1970 in UTC, all record ids are 16 bytes (UUIDv7), every row belongs to a tenant. A row's
`position` is set by the store when it is written; nobody else writes it. Repositories see sealed bytes only.

Errors of every method: StorageFullError (disk full, nothing kept), UnavailableError (busy, connection lost; safe to repeat),
IntegrityError (the engine says the database is damaged). No message carries a bound value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from vault_server.ports.access_data import AccessRepository
from vault_server.ports.audit import AuditRepository
from vault_server.ports.cells import CellRepository
from vault_server.ports.keks import KekStore, KeyFence
from vault_server.ports.proposals import ProposalRepository
from vault_server.ports.records import RecordReader, RecordWriter
from vault_server.ports.resources import ResourceReader, ResourceWriter
from vault_server.ports.runs import RunRepository
from vault_server.ports.scheduling import SchedulingRepository
from vault_server.ports.snapshot import SnapshotSource

T = TypeVar("T")


class ReadView(Protocol):
    """A consistent snapshot."""

    @property
    def records(self) -> RecordReader: ...

    @property
    def resources(self) -> ResourceReader: ...

    @property
    def access(self) -> AccessRepository: ...

    @property
    def runs(self) -> RunRepository: ...

    @property
    def cells(self) -> CellRepository: ...

    @property
    def proposals(self) -> ProposalRepository: ...

    @property
    def audit(self) -> AuditRepository: ...

    @property
    def scheduling(self) -> SchedulingRepository: ...

    def watermark(self) -> int:
        """Every change at or below this position is visible, and none will ever be added there."""
        ...

    def now_us(self) -> int:
        """The database's clock."""
        ...


class WriteView(Protocol):
    """One transaction."""

    @property
    def records(self) -> RecordWriter: ...

    @property
    def resources(self) -> ResourceWriter: ...

    @property
    def access(self) -> AccessRepository: ...

    @property
    def runs(self) -> RunRepository: ...

    @property
    def cells(self) -> CellRepository: ...

    @property
    def proposals(self) -> ProposalRepository: ...

    @property
    def audit(self) -> AuditRepository: ...

    @property
    def scheduling(self) -> SchedulingRepository: ...

    def watermark(self) -> int: ...

    def now_us(self) -> int: ...


class ReadableStore(Protocol):
    """One database, for who only reads it."""

    def read(self) -> AbstractContextManager[ReadView]: ...

    def close(self) -> None: ...


class Store(ReadableStore, Protocol):
    """One database."""

    @property
    def engine(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    @property
    def keks(self) -> KekStore: ...

    @property
    def fence(self) -> KeyFence: ...

    def write(self, work: Callable[[WriteView], T]) -> T:
        """Runs `work` in one transaction; on SQLite small transactions that arrive together share one fsync."""
        ...

    def describe(self) -> Mapping[str, str]:
        """engine, engine_version, schema_version, vault_id."""
        ...

    def snapshot(self) -> AbstractContextManager[SnapshotSource]:
        """A consistent copy to back up from; blocks no writer."""
        ...
