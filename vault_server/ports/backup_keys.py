"""What backups know about keys: a cipher for one backup's chunks, and its key wrapped for everyone who may restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self


class RecipientRole(StrEnum):
    """Why a key can open a backup: it is the vault's root key, or an offline recovery key."""

    ROOT = "ROOT"
    RECOVERY = "RECOVERY"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedBackupKey:
    """A backup's key for one recipient; goes into the signed manifest.

    Attributes:
        recipient_key_id: the `key_id` of the recipient's public key.
    """

    recipient_key_id: str
    role: RecipientRole
    wrapped: bytes


class BackupCipher(Protocol):
    """Seals and opens the chunks of one backup. Use it as a context manager; safe for several threads until closed."""

    @property
    def backup_id(self) -> bytes: ...

    def seal(self, role: str, position: int, plaintext: bytes) -> bytes:
        """Seal one chunk; the backup's id, `role` (such as "rows" or "deks") and `position` are associated data."""
        ...

    def open(self, role: str, position: int, sealed: bytes) -> bytes:
        """Undo `seal`.

        Raises:
            IntegrityError: changed, cut, or from another backup, role or position.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class BackupKeys(Protocol):
    """Makes a random key for each backup and wraps it for everyone who may restore."""

    def create(self, backup_id: bytes) -> tuple[BackupCipher, tuple[WrappedBackupKey, ...]]:
        """A new key for a new backup (16-byte id), wrapped for the root key and for every recovery key.

        The wrapped keys are not authenticated by themselves: sign the manifest that carries them.
        """
        ...

    def open(self, backup_id: bytes, wrapped: Sequence[WrappedBackupKey]) -> BackupCipher:
        """The cipher of an existing backup, by whichever private key is held here.

        Raises:
            KeyUnavailableError: none of the recipients is held here, or the wrapped key is damaged or of another backup.
        """
        ...
