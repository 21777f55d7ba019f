"""What the use cases ask of backup: make one, find one, prove one.

Rules. A backup exists when its signed manifest is published, and not before; whatever interrupts the making leaves only objects
that no manifest names. Every method may take long; `active` is asked between two chunks and ends the work when it says no.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRecord:
    """A published backup, as its signed manifest tells.

    Attributes:
        backup_id: 16 bytes (UUIDv7).
        sequence: place in the repository's chain of manifests, from 1.
        size_bytes: bytes of all its objects and its manifest in the target.
        digest: SHA-256 over the logical content, hex.
        position: change position of the snapshot.
    """

    backup_id: bytes
    sequence: int
    vault_id: str
    schema_version: str
    engine: str
    started_us: int
    completed_us: int
    size_bytes: int
    rows: int
    digest: str
    position: int


class BackupEngine(Protocol):
    """Backs one vault up to one target."""

    def create(self, backup_id: bytes, *, active: Callable[[], bool]) -> BackupRecord:
        """Take a snapshot and publish it.

        Raises:
            StorageFullError: the target or the snapshot's disk is full; no manifest was published.
            ConflictError: `active` said no.
            FailedPreconditionError: the repository belongs to another vault.
            IntegrityError: the repository's newest manifest is broken.
        """
        ...

    def find(self, backup_id: bytes) -> BackupRecord | None:
        """The published backup, if there is one; checks its signature, not its objects."""
        ...

    def verify(self, backup_id: bytes, *, active: Callable[[], bool]) -> BackupRecord:
        """Read everything back: chain, signature, every hash, every seal, counts and the logical digest.

        Raises:
            NotFoundError: no such backup in the target.
            IntegrityError: something is broken; the message says what.
            KeyUnavailableError: no key that opens it is held here.
            ConflictError: `active` said no.
        """
        ...

    def describe_target(self) -> str:
        """One line for people, free of secrets."""
        ...


class ErasureNotes(Protocol):
    """Where erasures are kept beside the backups, so that restoring an older backup repeats them."""

    def note(self, tenant: str, customer_id: bytes, erased_us: int) -> None:
        """Return when the erasure is durable in the target. Noting it again is harmless.

        Raises:
            UnavailableError: the target cannot be written now.
            StorageFullError: it is full.
        """
        ...
