"""The systemd units start programs that exist, with options that they take, and give them no more than they need."""

import argparse
import configparser
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from analysis_worker import main as worker
from vault_server import main as server

ROOT = Path(__file__).resolve().parents[3]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
PARSERS = {"strongroom-server": server._parser, "strongroom-worker": worker._parser}
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "CapabilityBoundingSet": "",
    "LimitCORE": "0",
    "UMask": "0077",
    "StateDirectoryMode": "0700",
}


def _unit(path: Path) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",), comment_prefixes=("#",))
    parsed.optionxform = str  # type: ignore[assignment, method-assign]  # systemd's names keep their case
    parsed.read(path, encoding="utf-8")
    return parsed


def test_there_is_a_unit_for_each_program_that_serves() -> None:
    assert [path.stem for path in UNITS] == sorted(PARSERS)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
@pytest.mark.parametrize("line", ["ExecStartPre", "ExecStart"])
def test_a_unit_starts_an_installed_program_with_options_that_it_takes(path: Path, line: str) -> None:
    command = _unit(path)["Service"].get(line)
    if command is None:
        assert line == "ExecStartPre"
        return
    program, *arguments = shlex.split(command)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]

    assert Path(program).name in scripts
    given = PARSERS[Path(program).name]().parse_args(arguments)
    assert isinstance(given, argparse.Namespace)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_hardened_and_has_a_user_of_its_own(path: Path) -> None:
    service = _unit(path)["Service"]

    assert {name: service.get(name) for name in HARDENED} == HARDENED
    assert service["User"] == service["Group"] == service["StateDirectory"]


def test_vault_and_worker_are_different_users_and_the_worker_cannot_see_the_vaults_folder() -> None:
    vault, helper = (_unit(path)["Service"] for path in UNITS)

    assert vault["User"] != helper["User"]
    assert helper["InaccessiblePaths"] == f"-{vault['WorkingDirectory']}"


def test_the_vault_is_given_longer_to_stop_than_it_takes_to_drain() -> None:
    from vault_server.config import ServerSettings

    assert int(_unit(UNITS[0])["Service"]["TimeoutStopSec"]) > ServerSettings().drain_s


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_itself_finds_nothing_wrong_with_a_unit(path: Path, tmp_path: Path) -> None:
    """The programs are looked for where they are in this environment, since nothing is installed under /opt."""
    unit = tmp_path / path.name
    unit.write_text(path.read_text(encoding="utf-8").replace("/opt/strongroom/bin", str(Path(sys.executable).parent)))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
