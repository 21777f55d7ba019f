"""Key-encryption keys as they are stored: wrapped, by tenant, use and epoch, and the fence that makes a destroyed key known.

Rules. A row never holds a plain key. What an unwrapped one may do, and how long it is kept, the keyring says (`ports.keys`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class KeyUse(StrEnum):
    """What a key-encryption key is for; one key never serves two uses."""

    DATA = "DATA"
    INDEX = "INDEX"
    PAGE_TOKEN = "PAGE_TOKEN"  # noqa: S105 - the name of a use, not a secret
    AUDIT = "AUDIT"
    RUN = "RUN"


class KekState(StrEnum):
    """ACTIVE wraps and unwraps, DECRYPT_ONLY only unwraps, DESTROYED is gone for ever."""

    ACTIVE = "ACTIVE"
    DECRYPT_ONLY = "DECRYPT_ONLY"
    DESTROYED = "DESTROYED"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKek:
    """A key-encryption key under the root key: a row of the KEK table.

    Attributes:
        id: 16 random bytes, bound into `wrapped`.
        wraps: how often this key may have been used to encrypt; counts reservations, so never too low.
    """

    id: bytes
    tenant: str
    use: KeyUse
    epoch: int
    root_key_id: str
    wrapped: bytes
    state: KekState
    created_at: datetime
    wraps: int


class KekStore(Protocol):
    """Where wrapped key-encryption keys live. Every method is one transaction of its own and durable on return."""

    def list_keks(self, tenant: str, use: KeyUse) -> Sequence[WrappedKek]:
        """All epochs of one use, oldest first, DESTROYED included (their `wrapped` is empty)."""
        ...

    def list_by_root_key(self, root_key_id: str, *, limit: int) -> Sequence[WrappedKek]:
        """Up to `limit` keys of any tenant that are wrapped by this root key and not DESTROYED, in id order."""
        ...

    def insert_kek(self, kek: WrappedKek) -> None:
        """Add an epoch; unique on (tenant, use, epoch).

        When the new key is ACTIVE, an older ACTIVE epoch of the same tenant and use turns DECRYPT_ONLY in the same transaction.

        Raises:
            AlreadyExistsError: another process was faster; list again and use what is there.
        """
        ...

    def replace_wrapped(self, kek_id: bytes, *, root_key_id: str, wrapped: bytes) -> None:
        """Put the same key under another root key. Idempotent.

        Raises:
            NotFoundError: no such key, or it is DESTROYED.
        """
        ...

    def add_wraps(self, kek_id: bytes, count: int) -> int:
        """Reserve `count` encryptions, atomically, and return the new total.

        Raises:
            NotFoundError: no such key.
        """
        ...

    def set_state(self, kek_id: bytes, state: KekState) -> None:
        """Change the state; DESTROYED also overwrites `wrapped` with nothing and cannot be left again.

        Raises:
            NotFoundError: no such key.
            FailedPreconditionError: the key is DESTROYED already and `state` is another.
        """
        ...


class KeyFence(Protocol):
    """A number per tenant that grows whenever a key was destroyed, read from the database all processes share."""

    def number(self, tenant: str) -> int:
        """The present fence number; 0 before anything was destroyed. One indexed read."""
        ...
