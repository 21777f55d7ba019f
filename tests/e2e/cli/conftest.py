"""A user's desk at a real vault, and a terminal."""

import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.cli_desk import Desk
from helpers.running_vault import VaultUnderTest, sqlite_vault, vault_template
from helpers.terminal_screen import Screen

__all__ = ["sqlite_vault", "vault_template"]


@pytest.fixture
def desk(
    sqlite_vault: VaultUnderTest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """The command, with a profile for a tenant that nobody else uses."""
    monkeypatch.setenv("STRONGROOM_CONFIG_DIR", str(tmp_path / "conf"))
    return Desk(sqlite_vault.tenant(), tmp_path, capsys)


@pytest.fixture
def terminal() -> Iterator[tuple[Screen, int]]:
    ours, theirs = pty.openpty()
    yield Screen(ours), theirs
    for each in (ours, theirs):
        os.close(each)
