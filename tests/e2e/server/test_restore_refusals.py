"""A restore that cannot be: one line that says what to do, and nothing is left in the place of the database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpers.running_vault import copy_vault, write_config
from helpers.server_processes import run, served
from strongroom import Customer


@pytest.fixture(scope="module")
def backed_up(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault with a backup and without its database."""
    folder = tmp_path_factory.mktemp("backed-up")
    copy_vault(vault_template, folder)
    write_config(folder)
    assert run("init", "--data", folder).returncode == 0
    with served(folder) as server, server.client("admin") as client:
        client.customers.create(Customer(given_name="Ada"))
        client.backups.wait(client.backups.create().name)
        server.terminate()
    shutil.rmtree(folder / "data")
    (folder / "data").mkdir(mode=0o700)
    return folder


@pytest.fixture
def folder(backed_up: Path, tmp_path: Path) -> Path:
    copy_vault(backed_up, tmp_path / "vault")
    return tmp_path / "vault"


def assert_refused(folder: Path, code: int, words: str, *arguments: str) -> None:
    done = run("restore", "run", "--config", folder / "config.toml", *arguments)
    assert done.returncode == code, done
    (line,) = done.stderr.splitlines()
    assert words in line
    assert [path.name for path in (folder / "data").iterdir() if not path.name.endswith("lock")] == []


@pytest.mark.parametrize("name", ["nope", "backups/nope", "01890000-0000-7000-8000-000000000000"])
def test_a_backup_that_is_not_there_is_told_with_the_folder(folder: Path, name: str) -> None:
    assert_refused(folder, 4, f"no such backup in the target (the target is {folder / 'backups'}", "--backup", name)


def test_an_empty_target_is_told_with_its_folder(folder: Path) -> None:
    shutil.rmtree(folder / "backups")
    (folder / "backups").mkdir(mode=0o700)
    assert_refused(folder, 4, f"no backup in the target (the target is {folder / 'backups'}")


def test_a_backup_that_was_cut_restores_nothing(folder: Path) -> None:
    for path in (folder / "backups" / "objects").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-10])
    assert_refused(folder, 4, "nothing was restored; name an older backup")
