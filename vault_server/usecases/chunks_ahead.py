"""Chunks of one import stream, prepared before their turn: in this process, and in a helper beside it.

Why. Preparing a row costs more than twice as much of the interpreter's time as writing it, on one core (docs/adr/0014). The
helper always has the next chunks before it has finished one, this process prepares what lies between; they are written in the
order in which they came.

Rules. What was prepared ahead may have been overtaken: by a chunk in front that has rows of the same keys and was not stored
when the preparation began, or by a destroyed key. Then there is nothing, and the chunk is prepared again in its turn. The first
chunk of a stream never meets a helper: most streams have no second. On any trouble with the helper this goes on without it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from types import TracebackType
from typing import Self

from vault_server.errors import AlreadyExistsError, ConflictError, ErasedError, KeyUnavailableError
from vault_server.ports.chunks import ChunkHelper, ChunkHelpers, ChunkToPrepare, PreparedChunk
from vault_server.ports.pages import HelperLostError

CHUNKS_AHEAD = 4
HELPER_AHEAD = 2
OVERTAKEN = (AlreadyExistsError, ConflictError, ErasedError, KeyUnavailableError)
"""A twin stored the chunk, or somebody took or erased one of its records: it must be prepared again."""


@dataclass(slots=True, kw_only=True)
class Begun:
    """A chunk whose preparation has begun.

    Attributes:
        stored: how many chunks of the stream had been stored by then.
        helper: who prepares it; None for this process, which has done so.
        fence: the tenant's fence when its keys were lent.
    """

    stored: int
    prepared: PreparedChunk | None = None
    helper: ChunkHelper | None = None
    fence: int = 0


class ChunksAhead:
    """One stream's. One thread begins chunks, another takes them; used as a context manager by the one that takes."""

    def __init__(self, helpers: ChunkHelpers, *, fence: Callable[[str], int]) -> None:
        self._helpers = helpers
        self._fence = fence
        self._lock = Lock()  # held by who asks a helper, and by who gives it back
        self._helper: ChunkHelper | None = None
        self._closed = False
        self._begun = 0
        self._stored = 0
        self._keys: deque[frozenset[bytes]] = deque(maxlen=CHUNKS_AHEAD + 2)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._closed = True
            self._let_go()

    def begin(self, chunk: ChunkToPrepare, prepare: Callable[[], PreparedChunk]) -> Begun:
        """Have a chunk prepared by the helper if it has little to do, here if not.

        Raises:
            whatever `prepare` raises, except what being overtaken looks like.
        """
        begun = Begun(stored=self._stored)
        self._begun += 1
        if self._begun > 1 and self._asked(chunk, begun):
            return begun
        with suppress(*OVERTAKEN):
            begun.prepared = prepare()
        return begun

    def take(self, begun: Begun, tenant: str) -> PreparedChunk | None:
        """The prepared chunk, when it is there and nothing has overtaken it."""
        prepared = begun.prepared if begun.helper is None else self._taken(begun.helper)
        if prepared is None or (begun.helper is not None and begun.fence != self._fence(tenant)):
            return None
        since = self._stored - begun.stored
        newer = list(self._keys)[-since:] if since else []
        return prepared if all(keys.isdisjoint(prepared.keys) for keys in newer) else None

    def stored(self, keys: frozenset[bytes]) -> None:
        """A chunk with rows of these keys was stored."""
        self._keys.append(keys)
        self._stored += 1

    def _asked(self, chunk: ChunkToPrepare, begun: Begun) -> bool:
        with self._lock:
            if self._helper is None and not self._closed:
                self._helper = self._helpers.borrow_for_import()
            helper = self._helper
            if helper is None or helper.waiting >= HELPER_AHEAD:
                return False
            begun.fence = self._fence(chunk.tenant)
            try:
                helper.ask(chunk)
            except KeyUnavailableError:  # so it is here, and here it is said
                return False
            except HelperLostError:
                self._let_go()
                return False
            begun.helper = helper
            return True

    def _taken(self, helper: ChunkHelper) -> PreparedChunk | None:
        try:
            return helper.take()
        except HelperLostError:
            with self._lock:
                if self._helper is helper:
                    self._let_go()
            return None

    def _let_go(self) -> None:
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.give_back()
