"""The short commands of `strongroom-server`: init, config check, tenants add."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

from vault_server.bootstrap import migrate_store
from vault_server.config import Settings, load_settings, settings_problems
from vault_server.errors import VaultError
from vault_server.new_folder import MadeFiles, make_folder
from vault_server.open_keys import open_keys
from vault_server.ports.runtime import Runtime
from vault_server.provisioning import make_tenant, recovery_hint
from vault_server.storage.opening import open_store


def init(folder: Path, tenant: str) -> int:
    """Make a vault in `folder`, or what is missing of it."""
    runtime = Runtime()
    _say(make_folder(folder, tenant=tenant, runtime=runtime))
    settings = load_settings(folder / "config.toml", os.environ)
    sys.stdout.write(migrate_store(settings) + "\n")
    _say(_make_tenant(settings, folder, settings.server.home_tenant, developer=False))
    hint = recovery_hint(settings)
    if hint:
        sys.stdout.write(f"Note: {hint}\n")
    sys.stdout.write(f"Serve it with: strongroom-server serve --config {folder / 'config.toml'}\n")
    return 0


def add_tenant(settings: Settings, folder: Path, tenant: str) -> int:
    """Add a tenant beside a stopped vault (SQLite) or a running one (PostgreSQL)."""
    _say(_make_tenant(settings, folder, tenant, developer=False))
    return 0


def check_config(settings: Settings, *, show: bool) -> int:
    """Print every problem, keys opened; 0 if there is none."""
    problems = settings_problems(settings)
    if not problems:
        try:
            open_keys(settings)
        except VaultError as error:
            problems = [error.message]
    if show:
        for section in dataclasses.fields(settings):
            values = getattr(settings, section.name)
            for one in dataclasses.fields(values):
                sys.stdout.write(f"{section.name}.{one.name} = {_shown(getattr(values, one.name))}\n")
    for problem in problems:
        sys.stdout.write(f"problem: {problem}\n")
    if not problems:
        sys.stdout.write("the configuration is sound\n")
    return 1 if problems else 0


def _make_tenant(settings: Settings, folder: Path, tenant: str, *, developer: bool) -> MadeFiles:
    store = open_store(settings.storage.url.reveal_text())
    try:
        return make_tenant(store, folder, tenant, Runtime(), developer=developer)
    finally:
        store.close()


def _shown(value: object) -> str:
    return ":".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _say(made: MadeFiles) -> None:
    for line in made.lines:
        sys.stdout.write(f"made {line}\n")
