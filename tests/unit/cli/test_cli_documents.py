import re
from pathlib import Path

import pytest

import strongroom
from helpers.fake_vault import FakeVault
from strongroom_cli import exit_codes
from strongroom_cli.commands import keys
from strongroom_cli.importing.plan import TABLES
from strongroom_cli.main import NOUNS, main

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guide"


def test_the_guide_lists_every_exit_code_with_its_meaning() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", (GUIDE / "cli.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert {int(code): meaning for code, meaning in rows} == exit_codes.MEANING


def test_the_guide_names_every_noun_and_every_target() -> None:
    text = (GUIDE / "cli.md").read_text(encoding="utf-8")

    assert all(f"`{noun}`" in text for noun in NOUNS)
    targets = text.partition("Targets for customers: `")[2].partition("`")[0].split()
    assert set(targets) == TABLES["customers"].targets


def test_the_example_of_the_sdk_guide_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = re.search(r"```python\n(.*?)```", (GUIDE / "sdk.md").read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    with FakeVault() as vault:
        monkeypatch.setenv("STRONGROOM_CONFIG_DIR", str(tmp_path))
        strongroom.write_profile(vault.profile)

        exec(compile(program[1], "sdk.md", "exec"), {})  # noqa: S102 - the guide's own words

    shown = capsys.readouterr().out
    assert "given_name=A." in shown
    assert "1 rows acknowledged, 0 refused" in shown


def test_a_fault_of_the_command_shows_no_values(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_given: object) -> None:
        raise RuntimeError("Wilhelmina Quast")

    monkeypatch.setattr(keys, "open_client", broken)

    assert main(["keys", "list"]) == exit_codes.CHECK_FAILED
    shown = capsys.readouterr().err
    assert "RuntimeError" in shown
    assert "Wilhelmina" not in shown
