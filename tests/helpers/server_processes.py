"""Real server processes: started by the program's own command line, killed, drained, started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from strongroom import Client, Profile, Secret
from strongroom.retrying import RetryPolicy

COMMAND = (sys.executable, "-m", "vault_server.main")
STOP_S = 30.0


def run(*arguments: str | Path, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """One command of the server program, to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


class ServerProcess:
    """`strongroom-server serve` on a folder; ready when made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stderr: list[str] = []
        self.process = subprocess.Popen(
            [*COMMAND, "serve", "--config", str(folder / "config.toml")],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "STRONGROOM_SERVER_LOG_LEVEL": "info"},
        )
        self.port = self._ready()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def client(self, principal: str = "service", *, attempts: int = 1, timeout_s: float = 30.0) -> Client:
        token = (self.folder / "tokens" / f"{principal}.token").read_text().strip()
        profile = Profile(target=f"127.0.0.1:{self.port}", tenant="main", insecure=True)
        return Client(profile, token=Secret(token), retry=RetryPolicy(attempts=attempts), timeout_s=timeout_s)

    def events(self) -> Sequence[str]:
        return [json.loads(line)["event"] for line in self.stderr if line.startswith("{")]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(STOP_S)
        self._reader.join()

    def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(STOP_S)
        self._reader.join()
        return code

    def _ready(self) -> int:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.stderr.append(line)
            if '"server_started"' in line:
                return int(json.loads(line)["port"])
        raise AssertionError(f"the server did not start: {''.join(self.stderr)}")

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.stderr.extend(self.process.stderr)


@contextmanager
def served(folder: Path) -> Iterator[ServerProcess]:
    """A server that is stopped in the end, if it still runs."""
    server = ServerProcess(folder)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
