"""What a backup reads and a restore loads: stored rows, the same for every engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol


class SnapshotTable(NamedTuple):
    """One backed-up table: rows are tuples of int, str, bytes, bool or None in the order of `columns`, sorted by primary key.

    Attributes:
        keys: whether the rows are key material (DEKs), kept in shards of their own.
    """

    name: str
    columns: tuple[str, ...]
    keys: bool


class SnapshotSource(Protocol):
    """Everything that a backup holds: stored ciphertext rows, the same for every engine.

    Search tokens, sessions and leases are left out.
    """

    @property
    def schema_version(self) -> str: ...

    @property
    def vault_id(self) -> str: ...

    def watermark(self) -> int: ...

    def tables(self) -> list[SnapshotTable]:
        """In an order in which they can be loaded."""
        ...

    def rows(self, table: str, *, batch: int) -> Iterator[list[tuple[object, ...]]]: ...


class SnapshotSink(Protocol):
    """A fresh, empty store that a backup is loaded into; nothing of it is used before `finish`."""

    def load(self, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None: ...

    def finish(self) -> None:
        """Checks, starts a new change epoch, syncs to disk."""
        ...

    def abandon(self) -> None:
        """Removes what was loaded."""
        ...
