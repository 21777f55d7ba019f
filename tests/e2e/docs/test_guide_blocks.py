"""The guides to the letter: examples of `docs/guide` run against a real vault, and a restore as the backup guide tells it.

The guides speak of files that a reader has: `people.csv`, `sales.csv`, `tickets.jsonl`, `vault.toml`. They are made here. The
name of a backup in the guide stands for the name of the one that was made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.documents import ROOT, Reader, blocks, write_people

GUIDE = ROOT / "docs" / "guide"
SALES = "id,customer,date,sku,quantity,unit_price,currency\n" + "".join(
    f"s{number},r{number % 5},2026-03-0{1 + number % 9},ABC,1,9.95,EUR\n" for number in range(12)
)
TICKETS = "".join(json.dumps({"id": f"n{number}", "customer": "r1", "text": "Needs a ladder"}) + "\n" for number in range(4))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A reader with a vault in the folder `vault` and the guide's files; nothing analyses beside it."""
    folder = tmp_path_factory.mktemp("guide")
    write_people(folder / "people.csv")
    (folder / "sales.csv").write_text(SALES)
    (folder / "tickets.jsonl").write_text(TICKETS)
    reader = Reader(folder, tmp_path_factory.mktemp("profile"))
    with reader.serves("strongroom-server dev --data vault --no-worker"):
        yield reader


def _shell_lines(page: str) -> list[str]:
    lines = [line for block in blocks(GUIDE / page) if block.language != "python" for line in block.lines()]
    return [line for line in lines if line.startswith(("strongroom ", "strongroom-server "))]


def test_the_imports_and_the_export_of_the_cli_guide_work(served: Reader) -> None:
    lines = _shell_lines("cli.md")

    printed = {line.split()[1] + " " + line.split()[2]: served.types(line) for line in lines}

    assert {"customers import", "transactions import", "needs import", "customers export"} <= set(printed)
    assert re.search(r"created +12\n", printed["transactions import"])
    assert re.search(r"created +4\n", printed["needs import"])


def test_the_example_of_the_sdk_guide_works_against_a_vault(served: Reader) -> None:
    (example,) = [block for block in blocks(GUIDE / "sdk.md") if block.language == "python"]

    printed = served.runs_python(example.text)

    assert "1 rows acknowledged, 0 refused" in printed


def test_polars_takes_an_arrow_read_as_the_sdk_guide_says(served: Reader) -> None:
    program = """
import polars, strongroom
from strongroom import Customer, ExternalId
with strongroom.connect() as client:
    client.customers.create(Customer(given_name="Ada", external_ids=[ExternalId(source="shop", id="P1")]))
    frame = polars.from_arrow(client.read.arrow("analysis", fields=["given_name", "external_ids"]).read_all())
    print("Ada" in frame["given_name"].to_list(), frame.width >= 2)
"""

    assert served.runs_python(program) == "True True\n"


def test_backup_and_restore_work_as_the_backup_guide_tells_them(tmp_path: Path) -> None:
    lines = _shell_lines("backup.md")
    beside_a_vault = [line for line in lines if line.startswith("strongroom ")]
    stopped = [line for line in lines if line.startswith("strongroom-server restore ")]
    assert beside_a_vault
    assert stopped
    reader = Reader(tmp_path, tmp_path / "profile")
    with reader.serves("strongroom-server dev --data . --no-worker"):
        reader.types("strongroom backup create")
        (made, *_) = json.loads(reader.types("strongroom backup list -o json"))
        name = made["name"]
        for line in beside_a_vault:
            reader.types(_with_name(line, name))
    (tmp_path / "config.toml").rename(tmp_path / "vault.toml")

    for line in stopped:
        for file in (tmp_path / "data").iterdir():
            file.unlink()
        assert name.rpartition("/")[2] in reader.types(_with_name(line, name)) or "--backup" not in line


def _with_name(line: str, name: str) -> str:
    return re.sub(r"backups/[0-9a-f]+-\.\.\.", name, line)
