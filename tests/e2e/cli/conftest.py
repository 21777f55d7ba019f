"""A user's desk at a real vault."""

from pathlib import Path

import pytest

from helpers.cli_desk import Desk
from helpers.running_vault import VaultUnderTest, sqlite_vault, vault_template

__all__ = ["sqlite_vault", "vault_template"]


@pytest.fixture
def desk(
    sqlite_vault: VaultUnderTest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """The command, with a profile for a tenant that nobody else uses."""
    monkeypatch.setenv("STRONGROOM_CONFIG_DIR", str(tmp_path / "conf"))
    return Desk(sqlite_vault.tenant(), tmp_path, capsys)
