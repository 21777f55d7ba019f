"""What the documentation tells a reader to type, and a place to type it in.

A document is run in a folder of its own where the placeholders are real: `people.csv` is there, `DIR` is made by the command
itself. Everything is typed as written, but for the port: `--port 0` is added to `strongroom-server dev`, because the one in
the document may be taken.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
READY_S = 60.0
STOP_S = 40.0
COMMAND_S = 120.0
FAMILIES = ("Marlow", "Quill", "Arden", "Tansy", "Brook")
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INDENTED = re.compile(r"(?:^    strongroom.*\n)+", re.MULTILINE)
GIVEN = ("Mira", "Jonas", "Ada", "Lena", "Tomas", "Ines", "Paul")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of a document that is to be typed; language `indented` is a block without a fence."""

    language: str
    text: str

    def lines(self) -> list[str]:
        return [line.strip() for line in self.text.splitlines() if line.strip()]


def blocks(page: Path) -> list[Block]:
    """Fenced blocks in their order, then indented ones."""
    text = page.read_text(encoding="utf-8")
    fenced = [Block(language=found[1], text=found[2]) for found in _FENCED.finditer(text)]
    return fenced + [Block(language="indented", text=found[0]) for found in _INDENTED.finditer(_FENCED.sub("", text))]


def write_people(path: Path, people: int = 60) -> int:
    """Invented people, some of them twice with a typo; returns the rows of the table."""
    rows = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["rec_id", "given_name", "family_name", "email", "birth_date", "city"])
        for number in range(people):
            given, family = GIVEN[number % len(GIVEN)], FAMILIES[number % len(FAMILIES)]
            facts = [f"{given}.{family}{number}@example.com".lower(), f"19{40 + number % 50}-05-{1 + number % 28:02}", "Oslo"]
            same = [[f"r{number}", given, family, *facts], [f"r{number}-again", given, family[:-1], *facts]]
            told = same if number % 6 == 0 else same[:1]
            table.writerows(told)
            rows += len(told)
    return rows


class Reader:
    """Somebody who types what a document says, in a folder and with a profile of their own."""

    def __init__(self, folder: Path, profile: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("STRONGROOM_")},
            "STRONGROOM_CONFIG_DIR": str(profile),
            "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    def types(self, line: str) -> str:
        """Returns what the line printed; it must end well."""
        done = self._run(["bash", "-c", line])
        assert done.returncode == 0, f"`{line}` ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def runs_python(self, text: str) -> str:
        done = self._run([sys.executable, "-c", text])
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def serves(self, line: str) -> Iterator[None]:
        """A vault started by the line, from ready to drained."""
        assert line.startswith("strongroom-server dev ")
        with (self.folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {line} --port 0"],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            _wait_until_ready(process)
            yield
        finally:
            process.terminate()
            process.wait(STOP_S)

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    deadline = time.monotonic() + READY_S
    for line in process.stdout:
        if "is ready on" in line:
            return
        assert time.monotonic() < deadline
    raise AssertionError("the vault did not start")
