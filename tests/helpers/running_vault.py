"""A real vault for tests: all rooms wired, real gRPC on a loopback port, SQLite or PostgreSQL below.

Keys are made once a test session, because RSA generation takes seconds; every vault gets a copy of that folder. Tests that
share a vault get tenants of their own, so that none sees another's data. Import the fixtures into a `conftest.py`.
"""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from helpers.postgres import PostgresServer
from strongroom import Client, Profile, Secret
from strongroom.retrying import RetryPolicy
from vault_server.bootstrap import RunningVault, migrate_store
from vault_server.config import Settings, load_settings
from vault_server.new_folder import make_folder
from vault_server.ports.runtime import Runtime
from vault_server.provisioning import DEVELOPER, PRINCIPALS, make_tenant

HOME = "main"
ONCE = RetryPolicy(attempts=1)
ROLES = tuple(PRINCIPALS)
_tenant_numbers = itertools.count(1)


class Clock:
    """The wall clock, which a test can put ahead."""

    def __init__(self) -> None:
        self.ahead_us = 0

    def now_us(self) -> int:
        return time.time_ns() // 1000 + self.ahead_us

    @contextmanager
    def ahead(self, seconds: float) -> Iterator[None]:
        self.ahead_us += int(seconds * 1_000_000)
        try:
            yield
        finally:
            self.ahead_us -= int(seconds * 1_000_000)


class Tenant:
    """One tenant of a running vault and a client for each of its principals."""

    def __init__(self, vault: VaultUnderTest, name: str) -> None:
        self.vault = vault
        self.id = name
        self.name = f"tenants/{name}"
        self._clients: dict[str, Client] = {}

    def token(self, principal: str) -> str:
        file = f"{principal}.token" if self.id == HOME else f"{self.id}.{principal}.token"
        return (self.vault.folder / "tokens" / file).read_text().strip()

    def client(self, principal: str = DEVELOPER) -> Client:
        """A client that tries once: a test wants to see every refusal."""
        if principal not in self._clients:
            self._clients[principal] = self.vault.connect(self.id, self.token(principal))
        return self._clients[principal]

    def __getattr__(self, principal: str) -> Client:
        if principal in ROLES or principal == DEVELOPER:
            return self.client(principal)
        raise AttributeError(principal)


class VaultUnderTest:
    """A vault inside the test's process."""

    def __init__(self, folder: Path, settings: Settings, closing: ExitStack) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = Clock()
        self._closing = closing
        migrate_store(settings)
        self.running = RunningVault(settings, Runtime(now_us=self.clock.now_us))
        closing.callback(self.running.stop, 5)
        self.running.start()
        self.target = f"127.0.0.1:{self.running.server.port}"
        self.home = self.tenant(HOME)

    @property
    def store(self) -> Any:
        """The store below, for tests that look at or change stored rows."""
        return self.running.store

    def tenant(self, name: str = "") -> Tenant:
        """A tenant of its own for a test, or one by name."""
        name = name or f"t{next(_tenant_numbers)}"
        make_tenant(self.running.store, self.folder, name, Runtime(), developer=True)
        return Tenant(self, name)

    def connect(self, tenant: str, token: str | None = None) -> Client:
        profile = Profile(target=self.target, tenant=tenant, insecure=True)
        client = Client(profile, token=None if token is None else Secret(token), retry=ONCE)
        self._closing.callback(client.close)
        return client

    def channel(self) -> grpc.Channel:
        """A bare channel, for requests that no client would send."""
        channel = grpc.insecure_channel(self.target)
        self._closing.callback(channel.close)
        return channel


@contextmanager
def running_vault(
    template: Path, folder: Path, *, storage_url: str = "", tls: str = "", **server: object
) -> Iterator[VaultUnderTest]:
    """A vault on a copy of `template`; `server` overrides settings of that section."""
    copy_vault(template, folder)
    write_config(folder, storage_url=storage_url, tls=tls, **server)
    with ExitStack() as closing:
        yield VaultUnderTest(folder, load_settings(folder / "config.toml", {}), closing)


def copy_vault(template: Path, folder: Path) -> None:
    shutil.copytree(template, folder, dirs_exist_ok=True)
    folder.chmod(0o700)


def write_config(folder: Path, *, storage_url: str = "", tls: str = "", **server: object) -> Path:
    """A configuration for plain text on an ephemeral port."""
    given = {"address": "127.0.0.1:0", "plaintext": True, "home_tenant": HOME, "drain_s": 5, "log_level": "warning", **server}
    lines = ["[server]", *(f"{name} = {_toml(value)}" for name, value in given.items())]
    lines += ["[storage]", f'url = "{storage_url or "sqlite:///data/vault.db"}"']
    lines += ["[tls]", tls]
    path = folder / "config.toml"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'


@pytest.fixture(scope="session")
def vault_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys and certificates, and no database."""
    folder = tmp_path_factory.mktemp("vault-template")
    make_folder(folder, tenant=HOME, runtime=Runtime())
    return folder


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def vault(
    request: pytest.FixtureRequest, vault_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VaultUnderTest]:
    """One vault on each engine for the whole session."""
    url = ""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.url(server.create_database())
    with running_vault(vault_template, tmp_path_factory.mktemp(f"vault-{request.param}"), storage_url=url) as made:
        yield made


@pytest.fixture(scope="session")
def sqlite_vault(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultUnderTest]:
    """One vault on SQLite, for rules that no engine has a part in."""
    with running_vault(vault_template, tmp_path_factory.mktemp("vault-one")) as made:
        yield made


@pytest.fixture
def acme(vault: VaultUnderTest) -> Tenant:
    """A new tenant."""
    return vault.tenant()


@pytest.fixture
def other(vault: VaultUnderTest) -> Tenant:
    """Another new tenant."""
    return vault.tenant()
