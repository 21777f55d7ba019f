"""A bulk process: opens the store read-only, makes pages and prepares chunks that it is asked for, until the other side ends.

It is a composition root of its own, with the least that this takes: no gRPC, no audit, no root key. Keys live as long as the
page or the chunk. Requests come and answers leave by threads of their own: a socket takes less than a page or a chunk at once,
and the next can be made meanwhile.

The socket's end is its end: it dies with the vault however that dies. Signals that are meant for the vault's process group do
not end it, because pages are still needed while the vault drains.
"""

from __future__ import annotations

import queue
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from vault_server.bulk_processes import chunk_frames, frames, page_frames
from vault_server.bulk_processes.chunk_maker import ChunkMaker
from vault_server.bulk_processes.frames import Frame, FrameError, FrameKind
from vault_server.bulk_processes.page_maker import PageMaker
from vault_server.errors import VaultError
from vault_server.interpreter import forbid_core_dumps, spare_memory, tune_interpreter
from vault_server.ports.store import ReadableStore
from vault_server.records.dictionary import Dictionary
from vault_server.storage.opening import open_for_reading
from vault_server.usecases.attribute_catalogue import AttributeCatalogue

_ANSWERS_UNSENT = 8
_REQUESTS_WAITING = 4
Answer = Callable[[socket.socket], None]


def run(descriptor: int) -> int:
    """Serve one vault process over an inherited socket. Returns the exit code."""
    _quiet()
    spare_memory(1)
    with socket.socket(fileno=descriptor) as connection:
        try:
            with _opened(connection) as makers:
                tune_interpreter()
                _serve(connection, makers)
        except (FrameError, OSError):
            return 0  # the vault ended, or does not speak to us any more
        except VaultError:
            return 1  # the store cannot be opened; the vault says so itself
    return 0


def _quiet() -> None:
    """No core file may hold keys; Ctrl-C and a stop of the whole unit are for the vault, which ends us."""
    forbid_core_dumps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class _Makers:
    """What this process can do, on one store."""

    def __init__(self, store: ReadableStore, default_region: str) -> None:
        dictionary, attributes = Dictionary(), AttributeCatalogue(store)
        self._store = store
        self.pages = PageMaker(store, dictionary, attributes)
        self.chunks = ChunkMaker(store, dictionary, attributes, default_region=default_region)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()


def _opened(connection: socket.socket) -> _Makers:
    frame = frames.receive(connection)
    if frame.kind is not FrameKind.OPEN:
        raise FrameError("another frame was expected")
    url, region = frame.fields
    makers = _Makers(open_for_reading(url.decode(errors="replace")), region.decode(errors="replace"))
    frames.send(connection, FrameKind.READY)
    return makers


def _serve(connection: socket.socket, makers: _Makers) -> None:
    requests = _Requests(connection)
    with _Answers(connection) as answers:
        while True:
            frame = requests.next()
            if frame.kind is FrameKind.CHUNK:
                _prepare(chunk_frames.chunk_of(frame), makers.chunks, answers)
            else:
                _make(page_frames.request_of(frame), makers.pages, answers)


def _make(request: page_frames.PageRequest, maker: PageMaker, answers: _Answers) -> None:
    number = request.number
    try:
        for part in maker.parts(request):
            answers.put(lambda connection, part=part: page_frames.send_part(connection, number, part))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    except Exception:  # whoever asked makes the page, and says what is wrong with it
        answers.put(lambda connection: frames.send_end(connection, FrameKind.REFUSED, number))
    else:
        answers.put(lambda connection: frames.send_end(connection, FrameKind.DONE, number))


def _prepare(request: chunk_frames.ChunkRequest, maker: ChunkMaker, answers: _Answers) -> None:
    number = request.number
    try:
        packed = chunk_frames.packed(maker.prepared(request))
    except Exception:  # whoever asked prepares the chunk, and says what is wrong with it
        answers.put(lambda connection: frames.send_end(connection, FrameKind.REFUSED, number))
    else:
        answers.put(lambda connection: chunk_frames.send_prepared(connection, number, packed))


class _Requests:
    """Reads requests, on a thread, a few ahead."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._queue: queue.Queue[Frame | FrameError | OSError] = queue.Queue(_REQUESTS_WAITING)
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def next(self) -> Frame:
        """Raises FrameError, OSError: no more will come."""
        found = self._queue.get()
        if isinstance(found, Frame):
            return found
        raise found

    def _read(self) -> None:
        while True:
            try:
                self._queue.put(frames.receive(self._connection))
            except (FrameError, OSError) as error:
                self._queue.put(error)
                return


class _Answers:
    """Sends answers in order, on a thread, a few at most unsent."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._queue: queue.Queue[Answer | None] = queue.Queue(_ANSWERS_UNSENT)
        self._thread = threading.Thread(target=self._send, name="answers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(queue.Full):
            self._queue.put_nowait(None)

    def put(self, answer: Answer) -> None:
        self._queue.put(answer)

    def _send(self) -> None:
        try:
            while (answer := self._queue.get()) is not None:
                answer(self._connection)
        except OSError:  # the vault ended: so does the thread that waits for requests, or that waits for us
            self._connection.shutdown(socket.SHUT_RDWR)
            while self._queue.get() is not None:
                pass
