import csv
import io
import json
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import strongroom
from helpers.fake_vault import FakeVault
from strongroom import Customer, DerivedData, ExternalId
from strongroom.api.v1 import analysis_service_pb2 as analysis
from strongroom_cli import exit_codes
from strongroom_cli.commands import restore
from strongroom_cli.main import NOUNS, main, parser_for
from strongroom_cli.output import Output

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    with FakeVault() as running:
        monkeypatch.setenv("STRONGROOM_CONFIG_DIR", str(tmp_path / "conf"))
        strongroom.write_profile(running.profile)
        yield running


def stored(vault: FakeVault, identity: str = "7", source: str = "crm", given_name: str = "Wilhelmina", **more: str) -> Customer:
    return vault.store(Customer(given_name=given_name, external_ids=[ExternalId(source=source, id=identity)], **more))  # type: ignore[arg-type]  # text fields


def test_a_table_masks_and_json_does_not(vault: FakeVault, capsys: Capture) -> None:
    stored(vault, emails=["wilhelmina@quast.example"])  # type: ignore[arg-type]  # a list of text

    assert main(["customers", "list"]) == exit_codes.OK
    masked = capsys.readouterr().out
    assert main(["customers", "list", "--reveal"]) == exit_codes.OK
    revealed = capsys.readouterr().out
    assert main(["customers", "list", "-o", "jsonl"]) == exit_codes.OK

    assert "Wilhelmina" not in masked
    assert "wilhelmina" not in masked
    assert "W." in masked
    assert "Wilhelmina" in revealed
    assert json.loads(capsys.readouterr().out)["given_name"] == "Wilhelmina"


def test_get_takes_an_external_id_and_shows_results(vault: FakeVault, capsys: Capture) -> None:
    customer = stored(vault)
    vault.derived[customer.name] = DerivedData(entity={"entity": "e1", "size": 2})  # type: ignore[arg-type]  # a mapping is taken too

    assert main(["customers", "get", "crm:7"]) == exit_codes.OK
    shown = capsys.readouterr().out
    assert "e1 (2 records)" in shown
    assert "Wilhelmina" not in shown
    assert main(["customers", "get", "crm:8"]) == exit_codes.NOT_FOUND
    assert main(["customers", "get", "nobody"]) == exit_codes.NOT_FOUND
    assert "Check the id." in capsys.readouterr().err


def test_export_gives_bare_ids_where_there_is_one_source(vault: FakeVault, capsys: Capture) -> None:
    for number in range(5):
        customer = stored(vault, identity=f"rec-{number}")
        vault.derived[customer.name] = DerivedData(entity={"entity": f"e{number % 2}"})  # type: ignore[arg-type]  # a mapping is taken too

    assert main(["customers", "export", "--fields", "external_ids,entity", "-o", "csv"]) == exit_codes.OK

    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["external_ids", "entity"]
    assert rows[1:] == [[f"rec-{number}", f"e{number % 2}"] for number in range(5)]


def test_export_names_sources_where_there_are_several(vault: FakeVault, capsys: Capture) -> None:
    stored(vault)
    stored(vault, identity="8", source="shop")

    assert main(["customers", "export", "--fields", "external_ids"]) == exit_codes.OK

    assert capsys.readouterr().out.splitlines() == ["external_ids", "crm:7", "shop:8"]


@pytest.mark.parametrize("evil", ["=1+1", "+49", "-2", "@x", "\tx", "\rx"])
def test_a_spreadsheet_runs_no_cell_of_an_export(vault: FakeVault, tmp_path: Path, evil: str) -> None:
    stored(vault, given_name=evil)

    assert main(["customers", "export", "--fields", "given_name", "--out", str(tmp_path / "out.csv")]) == exit_codes.OK

    with (tmp_path / "out.csv").open(newline="") as file:
        assert list(csv.reader(file))[1] == [f"'{evil}"]
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600


