"""The audit tables: append-only chains of events and their signed heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class AuditRow(NamedTuple):
    """One event of one chain; `payload` is a serialised AuditEvent without hash, `hash` covers payload and `previous`."""

    writer: str
    sequence: int
    time_us: int
    tenant: str
    previous: bytes
    hash: bytes
    payload: bytes
    resources: tuple[str, ...]


class AuditHead(NamedTuple):
    """A signed chain head; `links` are the other chains' heads as known then, serialised and covered by the signature."""

    writer: str
    sequence: int
    hash: bytes
    time_us: int
    links: bytes
    key_id: str
    signature: bytes


class AuditRepository(Protocol):
    """The audit tables: append only."""

    def append(self, rows: Sequence[AuditRow]) -> None:
        """Raises AlreadyExistsError if a sequence of the writer exists."""
        ...

    def append_head(self, head: AuditHead) -> None: ...

    def writers(self) -> list[tuple[str, int, bytes]]:
        """(writer, last sequence, last hash) of every chain."""
        ...

    def events(self, writer: str, *, after: int, limit: int) -> list[AuditRow]: ...

    def heads(self, writer: str) -> list[AuditHead]: ...

    def latest(self, tenant: str, *, before: tuple[int, str, int] | None, limit: int, resource: str = "") -> list[AuditRow]:
        """A tenant's events, newest first by (time_us, writer, sequence), older than `before`."""
        ...
