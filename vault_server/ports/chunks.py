"""A chunk of an import, prepared, and who helps to prepare chunks: processes of the vault's own, each for one stream at a time.

Rules. A helper answers in the order in which it was asked. It may be lost or refuse at any moment, and then whoever asked
prepares the chunk. What a helper prepares is what the vault's process would: it runs the same code on the same store, a moment
earlier than the chunk is written, so whoever writes has to see to it that nothing has overtaken it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from strongroom.api.v1.import_service_pb2 import ImportRowsResponse
from vault_server.ports.keys import WrappedDek
from vault_server.ports.records import RecordKind, RecordRow, SearchToken


@dataclass(slots=True, kw_only=True)
class PreparedChunk:
    """What a chunk comes to: rows and tokens to write, the keys of its rows (tokens and records), and the answer."""

    tenant: str
    kind: RecordKind
    response: ImportRowsResponse
    keys: frozenset[bytes] = frozenset()
    deks: list[WrappedDek] = field(default_factory=list)
    inserts: list[RecordRow] = field(default_factory=list)
    updates: list[RecordRow] = field(default_factory=list)
    unique: list[SearchToken] = field(default_factory=list)
    tokens: list[SearchToken] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkToPrepare:
    """What a helper is given.

    Attributes:
        of_import: the serialised `Import` that the chunk belongs to.
        request: the serialised `ImportRowsRequest`.
        kind: of the import's records.
        rows: how many the request has.
    """

    tenant: str
    of_import: bytes
    request: bytes
    kind: RecordKind
    rows: int


class ChunkHelper(Protocol):
    """A helper, as long as one stream has it. One thread asks, another takes."""

    @property
    def waiting(self) -> int:
        """How many chunks were asked for and not taken."""
        ...

    def ask(self, chunk: ChunkToPrepare) -> None:
        """Have a chunk prepared.

        Raises:
            HelperLostError: it will not be.
            KeyUnavailableError: the keys for it cannot be lent.
        """
        ...

    def take(self) -> PreparedChunk | None:
        """The chunk that was asked for first, when it is prepared; None if the helper refused it.

        Raises:
            HelperLostError: it will not come, and none after it.
        """
        ...

    def give_back(self) -> None:
        """Take what nobody wants any more, and let others have the helper. Idempotent."""
        ...


class ChunkHelpers(Protocol):
    """All helpers of one vault process. Safe for several threads."""

    def borrow_for_import(self) -> ChunkHelper | None:
        """A helper that is idle now, if there is one; never waits. Without one, one may be started for later."""
        ...
