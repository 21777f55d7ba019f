"""Real workers: `strongroom-worker run` as a process, and its events as they come."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LEASE_S = 3
PATIENCE_S = 60.0


class WorkerProcess:
    """`strongroom-worker run`, and its events as they come."""

    def __init__(
        self, config: Path, *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        surroundings = {**os.environ, **(environment or {}), "STRONGROOM_CONFIG_DIR": str(config)}
        command = [sys.executable, "-m", "analysis_worker.main", "run", "--lease-s", str(LEASE_S), *arguments]
        self.process = subprocess.Popen(
            command, cwd=cwd, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def events(self) -> Iterator[str]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            yield json.loads(line)["event"]

    def until(self, event: str) -> None:
        assert event in self.events(), f"the worker ended without {event}"

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextmanager
def worker_process(
    config: Path, *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(config, *arguments, cwd=cwd, environment=environment)
    try:
        yield worker
    finally:
        worker.process.kill()
        worker.process.communicate()


def open_for_writing(pid: int) -> set[str]:
    """Regular files on a disk; memory, pipes and sockets are none."""
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(descriptor.readlink())
            writable = descriptor.lstat().st_mode & 0o200
        except OSError:  # closed meanwhile, or the process has ended
            continue
        if writable and target.startswith("/") and not target.startswith(("/dev/", "/proc/", "/memfd:")):
            found.add(target)
    return found
