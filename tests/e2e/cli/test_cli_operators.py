"""What an operator does with the command on a real vault: backups, tokens, keys, audit, schedules; every format parses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from helpers.cli_desk import HEADER, Desk
from helpers.running_vault import VaultUnderTest
from strongroom_cli import exit_codes
from vault_server.main import main as server_main

GOOD = HEADER + "a1,Mira,Holt,mira@example.com,1980-01-02,fine\n"


@pytest.fixture
def office(
    sqlite_vault: VaultUnderTest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Desk:
    """The command, for the tenant whose operators run the vault."""
    monkeypatch.setenv("STRONGROOM_CONFIG_DIR", str(tmp_path / "conf"))
    return Desk(sqlite_vault.home, tmp_path, capsys)


def test_every_list_speaks_every_format(office: Desk) -> None:
    office.load("f.csv", GOOD)
    nouns = ("customers", "transactions", "needs", "analysis", "backup", "keys", "tokens", "purposes", "schedules")
    lists = [*((noun, "list") for noun in nouns), ("audit", "tail"), ("doctor",)]

    for arguments in lists:
        table, whole, lines = (office.run(*arguments, "-o", name) for name in ("table", "json", "jsonl"))
        assert {table.code, whole.code, lines.code} == {exit_codes.OK}, arguments
        assert isinstance(whole.json(), list)
        assert all(isinstance(json.loads(line), dict) for line in lines.out.splitlines())


def test_a_backup_is_made_verified_and_planned_to_be_restored(office: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    office.load("f.csv", GOOD)

    made = office.run("backup", "create", "-o", "json")
    name = made.json()["name"].rpartition("/")[2]
    verified = office.run("backup", "verify", name, "-o", "json")
    capsys.readouterr()
    beside = office.folder / "beside"
    shutil.copytree(office.tenant.vault.folder, beside, ignore=shutil.ignore_patterns("data"))

    assert (made.code, verified.code) == (exit_codes.OK, exit_codes.OK)
    assert verified.json()["verify_time"]
    assert office.run("doctor", "-o", "json").json()[-1]["result"] == "ok"
    shown = {}
    for output in ("table", "json", "jsonl"):
        code = server_main(["restore", "plan", "--config", str(beside / "config.toml"), "--backup", name, "-o", output])
        shown[output] = capsys.readouterr()
        assert code == 0, shown[output].err
    assert json.loads(shown["json"].out) == json.loads(shown["jsonl"].out)
    assert len(shown["jsonl"].out.splitlines()) == 1
    assert name in shown["table"].out


def test_the_audit_log_tells_who_and_verifies(office: Desk) -> None:
    office.load("f.csv", GOOD)
    office.exported("given_name")

    tail = office.run("audit", "tail", "-n", "5")
    verified = office.run("audit", "verify", "-o", "json")

    assert "developer" in tail.out
    assert "CreateReadSession" in tail.out
    assert "Mira" not in tail.out
    assert (verified.code, verified.json()["valid"]) == (exit_codes.OK, True)


@pytest.mark.parametrize("verb", [("backup", "verify", "nope"), ("schedules", "put", "x", "--every", "0")])
def test_an_operators_slip_is_told(office: Desk, verb: tuple[str, ...]) -> None:
    assert office.run(*verb).code in {exit_codes.NOT_FOUND, exit_codes.USAGE}
