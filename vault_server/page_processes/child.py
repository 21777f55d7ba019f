"""A page process: opens the store read-only and makes the pages that it is asked for, until the other side ends.

It is a composition root of its own, with the least that makes a page: no gRPC, no audit, no root key. It keeps nothing of a
page but the session's compiled encoder; keys live as long as the page. Answers leave by a thread of their own, because a
socket takes less than a page at once and the next page can be made meanwhile.

The socket's end is its end: it dies with the vault however that dies. Signals that are meant for the vault's process group do
not end it, because pages are still needed while the vault drains.
"""

from __future__ import annotations

import queue
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Self

from vault_server.crypto.lent_keys import LentKeyring
from vault_server.errors import VaultError
from vault_server.interpreter import forbid_core_dumps, spare_memory, tune_interpreter
from vault_server.page_processes import frames
from vault_server.page_processes.frames import FrameError, FrameKind, PageRequest
from vault_server.ports.pages import Part
from vault_server.ports.store import ReadableStore
from vault_server.records.dictionary import Dictionary
from vault_server.storage.opening import open_for_reading
from vault_server.usecases.attribute_catalogue import AttributeCatalogue
from vault_server.usecases.row_encoding import RowEncoder
from vault_server.usecases.session_pages import SessionPages, row_encoder
from vault_server.usecases.session_plan import SessionPlan

_PARTS_UNSENT = 8


def run(descriptor: int) -> int:
    """Serve one vault process over an inherited socket. Returns the exit code."""
    _quiet()
    spare_memory(1)
    with socket.socket(fileno=descriptor) as connection:
        try:
            with _opened(connection) as maker:
                tune_interpreter()
                _serve(connection, maker)
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


def _opened(connection: socket.socket) -> PageMaker:
    frame = frames.receive(connection)
    if frame.kind is not FrameKind.OPEN:
        raise FrameError("another frame was expected")
    maker = PageMaker(open_for_reading(frame.fields[0].decode(errors="replace")))
    frames.send(connection, FrameKind.READY)
    return maker


def _serve(connection: socket.socket, maker: PageMaker) -> None:
    with _Answers(connection) as answers:
        while True:
            request = frames.request_of(frames.receive(connection))
            try:
                for part in maker.parts(request):
                    answers.put(request.number, part)
            except Exception:  # whoever asked makes the page, and says what is wrong with it
                answers.put(request.number, FrameKind.REFUSED)
            else:
                answers.put(request.number, FrameKind.DONE)


class PageMaker:
    """Makes pages from a store."""

    def __init__(self, store: ReadableStore) -> None:
        self._store = store
        self._dictionary = Dictionary()
        self._attributes = AttributeCatalogue(store)
        self._compiled: tuple[str, bytes, SessionPlan, RowEncoder] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def parts(self, request: PageRequest) -> Iterator[Part]:
        keyring = LentKeyring(request.keys)
        plan, encoder = self._encoder(request.tenant, request.plan)
        pages = SessionPages(
            store=self._store,
            keyring=keyring,
            tenant=request.tenant,
            plan=plan,
            encoder=encoder.under(keyring.pseudonyms()) if plan.run_id else encoder,
        )
        return pages.parts(request.after, request.end)

    def _encoder(self, tenant: str, encoded: bytes) -> tuple[SessionPlan, RowEncoder]:
        """The plan and an encoder without a run's secret; compiled once for the pages of a session."""
        known = self._compiled
        if known is None or known[:2] != (tenant, encoded):
            plan = SessionPlan.decode(encoded)
            attributes = self._attributes.of(tenant, refresh=True)
            known = (tenant, encoded, plan, row_encoder(self._dictionary, attributes, tenant, plan, None))
            self._compiled = known
        return known[2], known[3]


class _Answers:
    """Sends answers in order, on a thread, a few at most unsent."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._queue: queue.Queue[tuple[int, Part | FrameKind] | None] = queue.Queue(_PARTS_UNSENT)
        self._thread = threading.Thread(target=self._send, name="answers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(queue.Full):
            self._queue.put_nowait(None)

    def put(self, number: int, answer: Part | FrameKind) -> None:
        self._queue.put((number, answer))

    def _send(self) -> None:
        try:
            while (item := self._queue.get()) is not None:
                number, answer = item
                if isinstance(answer, Part):
                    frames.send_part(self._connection, number, answer)
                else:
                    frames.send_end(self._connection, answer, number)
        except OSError:  # the vault ended: so does the thread that waits for requests, or that waits for us
            self._connection.shutdown(socket.SHUT_RDWR)
            while self._queue.get() is not None:
                pass
