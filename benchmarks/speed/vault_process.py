"""A real vault process for measuring: fresh folder, loopback, TLS and a token as in production, stopped at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

READY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """Where the server listens and what it takes to call it."""

    pid: int
    channel: grpc.Channel
    metadata: tuple[tuple[str, str], ...]

    def peak_memory_bytes(self) -> int:
        """The largest resident sizes of the process and of every process it has, added up.

        Each may have had its peak at another moment, so this is never too low. The code of libraries that a child has loaded
        and the vault has, too, is in memory once and counts once.
        """
        return _peak_bytes(self.pid) + sum(_peak_bytes(pid) - _shared_bytes(pid) for pid in _children(self.pid))


def _peak_bytes(pid: int) -> int:
    return _size_in(Path(f"/proc/{pid}/status"), "VmHWM:")


def _shared_bytes(pid: int) -> int:
    return _size_in(Path(f"/proc/{pid}/smaps_rollup"), "Shared_Clean:")


def _size_in(file: Path, name: str) -> int:
    line = next(line for line in file.read_text(encoding="ascii").splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def _children(pid: int) -> list[int]:
    """Of every thread, and theirs."""
    own = [int(one) for file in Path(f"/proc/{pid}/task").glob("*/children") for one in file.read_text("ascii").split()]
    return [*own, *(further for child in own for further in _children(child))]


@contextmanager
def vault_process(url: str = "") -> Iterator[RunningServer]:
    """A vault on a fresh SQLite file, or on the empty database that `url` names."""
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as folder:
        environment = {
            **os.environ,
            "STRONGROOM_CONFIG_DIR": f"{folder}/profile",
            "STRONGROOM_SERVER_CALLS_PER_PRINCIPAL": "256",
        }
        if url:
            environment["STRONGROOM_STORAGE_URL"] = url
        command = [sys.executable, "-m", "vault_server.main", "dev", "--data", f"{folder}/vault", "--port", "0", "--no-worker"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            port = _wait_until_ready(process)
            with _channel(Path(folder), port) as channel:
                token = (Path(folder) / "vault/tokens/developer.token").read_text(encoding="ascii").strip()
                yield RunningServer(pid=process.pid, channel=channel, metadata=(("authorization", f"Bearer {token}"),))
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(process: subprocess.Popen[str]) -> int:
    deadline = time.monotonic() + READY_S
    assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        if "ready on" in line:
            return int(line.split("ready on ")[1].split()[0].rpartition(":")[2])
        if not line:
            break
    raise RuntimeError("the vault did not start; see its messages above")


def _channel(folder: Path, port: int) -> grpc.Channel:
    authority = (folder / "vault/tls/ca.crt.pem").read_bytes()
    return grpc.secure_channel(f"localhost:{port}", grpc.ssl_channel_credentials(authority))
