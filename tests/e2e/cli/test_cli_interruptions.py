"""Pipes that close, keys that interrupt, full disks, two at once, large files: nothing is lost, nothing appears twice."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from pathlib import Path

import pytest

from helpers.cli_desk import HEADER, Desk, ended
from helpers.terminal_screen import Screen
from strongroom_cli import exit_codes

ROWS = 12_000
LONG = 40_000  # seconds of work, so that the signal comes in the middle on any machine
BIG_ROWS = 60_000
MOST_BYTES = 160 * 1024 * 1024


def crm(desk: Desk, rows: int, name: str = "crm.csv") -> str:
    lines = (f"b{n},Mira{n},Holt{n},m{n}@example.com,19{n % 70 + 20}-0{n % 9 + 1}-1{n % 9},note {n}\n" for n in range(rows))
    return desk.file(name, HEADER + "".join(lines))


def stored_ids(desk: Desk) -> list[str]:
    return [item["id"] for row in desk.exported("external_ids") for item in row["external_ids"]]


def test_an_interrupted_import_goes_on_and_stores_no_row_twice(desk: Desk) -> None:
    path = crm(desk, LONG)
    process = desk.process("customers", "import", path, "--source", "crm")
    _until_some_are_stored(desk, process)
    process.send_signal(signal.SIGINT)
    first = ended(process)
    second = desk.run("customers", "import", path, "--source", "crm", "-o", "json")

    assert first.code == exit_codes.INTERRUPTED, first.err
    assert "same command again" in first.err
    assert (second.code, second.json()["rows"]) == (exit_codes.OK, LONG)
    found = stored_ids(desk)
    assert (len(found), len(set(found))) == (LONG, LONG)


def _until_some_are_stored(desk: Desk, process: subprocess.Popen[str]) -> None:
    client = desk.tenant.client()
    while process.poll() is None:
        if next(iter(client.customers.list(page_size=1)), None) is not None:
            return
    raise AssertionError("the import ended before it could be interrupted")


def test_who_stops_waiting_for_a_run_is_told_that_it_goes_on(desk: Desk) -> None:
    process = desk.process("analysis", "start", "--steps", "match", "--wait")
    assert process.stderr is not None
    run = process.stderr.readline().removeprefix("run ").partition(":")[0]
    process.send_signal(signal.SIGINT)
    found = ended(process)

    assert found.code == exit_codes.INTERRUPTED
    assert f"The run goes on. `strongroom analysis watch {run}` follows it" in found.err
    assert desk.run("analysis", "cancel", run).code == exit_codes.OK


def test_ctrl_c_at_a_question_ends_the_command_at_once_and_nothing_is_done(desk: Desk, terminal: tuple[Screen, int]) -> None:
    desk.load("one.csv", HEADER + "b1,Mira,Holt,m@example.com,1980-01-02,x\n")
    screen, theirs = terminal
    process = desk.process("customers", "erase", "crm:b1", stdin=theirs, stdout=theirs, stderr=theirs)
    screen.until("Type the customer id to go on:")
    process.send_signal(signal.SIGINT)
    screen.until("Interrupted.")

    assert process.wait(30) == exit_codes.INTERRUPTED
    assert stored_ids(desk) == ["b1"]


def test_two_imports_of_one_file_at_once_store_it_once(desk: Desk) -> None:
    path = crm(desk, ROWS)
    both = [desk.process("customers", "import", path, "--source", "crm", "-o", "json") for _ in range(2)]

    outcomes = [ended(process) for process in both]

    assert [outcome.code for outcome in outcomes] == [exit_codes.OK, exit_codes.OK], [
        outcome.err[-300:] for outcome in outcomes
    ]
    found = stored_ids(desk)
    assert (len(found), len(set(found))) == (ROWS, ROWS)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the high-water mark is read from Linux")
def test_a_large_file_is_imported_and_exported_in_constant_memory(desk: Desk) -> None:
    path, target = crm(desk, BIG_ROWS), desk.folder / "out.csv"

    for arguments in (
        ("customers", "import", path, "--source", "crm"),
        ("customers", "export", "--fields", "external_ids,given_name", "--out", str(target)),
    ):
        process = desk.process(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _peak_bytes(process.pid))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
        assert process.returncode == exit_codes.OK
        assert 0 < peak < MOST_BYTES
    with target.open() as file:
        assert sum(1 for _ in file) == BIG_ROWS + 1


def _peak_bytes(pid: int) -> int:
    """The process's own high-water mark; that of rusage counts what it was forked from."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def test_a_reader_that_leaves_early_ends_the_command_quietly(desk: Desk) -> None:
    desk.run("customers", "import", crm(desk, 3_000), "--source", "crm")

    for arguments in (("customers", "export", "-o", "jsonl"), ("customers", "list", "--limit", "0"), ("purposes", "list")):
        process = desk.process(*arguments)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        words = process.stderr.read()
        assert (process.wait(60), words.replace("Personal values are masked; --reveal shows them.\n", "")) == (
            exit_codes.OK,
            "",
        )


def test_a_closed_stdout_is_no_fault(desk: Desk) -> None:
    found = ended(desk.process("purposes", "list", before="os.close(1)"))

    assert (found.code, found.err) == (exit_codes.OK, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is a matter of Linux")
@pytest.mark.parametrize("arguments", [("purposes", "list"), ("customers", "export"), ("purposes", "list", "-o", "json")])
def test_a_full_disk_behind_stdout_is_told(desk: Desk, arguments: tuple[str, ...]) -> None:
    desk.load("f.csv", HEADER + "a1,Mira,Holt,,,x\n")
    with Path("/dev/full").open("w") as full:
        found = ended(desk.process(*arguments, stdout=full))

    assert found.code == exit_codes.BAD_FILE
    assert "No space left" in found.err


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_an_export_that_does_not_fit_leaves_no_file(desk: Desk, file_format: str) -> None:
    desk.run("customers", "import", crm(desk, 3_000), "--source", "crm")
    target = desk.folder / "out"
    arguments = ("customers", "export", "-o", file_format, "--out", str(target))

    found = ended(desk.process(*arguments, before="resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384))"))

    assert found.code == exit_codes.BAD_FILE, found.err
    assert "written" in found.err
    assert not [path for path in desk.folder.iterdir() if path.name.startswith("out")]
