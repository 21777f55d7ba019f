"""No program that holds keys or customers leaves its memory anywhere when it crashes: in no file, in no crash reporter.

A program named in the kernel's `core_pattern` is handed the memory whatever the limit says, so the limit alone is not enough.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.running_vault import copy_vault, write_config
from helpers.server_processes import run, served

_ASK = """
import ctypes, resource, sys
print(*resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), file=sys.stderr)
"""
_PROGRAMS = {
    "strongroom-server": "from vault_server.main import main; main(['migrate', '--config', 'missing.toml'])",
    "page process": (
        "import socket; from vault_server.bulk_processes.child import run; ours, theirs = socket.socketpair(); ours.close();"
        " run(theirs.detach())"
    ),
    "worker": "from analysis_worker.main import main; main(['run', '--once', '--profile', 'missing'])",
}


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
@pytest.mark.parametrize("program", _PROGRAMS.values(), ids=_PROGRAMS.keys())
def test_program_has_no_core_limit_left_and_is_not_dumpable(program: str, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program + _ASK],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=environment,
        timeout=60,
    )
    assert ended.stderr.splitlines()[-1] == "0 0 0", ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_serving_process_has_no_core_limit_left(vault_template: Path, tmp_path: Path) -> None:
    copy_vault(vault_template, tmp_path)
    write_config(tmp_path)
    assert run("init", "--data", tmp_path).returncode == 0
    with served(tmp_path) as server:
        limits = Path(f"/proc/{server.process.pid}/limits").read_text().splitlines()
    (core,) = [line for line in limits if line.startswith("Max core file size")]
    assert core.split()[4:6] == ["0", "0"]
