"""A bulk process in the hands of one stream: a read's, or an import's.

What was asked for is answered in that order. Whoever gives a process back takes what nobody wants any more first, so that the
next stream finds nothing of it.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

from vault_server.bulk_processes import chunk_frames, page_frames
from vault_server.bulk_processes.chunk_frames import ChunkRequest
from vault_server.bulk_processes.frames import FrameError, FrameKind
from vault_server.bulk_processes.page_frames import PageRequest
from vault_server.bulk_processes.process import BulkProcess
from vault_server.ports.chunks import ChunkToPrepare, PreparedChunk
from vault_server.ports.lent_keys import KeyLender
from vault_server.ports.pages import HelperLostError, Part, Place

_GONE = "the bulk process is gone"


class BorrowedForPages:
    """`ports.pages.PageHelper`: a process with what one stream of a read session needs.

    Attributes:
        made: how many pages were taken.
        broken: the process is not to be used any more.
    """

    def __init__(self, process: BulkProcess, request: Callable[[int, Place, Place], PageRequest]) -> None:
        self.made = 0
        self.broken = False
        self._process = process
        self._request = request
        self._numbers: list[int] = []

    @property
    def waiting(self) -> int:
        return len(self._numbers)

    def ask(self, after: Place, end: Place) -> None:
        def send(connection: socket.socket, number: int) -> None:
            page_frames.send_request(connection, self._request(number, after, end))

        try:
            self._numbers.append(self._process.ask(send))
        except OSError:
            self.broken = True
            raise HelperLostError(_GONE) from None

    def ready(self) -> bool:
        return self._process.ready()

    def take(self) -> Iterator[Part]:
        number = self._numbers.pop(0)
        try:
            while (frame := self._process.answer(number)).kind is not FrameKind.DONE:
                if frame.kind is FrameKind.REFUSED:
                    raise HelperLostError("the page was refused")
                yield page_frames.part_of(frame)
            self.made += 1
        except (FrameError, OSError):
            self.broken = True
            raise HelperLostError(_GONE) from None

    def forget(self) -> None:
        """Take what the stream no longer wants."""
        while self._numbers and not self.broken:
            with suppress(HelperLostError):
                for _ in self.take():
                    pass


class BorrowedForChunks:
    """`ports.chunks.ChunkHelper`: a process as long as an import has it.

    Attributes:
        made: how many chunks were taken.
        broken: the process is not to be used any more.
    """

    def __init__(self, process: BulkProcess, lender: KeyLender, give_back: Callable[[BorrowedForChunks], None]) -> None:
        self.made = 0
        self.broken = False
        self.process = process
        self._lender = lender
        self._give_back: Callable[[BorrowedForChunks], None] | None = give_back
        self._asked: list[tuple[int, ChunkToPrepare]] = []

    @property
    def waiting(self) -> int:
        return len(self._asked)

    def ask(self, chunk: ChunkToPrepare) -> None:
        keys = self._lender.lend_for_import(chunk.tenant, chunk.rows)

        def send(connection: socket.socket, number: int) -> None:
            request = ChunkRequest(
                number=number,
                tenant=chunk.tenant,
                kind=chunk.kind,
                of_import=chunk.of_import,
                request=chunk.request,
                keys=keys,
            )
            chunk_frames.send_chunk(connection, request)

        try:
            self._asked.append((self.process.ask(send), chunk))
        except OSError:
            self.broken = True
            raise HelperLostError(_GONE) from None

    def take(self) -> PreparedChunk | None:
        if self.broken:
            raise HelperLostError(_GONE)
        number, chunk = self._asked.pop(0)
        try:
            frame = self.process.answer(number)
            if frame.kind is FrameKind.REFUSED:
                return None
            prepared = chunk_frames.prepared_of(frame, chunk.tenant, chunk.kind)
        except (FrameError, OSError):
            self.broken = True
            raise HelperLostError(_GONE) from None
        self.made += 1
        return prepared

    def give_back(self) -> None:
        while self._asked and not self.broken:
            with suppress(HelperLostError):
                self.take()
        if self._give_back is not None:
            give_back, self._give_back = self._give_back, None
            give_back(self)
