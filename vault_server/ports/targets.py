"""Where backups are kept: one small protocol for every kind of target.

Rules. Objects are immutable: a name is written once, whole or not at all, and never overwritten. `put_new` returns when the
object is durable and was read back the same. Names are made by `vault_server.backup` only: lower-case letters, digits, `-` and
`/`. A target sees sealed bytes and never a secret; its errors name objects, not paths with credentials.

Errors of every method: UnavailableError (cannot be reached or permitted now), StorageFullError (no room; nothing of the object
is kept), InvalidArgumentError (not a name of the kind above).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class ObjectInfo(NamedTuple):
    """One stored object."""

    name: str
    size_bytes: int


class Target(Protocol):
    """A place for immutable objects."""

    def put_new(self, name: str, content: bytes) -> None:
        """Create an object, or fail without touching what is there; of two writers of one name exactly one succeeds.

        Raises:
            AlreadyExistsError: the name is taken, whatever its content.
            IntegrityError: what was read back is not what was written; the object is removed again.
        """
        ...

    def get(self, name: str, *, max_bytes: int) -> bytes:
        """The whole object.

        Raises:
            NotFoundError: there is no such object.
            IntegrityError: it is larger than `max_bytes`.
        """
        ...

    def size(self, name: str) -> int:
        """Bytes of an object.

        Raises:
            NotFoundError: there is no such object.
        """
        ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Whole objects whose names start with `prefix` (it ends with `/`), in name order; half-written ones are not listed."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; harmless if it is not there."""
        ...

    def probe(self) -> None:
        """Try for real what a backup relies on: writing, reading back, and refusing to overwrite. Leaves nothing behind.

        Raises:
            ConfigurationError: the target overwrites, loses or changes objects, or cannot be written.
        """
        ...

    def describe(self) -> str:
        """One line for people, free of secrets."""
        ...
