"""One bulk process, as the vault sees it: started over a socket pair, asked, ended and reaped."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

from vault_server.bulk_processes import frames
from vault_server.bulk_processes.frames import Frame, FrameError, FrameKind
from vault_server.ports.secret import Secret

START_S = 60.0
ANSWER_S = 30.0
END_S = 2.0


class BulkProcess:
    """One process and the vault's end of its socket."""

    def __init__(self, url: Secret, default_region: str) -> None:
        self._connection, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "vault_server.bulk_processes", str(theirs.fileno())]
            self._process = subprocess.Popen(
                command,
                env={name: value for name, value in os.environ.items() if not name.startswith("STRONGROOM_")},
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._numbers = 0
        self._connection.settimeout(START_S)
        try:
            frames.send(self._connection, FrameKind.OPEN, url.reveal(), default_region.encode())
            frames.require_ready(frames.receive(self._connection))
        except BaseException:
            self.end(at_once=True)
            raise
        self._connection.settimeout(ANSWER_S)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, send: Callable[[socket.socket, int], None]) -> int:
        """Send a request under a new number, which is returned."""
        self._numbers += 1
        send(self._connection, self._numbers)
        return self._numbers

    def ready(self) -> bool:
        waiting = select.poll()
        waiting.register(self._connection, select.POLLIN)
        return bool(waiting.poll(0))

    def answer(self, number: int) -> Frame:
        """The next frame, which belongs to the request of this number.

        Raises:
            FrameError, OSError: the process is not to be used any more.
        """
        frame = frames.receive(self._connection)
        if frames.number_of(frame) != number:
            raise FrameError("an answer to something else")
        return frame

    def end(self, *, at_once: bool = False) -> None:
        """Close the socket, which ends the process; kill it if it does not. Reaps it. Idempotent."""
        self._connection.close()
        if not at_once:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(END_S)
        self._process.kill()
        self._process.wait()
