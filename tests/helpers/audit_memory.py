"""An audit repository in memory, with knobs for attacks and faults, and a cheap signer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import TypeVar

from vault_server.errors import AlreadyExistsError, IntegrityError, UnavailableError
from vault_server.ports.audit import AuditHead, AuditRow

T = TypeVar("T")


class MemoryAudit:
    """The audit tables as lists that an attack may edit freely."""

    def __init__(self) -> None:
        self.chains: dict[str, list[AuditRow]] = {}
        self.signed: dict[str, list[AuditHead]] = {}

    def append(self, rows: Sequence[AuditRow]) -> None:
        for row in rows:
            chain = self.chains.setdefault(row.writer, [])
            if any(row.sequence == one.sequence for one in chain):
                raise AlreadyExistsError("taken")
        for row in rows:
            self.chains[row.writer].append(row)

    def append_head(self, head: AuditHead) -> None:
        self.signed.setdefault(head.writer, []).append(head)

    def writers(self) -> list[tuple[str, int, bytes]]:
        return [(writer, rows[-1].sequence, rows[-1].hash) for writer, rows in self.chains.items() if rows]

    def events(self, writer: str, *, after: int, limit: int) -> list[AuditRow]:
        rows = sorted((row for row in self.chains.get(writer, []) if row.sequence > after), key=lambda row: row.sequence)
        return rows[:limit]

    def heads(self, writer: str) -> list[AuditHead]:
        return list(self.signed.get(writer, []))

    def latest(self, tenant: str, *, before: tuple[int, str, int] | None, limit: int, resource: str = "") -> list[AuditRow]:
        rows = [row for chain in self.chains.values() for row in chain if row.tenant == tenant]
        rows = [row for row in rows if not resource or resource in row.resources]
        rows.sort(key=lambda row: (row.time_us, row.writer, row.sequence), reverse=True)
        return [row for row in rows if before is None or (row.time_us, row.writer, row.sequence) < before][:limit]


class MemoryAuditStore:
    """One transaction at a time over a `MemoryAudit`.

    Attributes:
        writes: how many transactions were committed.
        fail_before: how many coming writes of events fail without keeping anything.
        fail_after: how many coming writes of events are kept and still fail, like a connection lost while committing.
        before_write: called at the start of each write, to hold it.
    """

    def __init__(self) -> None:
        self.audit = MemoryAudit()
        self.writes = 0
        self.fail_before = 0
        self.fail_after = 0
        self.before_write: Callable[[], object] = lambda: None
        self._lock = Lock()

    def read(self) -> AbstractContextManager[MemoryAuditStore]:
        return nullcontext(self)

    def write(self, work: Callable[[MemoryAuditStore], T]) -> T:
        self.before_write()
        with self._lock:
            before = {writer: list(rows) for writer, rows in self.audit.chains.items()}
            result = work(self)
            appended = self.audit.chains != before
            if appended and self.fail_before:
                self.fail_before -= 1
                self.audit.chains = before
                raise UnavailableError("busy")
            self.writes += 1
            if appended and self.fail_after:
                self.fail_after -= 1
                raise UnavailableError("connection lost")
            return result


class HmacSigner:
    """Signs and verifies with an HMAC, so that tests need no RSA."""

    def __init__(self, key: bytes = b"test key") -> None:
        self._key = key
        self.failing = False

    @property
    def key_id(self) -> str:
        return hashlib.sha256(self._key).hexdigest()

    def sign(self, message: bytes) -> bytes:
        if self.failing:
            raise UnavailableError("no key")
        return hmac.digest(self._key, message, "sha256")

    def verify(self, message: bytes, signature: bytes) -> None:
        if not hmac.compare_digest(hmac.digest(self._key, message, "sha256"), signature):
            raise IntegrityError("signature")
