"""What the rest of the vault knows about keys: what seals its records, and what a failure looks like.

Beside it: stored keys (`keks`), the pairs at the root (`root_keys`), single values (`sealed_values`).

Rules. No caller sees a plain key: it asks for something that seals and opens. Ciphers live for one batch and are then
closed. Everything here that writes to the key store does so in `Keyring` methods, before a batch starts; a `BatchCipher`
itself writes nothing, so it may be used inside a storage transaction. Every failure to unwrap is `KeyUnavailableError`,
every ciphertext that does not open is `IntegrityError`, and neither says why.

`RecordRef` and `WrappedDek` are named tuples, because the bulk paths make one per row (0.36 microseconds to build, a frozen
slotted dataclass 0.62) and take it apart again.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from vault_server.ports.keks import KeyUse
from vault_server.ports.run_secrets import RunSecrets
from vault_server.ports.sealed_values import AuditSealer, BlindIndex, PageTokenSealer

if TYPE_CHECKING:
    from vault_server.ports.records import RecordRow

ID_BYTES = 16


class RecordRef(NamedTuple):
    """The place of one sealed record. All of it is associated data: a ciphertext opens only here.

    Attributes:
        tenant: the tenant's id, as in `tenants/{t}`.
        customer_id: 16 bytes; whose key seals the record.
        kind: number of the record kind (customer, transaction, need, derived data).
        record_id: 16 bytes; for the customer record itself the customer id.
        version: the record's version, which grows by one with each write; 0 to 2^64 - 1.
        schema_revision: revision of the data model that the plaintext was written with; 0 to 2^32 - 1.
    """

    tenant: str
    customer_id: bytes
    kind: int
    record_id: bytes
    version: int
    schema_revision: int


class WrappedDek(NamedTuple):
    """A customer's data-encryption key under the tenant's DATA key of one epoch: a row of the DEK table."""

    customer_id: bytes
    dek_version: int
    kek_epoch: int
    wrapped: bytes


class BatchCipher(Protocol):
    """Seals and opens one batch of one tenant's records; holds plain DEKs until closed.

    Use it as a context manager. Not safe for several threads. It never writes to the key store; `load_dek` may read it when
    another process has started a KEK epoch a moment ago. After `close` every call fails with KeyUnavailableError.
    """

    @property
    def tenant(self) -> str: ...

    def create_dek(self, customer_id: bytes) -> WrappedDek:
        """Make version 1 of a customer's key, hold it, and return the row to store.

        Raises:
            FailedPreconditionError: this batch already holds a key of the customer.
        """
        ...

    def create_deks(self, customer_ids: Sequence[bytes]) -> list[WrappedDek]:
        """`create_dek` for many, in order; the bulk path (one call of the system's random source)."""
        ...

    def next_dek(self, current: WrappedDek) -> WrappedDek:
        """Make the following version of a customer's key; seals use it from now on, the current one still opens.

        Raises:
            KeyUnavailableError: the current one does not unwrap.
        """
        ...

    def load_dek(self, dek: WrappedDek) -> None:
        """Unwrap and hold a stored key. Idempotent; of several versions the highest seals.

        Raises:
            KeyUnavailableError: damaged, moved from another customer or tenant, or its KEK is gone.
        """
        ...

    def load_deks(self, deks: Sequence[WrappedDek]) -> None:
        """`load_dek` for many."""
        ...

    def has_dek(self, customer_id: bytes) -> bool: ...

    def seal(self, ref: RecordRef, plaintext: bytes) -> bytes:
        """Seal one record under its customer's key, which must be held.

        Raises:
            KeyUnavailableError: the customer's key is not held.
            InvalidArgumentError: the reference is malformed or names another tenant.
        """
        ...

    def open(self, ref: RecordRef, envelope: bytes) -> bytes:
        """Open what was sealed under exactly this reference.

        Raises:
            KeyUnavailableError: the customer's key (of the version that sealed it) is not held.
            IntegrityError: anything else: changed, moved, replayed, cut, of an unknown format.
        """
        ...

    def seal_many(self, refs: Sequence[RecordRef], plaintexts: Sequence[bytes]) -> list[bytes]:
        """`seal` for many, in order; the bulk path. Fails as a whole."""
        ...

    def open_many(self, refs: Sequence[RecordRef], envelopes: Sequence[bytes]) -> list[bytes]:
        """`open` for many, in order; the bulk path. Fails as a whole; open one by one to find the broken record."""
        ...

    def open_each(self, kind: int, rows: Sequence[RecordRow], deks: Sequence[WrappedDek]) -> list[bytes]:
        """The bulk path of reads: every row under the key beside it, which is its customer's; no key is held afterwards.

        Raises:
            KeyUnavailableError: a key does not unwrap, or is another customer's.
            IntegrityError: a row is not what was sealed under its key and place; under an older key of the customer it is not
                either: load all versions and use `open_many`.
        """
        ...

    def close(self) -> None:
        """Drop every key. Idempotent."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Batches(Protocol):
    """Whoever has keys to open rows with: the keyring, or the keys that were lent for a page."""

    def batch(self, tenant: str) -> BatchCipher: ...


class ImportKeys(Batches, Protocol):
    """Whoever has keys to seal rows with and to make them searchable: the keyring, or the keys that were lent for a chunk."""

    def blind_index(self, tenant: str) -> BlindIndex: ...


class Keyring(ImportKeys, Protocol):
    """One per process: knows the root key, caches unwrapped KEKs for at most a minute, starts epochs when they are due.

    Its methods may write to the key store (a tenant's first key, a new epoch, a reservation of wraps), so call them before
    opening a storage transaction. Safe for several threads.

    Each raises KeyUnavailableError when a key that is needed cannot be unwrapped or was destroyed.
    """

    def page_tokens(self, tenant: str) -> PageTokenSealer: ...

    def sealed_audit(self, tenant: str) -> AuditSealer: ...

    def run_secrets(self, tenant: str) -> RunSecrets: ...

    def invalidate(self, tenant: str) -> None:
        """Forget the cached keys of a tenant; the next call reads the store again."""
        ...


class KeyRotation(Protocol):
    """Changes keys while everything runs. Progress is in the rows, so each call may be repeated after a crash."""

    def start_epoch(self, tenant: str, use: KeyUse) -> int:
        """Begin a new epoch; the one before only unwraps from then on. Returns the new number.

        For DATA, move the DEKs with `rewrap_deks` afterwards; for INDEX, rebuild every token in the new version.
        """
        ...

    def rewrap_deks(self, tenant: str, deks: Sequence[WrappedDek]) -> list[WrappedDek]:
        """The same DEKs under the active epoch, in order; what they seal is untouched.

        Store each only if its row still holds the wrapping that was given here.

        Raises:
            KeyUnavailableError: one does not unwrap.
        """
        ...
