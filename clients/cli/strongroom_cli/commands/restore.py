"""`strongroom restore`: plan and run.

A restore is no call to a vault: the server's own program does it beside a stopped
vault.

Rules: every argument is handed over as it is; the exit code is that program's.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from strongroom_cli import exit_codes
from strongroom_cli.faults import CommandError

_SERVER_PARTS = ("vault_server", "sqlalchemy", "cryptography")


def register(noun: argparse.ArgumentParser) -> None:
    """Add the verbs; they take what `strongroom-server restore` takes."""
    noun.epilog = "exit codes are those of strongroom-server: see strongroom restore plan --help"
    verbs = noun.add_subparsers(dest="verb", metavar="VERB", title="verbs", required=True)
    for verb, summary in (
        ("plan", "say what a restore would do"),
        ("run", "restore a backup into an empty folder or database"),
    ):
        parser = verbs.add_parser(
            verb, add_help=False, help=f"{summary} (arguments: strongroom restore {verb} --help)", prefix_chars="\0"
        )
        parser.add_argument("arguments", nargs=argparse.REMAINDER)
        parser.set_defaults(run=_hand_over)


def _hand_over(given: argparse.Namespace) -> int:
    command = [*server_program(), "restore", given.verb, *given.arguments]
    return subprocess.run(command, check=False).returncode


def server_program() -> list[str]:
    """Return the command that starts the server's program.

    Raises:
        CommandError: the server extra is not installed here.
    """
    if all(find_spec(name) is not None for name in _SERVER_PARTS):
        beside = Path(sys.executable).with_name("strongroom-server")
        return [str(beside)] if beside.exists() else [sys.executable, "-m", "vault_server.main"]
    found = shutil.which("strongroom-server")
    if found is not None:
        return [found]
    raise CommandError(
        "Restoring needs the server on this machine, and it is not installed.",
        hint="Install it: pip install 'strongroom[server]'.",
        exit_code=exit_codes.CONFIGURATION,
    )