def test_an_export_that_fails_leaves_no_file(vault: FakeVault, tmp_path: Path, capsys: Capture) -> None:
    for number in range(9):
        stored(vault, identity=str(number))
    vault.break_after["ReadRows"] = [1, *([0] * 20)]

    assert main(["customers", "export", "--fields", "given_name", "--out", str(tmp_path / "out.csv")]) == exit_codes.UNAVAILABLE
    assert main(["customers", "export", "--purpose", "marketing"]) == exit_codes.DENIED

    assert [path.name for path in tmp_path.iterdir()] == ["conf"]
    assert "PURPOSE_DENIED" in capsys.readouterr().err


def test_json_lines_and_parquet_exports_hold_the_values(vault: FakeVault, tmp_path: Path, capsys: Capture) -> None:
    customer = stored(vault)
    vault.derived[customer.name] = DerivedData(segment={"segment": 2, "label": "loyal"})  # type: ignore[arg-type]  # a mapping is taken too

    assert main(["customers", "export", "--fields", "external_ids,given_name,segment", "-o", "jsonl"]) == exit_codes.OK
    line = json.loads(capsys.readouterr().out)
    assert line["external_ids"] == [{"source": "crm", "id": "7"}]
    assert line["segment"]["label"] == "loyal"
    target = tmp_path / "out.parquet"
    assert main(["customers", "export", "--fields", "given_name", "-o", "parquet", "--out", str(target)]) == exit_codes.OK
    assert pq.read_table(target).to_pylist() == [{"given_name": "Wilhelmina"}]


def test_erasing_needs_the_id_typed_or_yes(vault: FakeVault, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    identity = stored(vault).name.rpartition("/")[2]
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["customers", "erase", identity]) == exit_codes.USAGE
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", Terminal("something else\n"))
    assert main(["customers", "erase", identity]) == exit_codes.USAGE
    assert not vault.erased
    monkeypatch.setattr(sys, "stdin", Terminal(f"{identity}\n"))
    assert main(["customers", "erase", identity]) == exit_codes.OK
    assert len(vault.erased) == 1


@pytest.mark.parametrize(("state", "code"), [("RUN_STATE_SUCCEEDED", 0), ("RUN_STATE_FAILED", 1), ("RUN_STATE_CANCELLED", 1)])
def test_waiting_for_a_run_tells_how_it_ended(vault: FakeVault, capsys: Capture, state: str, code: int) -> None:
    name = "tenants/main/runs/r1"
    ended = analysis.Run(name=name, state=analysis.RunState.Value(state), failure_message="too few rows")
    vault.runs[name] = [analysis.Run(name=name, state=analysis.RUN_STATE_RUNNING), ended]

    assert main(["analysis", "start", "--steps", "correct,match", "--wait", "--option", "match.threshold=0.9"]) == code

    (request,) = vault.calls["StartAnalysis"]
    assert [step.step for step in request.steps] == ["correct", "match"]  # type: ignore[attr-defined]  # a StartAnalysisRequest
    assert request.steps[1].options["threshold"] == 0.9  # type: ignore[attr-defined]  # a StartAnalysisRequest
    assert "running" in capsys.readouterr().err


@pytest.mark.usefixtures("vault")
def test_a_report_replaces_no_file_unasked(tmp_path: Path, capsys: Capture) -> None:
    there = tmp_path / "r.html"
    there.write_text("mine", encoding="utf-8")
    assert main(["analysis", "report", "r1", "--out", str(there)]) == exit_codes.BAD_FILE
    assert "--force" in capsys.readouterr().err
    assert there.read_text(encoding="utf-8") == "mine"
    assert main(["analysis", "report", "r1", "--out", str(there), "--force"]) == exit_codes.OK
    assert there.read_text(encoding="utf-8") != "mine"


def test_a_page_is_not_poured_over_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["analysis", "report", "r1"]) == exit_codes.USAGE
    assert "--out report.html" in capsys.readouterr().err


@pytest.mark.usefixtures("vault")
def test_a_report_is_saved(tmp_path: Path) -> None:
    assert main(["analysis", "report", "r1", "--out", str(tmp_path / "r.html")]) == exit_codes.OK
    assert (tmp_path / "r.html").read_bytes() == b"<html>REPORT_FORMAT_HTML</html>"


