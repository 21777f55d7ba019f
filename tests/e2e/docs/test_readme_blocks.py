"""The README to the letter: every block is run as it is written, from top to bottom, against a real vault.

See `helpers.documents` for what is made real. `make demo` and `make test` are compared with the Makefile and not run: one takes
minutes, the other would run this test.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.documents import ROOT, Block, Reader, blocks, write_people

README = ROOT / "README.md"
BLOCKS = blocks(README)
PEOPLE = 70
STARTS = "strongroom-server dev "


def _of(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader who has started the vault with the README's own line and has a `people.csv`."""
    folder = tmp_path_factory.mktemp("readme")
    assert write_people(folder / "people.csv") == PEOPLE
    made = Reader(folder, tmp_path_factory.mktemp("profile"))
    start = next(line for block in _of("sh") for line in block.lines() if line.startswith(STARTS))
    with made.serves(start):
        yield made


def test_every_block_of_the_readme_is_one_that_is_run() -> None:
    assert {block.language for block in BLOCKS} == {"sh", "python"}
    assert len(_of("python")) == 1
    assert sum(len(block.lines()) for block in _of("sh")) >= 11


def test_every_make_target_of_the_readme_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", README.read_text(encoding="utf-8")))

    assert {"demo", "test"} <= named <= targets


def test_the_python_example_of_the_readme_has_ten_lines_and_says_what_it_should(reader: Reader) -> None:
    (example,) = _of("python")

    printed = reader.runs_python(example.text)

    assert len(example.lines()) <= 10
    found, entities = printed.splitlines()
    assert found.startswith("True ")
    assert "Holt" not in found
    assert entities == "entities: 1.0"


def test_the_shell_blocks_of_the_readme_work_one_after_the_other(reader: Reader) -> None:
    typed = {line: reader.types(line) for line in _shell_lines()}

    assert re.search(rf"created +{PEOPLE}\n", next(text for line, text in typed.items() if "customers import" in line))
    exported = next(text for line, text in typed.items() if "customers export" in line)
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert set(rows[0]) == {"external_ids", "entity"}
    entity = {row["external_ids"].removeprefix("crm:"): row["entity"] for row in rows}
    assert entity["r0"] == entity["r0-again"] != entity["r1"]


def _shell_lines() -> list[str]:
    lines = [line for block in _of("sh") for line in block.lines()]
    return [line for line in lines if not line.startswith(("make ", STARTS, "export "))]


def test_the_readme_says_what_it_is_for_whom_and_how_in_its_first_screen() -> None:
    first_screen = README.read_text(encoding="utf-8").splitlines()[:40]
    text = "\n".join(first_screen)

    assert all(said in text for said in ("# Strongroom", "It is for ", "make demo", "make test", "import strongroom"))


def test_the_files_that_the_readme_promises_are_there() -> None:
    assert Path(ROOT / "LICENSE").read_text(encoding="utf-8").lstrip().startswith("Apache License")
