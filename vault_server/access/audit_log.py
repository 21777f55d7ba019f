"""The audit log of one process: one chain, written by one caller at a time.

Rules. `append` returns when the events are durable, or raises; nothing in between. Callers take turns: one writes whatever
waits with one storage transaction (group commit). The chain in memory moves only after the storage said yes. When it said no,
the outcome may still be yes (a connection lost while committing), so the next one looks before it writes; if it finds rows
there that it never made, it refuses everything from then on. A chain begins with a random name at each start, and its signed
heads name how far every other chain had come. One thread signs a head for what has been lying unsigned for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Protocol, TypeVar

from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.access.audit_chain import GENESIS, WRITER_BYTES, Link, PreparedEvent, chain_rows, prepare, sign_head
from vault_server.access.audit_verification import Chain, verify_chains
from vault_server.access.stored_chains import read_chain
from vault_server.errors import UnavailableError, VaultError
from vault_server.ports.access import AuditVerification
from vault_server.ports.audit import AuditRepository, AuditRow
from vault_server.ports.root_keys import Signer, Verifier
from vault_server.ports.runtime import Runtime
from vault_server.taking_turns import ClosedError, Take, TakingTurns

HEAD_EVERY_EVENTS = 1000
HEAD_EVERY_S = 30.0
MAX_GROUP_EVENTS = 2000
_MAX_UNSIGNED_GROUPS = 4

_log = logging.getLogger(__name__)
T = TypeVar("T")


class AuditView(Protocol):
    """What the log needs of a storage view."""

    @property
    def audit(self) -> AuditRepository: ...


class AuditStore(Protocol):
    """What the log needs of a store; see `ports.store.Store`."""

    def read(self) -> AbstractContextManager[AuditView]: ...

    def write(self, work: Callable[[AuditView], T]) -> T: ...


@dataclass(slots=True, eq=False)
class _Waiting:
    """The events of one caller, and whether they are durable."""

    events: Sequence[PreparedEvent]
    durable: bool = False


class ChainedAuditLog:
    """Appends events to this process's chain, signs its heads, verifies every chain.

    Args:
        store: where chains are kept.
        signer: signs heads.
        verifiers: by key id, every key that ever signed heads, the signer's own included.
        runtime: clocks and randomness.
        head_every_events: a head is signed at the latest after so many events,
        head_every_s: or so many seconds after the first unsigned one.
    """

    def __init__(
        self,
        store: AuditStore,
        signer: Signer,
        verifiers: Mapping[str, Verifier],
        *,
        runtime: Runtime,
        head_every_events: int = HEAD_EVERY_EVENTS,
        head_every_s: float = HEAD_EVERY_S,
    ) -> None:
        self._store = store
        self._signer = signer
        self._verifiers = verifiers
        self._runtime = runtime
        self._head_every_events = head_every_events
        self._head_every_s = head_every_s
        self.writer = runtime.random_bytes(WRITER_BYTES).hex()
        self._at = Link(self.writer, 0, GENESIS)
        self._signed_sequence = 0
        self._unsigned_since_s = 0.0
        self._linked: dict[str, Link] = {}
        self._uncertain: list[AuditRow] = []
        self._lost = False
        self._turns = TakingTurns[_Waiting](self._write_group, afterwards=self._sign_what_is_due)
        self._ended = Event()
        self._head_lock = Lock()
        self._thread = Thread(target=self._sign_what_lies, name="audit-heads", daemon=True)
        self._thread.start()

    def append(self, events: Sequence[AuditEvent]) -> None:
        if not events:
            return
        now_us = self._runtime.now_us()
        waiting = _Waiting([prepare(event, now_us) for event in events])
        try:
            self._turns.run(waiting)
        except ClosedError:
            raise _unavailable("the audit log is closed") from None
        if not waiting.durable:
            raise _unavailable("the audit log cannot be written, so the call is refused")

    def verify(self) -> AuditVerification:
        """Every chain of the store; what this process has written is an anchor, so nobody can cut it off unseen."""
        self.sign_head()
        anchor = self._at
        with self._store.read() as view:
            audit = view.audit
            chains = [
                Chain(writer, read_chain(audit, writer), audit.heads(writer)) for writer in sorted(self._known_writers(audit))
            ]
            return verify_chains(
                chains,
                self._verifiers,
                anchors=[anchor] if anchor.sequence else [],
                max_unsigned_events=_MAX_UNSIGNED_GROUPS * max(self._head_every_events, MAX_GROUP_EVENTS),
            )

    def sign_head(self) -> None:
        """Sign and store a head now, if there is something unsigned. A failure is logged and tried again later."""
        with self._head_lock:
            at = self._at
            if at.sequence == self._signed_sequence:
                return
            try:
                self._store_head(at)
            except Exception as error:  # the events are durable; the next group tries the head again
                _log.warning("audit_head_failed", extra={"reason": getattr(error, "reason", type(error).__name__)})

    def close(self) -> None:
        """Lets what waits be written and signs the last head. Idempotent."""
        self._turns.close()
        self._ended.set()
        self._thread.join()
        self.sign_head()

    def _known_writers(self, audit: AuditRepository) -> set[str]:
        return {writer for writer, _, _ in audit.writers()}

    def _sign_what_is_due(self) -> None:
        if self._head_is_due():
            self.sign_head()

    def _sign_what_lies(self) -> None:
        """The thread: while nobody writes, the time for a head comes all the same."""
        while not self._ended.wait(self._head_every_s):
            self._sign_what_is_due()

    def _write_group(self, take: Take[_Waiting]) -> None:
        """What waits, up to the largest group."""
        group: list[_Waiting] = []
        count = 0
        while count < MAX_GROUP_EVENTS and (waiting := take()) is not None:
            group.append(waiting)
            count += len(waiting.events)
        try:
            self._write([event for waiting in group for event in waiting.events])
        except Exception as error:  # whatever it is, the callers must be refused
            _log.error("audit_write_failed", extra={"reason": getattr(error, "reason", type(error).__name__)})
            return
        for waiting in group:
            waiting.durable = True

    def _write(self, events: Sequence[PreparedEvent]) -> None:
        self._settle()
        rows = chain_rows(self.writer, self._at, events)
        self._uncertain = rows
        self._store.write(lambda view: view.audit.append(rows))
        self._advance(rows)

    def _settle(self) -> None:
        """After a failed write: find out what of it was kept."""
        if self._lost:
            raise _unavailable("the stored audit chain is not the one that was written")
        if not self._uncertain:
            return
        with self._store.read() as view:
            kept = view.audit.events(self.writer, after=self._at.sequence, limit=len(self._uncertain) + 1)
        if [row.hash for row in kept] not in ([], [row.hash for row in self._uncertain]):
            self._lost = True
            raise _unavailable("the stored audit chain is not the one that was written")
        if kept:
            self._advance(kept)
        self._uncertain = []

    def _advance(self, rows: Sequence[AuditRow]) -> None:
        if self._at.sequence == self._signed_sequence:
            self._unsigned_since_s = self._runtime.monotonic_s()
        self._at = Link(self.writer, rows[-1].sequence, rows[-1].hash)
        self._uncertain = []

    def _head_is_due(self) -> bool:
        unsigned = self._at.sequence - self._signed_sequence
        if not unsigned:
            return False
        overdue = self._runtime.monotonic_s() - self._unsigned_since_s >= self._head_every_s
        return overdue or unsigned >= self._head_every_events or self._signed_sequence == 0

    def _store_head(self, at: Link) -> None:
        with self._store.read() as view:
            others = [Link(*point) for point in view.audit.writers() if point[0] != self.writer]
        news = [link for link in others if self._linked.get(link.writer) != link]
        head = sign_head(self._signer, at, self._runtime.now_us(), news)
        self._store.write(lambda view: view.audit.append_head(head))
        self._linked.update((link.writer, link) for link in news)
        self._signed_sequence = at.sequence


def _unavailable(message: str) -> VaultError:
    return UnavailableError(message, reason="AUDIT_UNAVAILABLE", hint="try again; if it lasts, look at the vault's storage")