@pytest.mark.usefixtures("vault")
def test_operators_commands_speak_every_format(capsys: Capture) -> None:
    for form in ("table", "json", "jsonl"):
        for command in (
            ["backup", "create"],
            ["keys", "list"],
            ["audit", "tail"],
            ["backup", "list"],
            ["tokens", "issue", "shop"],
        ):
            assert main([*command, "-o", form]) == exit_codes.OK
            if form != "table":
                json.loads(capsys.readouterr().out or "[]")
        assert main(["audit", "verify", "-o", form]) == exit_codes.CHECK_FAILED
        assert "chain w breaks" in "".join(capsys.readouterr())


@pytest.mark.usefixtures("vault")
def test_an_issued_secret_can_go_to_a_private_file(tmp_path: Path, capsys: Capture) -> None:
    assert main(["tokens", "issue", "shop", "--out", str(tmp_path / "token")]) == exit_codes.OK

    assert (tmp_path / "token").read_text() == "srt_made_up\n"
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert "srt_made_up" not in "".join(capsys.readouterr())


def test_doctor_checks_everything_and_says_what_fails(vault: FakeVault, tmp_path: Path, capsys: Capture) -> None:
    assert main(["doctor", "-o", "json"]) == exit_codes.OK
    checks = {item["check"]: item["result"] for item in json.loads(capsys.readouterr().out)}
    assert checks["connection"] == checks["clock"] == checks["identity"] == "ok"

    token = tmp_path / "token"
    token.write_text("srt_x")
    token.chmod(0o644)
    strongroom.write_profile(strongroom.Profile(target=vault.target, insecure=True, token_file=str(token)))
    assert main(["doctor"]) == exit_codes.CHECK_FAILED
    assert "chmod 600" in capsys.readouterr().out


def test_no_vault_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("STRONGROOM_CONFIG_DIR", str(tmp_path))

    assert main(["keys", "list"]) == exit_codes.CONFIGURATION
    shown = capsys.readouterr().err
    assert "strongroom-server dev" in shown
    assert "Traceback" not in shown


def test_restore_is_handed_to_the_servers_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note = tmp_path / "arguments"
    program = f"import sys, pathlib; pathlib.Path({str(note)!r}).write_text(' '.join(sys.argv[1:])); sys.exit(9)"
    monkeypatch.setattr(restore, "server_program", lambda: [sys.executable, "-c", program])

    assert main(["restore", "run", "--backup", "b1", "--to", "x", "-o", "json"]) == 9
    assert note.read_text() == "restore run --backup b1 --to x -o json"


def test_restore_without_the_server_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(restore, "find_spec", lambda _name: None)
    monkeypatch.setattr("shutil.which", lambda _name: None)

    assert main(["restore", "plan"]) == exit_codes.CONFIGURATION
    assert "strongroom[server]" in capsys.readouterr().err


HELP_PROGRAM = """
import sys
from strongroom_cli.main import main
try:
    main(["--help"])
except SystemExit:
    print([name for name in ("grpc", "google.protobuf", "rich", "pyarrow") if name in sys.modules])
"""


def test_help_is_fast_loads_nothing_and_lists_exit_codes() -> None:
    started = time.perf_counter()
    answer = subprocess.run([sys.executable, "-c", HELP_PROGRAM], capture_output=True, text=True, check=True)
    spent = time.perf_counter() - started

    assert answer.stdout.splitlines()[-1] == "[]"
    assert "exit codes:" in answer.stdout
    assert spent < 2.0  # wall clock on a loaded machine; what must not be loaded is checked above


@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_every_noun_has_help(noun: str) -> None:
    text = parser_for(noun).format_help()
    assert noun in text


def test_control_characters_never_reach_the_terminal(vault: FakeVault, capsys: Capture) -> None:
    stored(vault, given_name="\x1b[31mred")

    main(["customers", "list", "--reveal"])

    assert "\x1b" not in capsys.readouterr().out


def test_a_narrow_terminal_never_cuts_the_name_of_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("COLUMNS", "60")
    screen = Terminal()
    name = "01a20093-80ef-7000-861e-a6fabad838f4"

    Output(out=screen).records([{"id": name, "text": "x" * 200}], ("id", "text"))

    assert name in screen.getvalue()
    assert "x" * 61 not in screen.getvalue()
