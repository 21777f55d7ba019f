"""A user's desk for end-to-end tests: the `strongroom` command, a profile for one tenant of a real vault, and files.

Every call is checked for what no user may ever see: a traceback, or the words for a fault of the command itself.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from helpers.running_vault import Tenant
from strongroom import Profile, write_profile
from strongroom_cli.main import main
from vault_server.provisioning import DEVELOPER

NEVER = ("Traceback", "The command itself failed", '.py"')
HEADER = "rec_id,given_name,surname,email,date_of_birth,notes\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """Runs the command as one principal of one tenant."""

    def __init__(self, tenant: Tenant, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.tenant = tenant
        self.folder = folder
        self._capture = capture
        self.config = folder / "conf"
        self.token_file = folder / "token"
        self.write_token(tenant.token(DEVELOPER))
        self.profile()

    def profile(self, **changes: object) -> None:
        """Write the profile anew, with changes."""
        values: dict[str, Any] = {
            "target": self.tenant.vault.target, "tenant": self.tenant.id, "insecure": True, "token_file": str(self.token_file),
        }  # fmt: skip
        write_profile(Profile(**{**values, **changes}), directory=self.config)

    def write_token(self, text: str) -> None:
        self.token_file.write_text(text)
        self.token_file.chmod(stat.S_IRUSR | stat.S_IWUSR)

    def file(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def run(self, *arguments: str) -> Ended:
        """Run the command in this process."""
        self._capture.readouterr()
        try:
            code = main(list(arguments))
        except SystemExit as usage:
            code = int(usage.code or 0)
        shown = self._capture.readouterr()
        return checked(Ended(code=code, out=shown.out, err=shown.err), arguments)

    def load(self, name: str, content: str | bytes, *arguments: str, kind: str = "customers") -> Ended:
        """Import a file with this content."""
        path = self.file(name, content)
        return self.run(kind, "import", path, *(() if "--source" in arguments else ("--source", "crm")), *arguments)

    def exported(self, *fields: str) -> list[dict[str, Any]]:
        ended = self.run("customers", "export", "-o", "jsonl", *(("--fields", ",".join(fields)) if fields else ()))
        assert ended.code == 0, ended.err
        return [json.loads(line) for line in ended.out.splitlines()]

    def process(self, *arguments: str, before: str = "", **options: Any) -> subprocess.Popen[str]:
        """Start the command as a process of its own; `before` is Python that the process runs first."""
        environment = {**os.environ, "STRONGROOM_CONFIG_DIR": str(self.config), "PYTHONFAULTHANDLER": "1"}
        command = [sys.executable, "-m", "strongroom_cli.main", *arguments]
        if before:
            command = [sys.executable, "-c", f"import os, resource\n{before}\nos.execv({sys.executable!r}, {command!r})"]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env=environment, text=True, **{**pipes, **options})


def checked(ended: Ended, arguments: Sequence[str]) -> Ended:
    """Fail where the command showed what no user may see, or failed without a word."""
    for words in NEVER:
        assert words not in ended.err + ended.out, (arguments, ended.err)
    if ended.code not in {0, 1}:
        assert ended.err.strip(), (arguments, "it failed without a word")
    return ended


def ended(process: subprocess.Popen[str], *, timeout_s: float = 60) -> Ended:
    """Wait for a process; one that does not end says where each of its threads stands."""
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        raise AssertionError(f"it did not end: {process.communicate()[1]}") from None
    return checked(Ended(code=process.returncode, out=out or "", err=err or ""), [str(process.args)])
