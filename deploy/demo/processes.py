"""The programs that the demo runs, as a user would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_S = 60.0
STOP_S = 40.0
COMMAND_S = 300.0


class DemoError(Exception):
    """A program of the demo did not do its part; the message says which, and what it said."""


def cli(environment: dict[str, str], *arguments: str, visible: bool = False) -> str:
    """Runs `strongroom ARGUMENTS` and returns what it printed; its messages go to the terminal if `visible`.

    Raises:
        DemoError: it failed.
    """
    return _run(environment, "strongroom", *arguments, visible=visible)


def server(environment: dict[str, str], *arguments: str) -> str:
    """Runs `strongroom-server ARGUMENTS` to its end and returns what it printed."""
    return _run(environment, "strongroom-server", *arguments)


def cli_json(environment: dict[str, str], *arguments: str, visible: bool = False) -> dict[str, object]:
    """One JSON object that `strongroom ARGUMENTS -o json` printed."""
    found = json.loads(cli(environment, *arguments, "-o", "json", visible=visible))
    if not isinstance(found, dict):
        raise DemoError(f"strongroom {' '.join(arguments)} printed no object")
    return found


@contextmanager
def vault(environment: dict[str, str], folder: Path) -> Iterator[None]:
    """A vault with one worker beside it, from ready to drained."""
    log = folder.parent / "server.log"
    with log.open("ab") as messages:
        command = [program("strongroom-server"), "dev", "--data", str(folder), "--port", "0"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=messages, text=True)
    try:
        _wait_until_ready(process, log)
        yield
    finally:
        process.terminate()
        process.wait(STOP_S)


def environment_for(output: Path) -> dict[str, str]:
    """This process's environment, with the demo's own profile folder."""
    return {**os.environ, "STRONGROOM_CONFIG_DIR": str(output / "profile")}


def program(name: str) -> str:
    """The installed program beside this Python."""
    return str(Path(sys.executable).with_name(name))


def _run(environment: dict[str, str], name: str, *arguments: str, visible: bool = False) -> str:
    done = subprocess.run(
        [program(name), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=None if visible else subprocess.PIPE,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    if done.returncode != 0:
        raise DemoError(f"`{name} {' '.join(arguments)}` ended with {done.returncode}:\n{done.stdout}{done.stderr or ''}")
    return done.stdout


def _wait_until_ready(process: subprocess.Popen[str], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while process.stdout is not None and time.monotonic() < deadline:
        line = process.stdout.readline()
        if "ready on" in line:
            return
        if not line:
            break
    raise DemoError(f"the vault did not start; see {log}")
