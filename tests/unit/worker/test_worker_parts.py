"""Options, checkpoints, batches, command line: the small parts around a run."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from analysis_worker.main import main
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.outcome import StepOutcome
from analysis_worker.steps.correct import CorrectOptions
from analysis_worker.steps.segment import SegmentOptions
from analysis_worker.vault_io.batches import MAX_BYTES, MAX_ROWS, batched
from analysis_worker.vault_io.connection import worker_profile
from strongroom import Profile, write_profile
from strongroom.api.v1.customer_pb2 import Correction, DerivedData

OUTCOME = StepOutcome(
    step="correct",
    table=pa.table({"row_id": pa.array([bytes(16), bytes(16), b"x" * 16], pa.binary(16)), "after": ["a", "b", "c"]}),
    summary={"proposals": 3},
    report={"rules": []},
    seconds=1.5,
)


def test_options_are_read_by_name_and_type() -> None:
    options = step_options(SegmentOptions, {"max_segments": 4.0, "numeric": ["visits"], "min_share": 0}, seed=3)
    assert (options.max_segments, options.numeric, options.min_share, options.seed) == (4, ("visits",), 0.0, 3)
    assert step_options(CorrectOptions, {"default_region": None}, as_of=date(2026, 1, 1)).default_region is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"colour": 1.0}, "there is no option 'colour'"),
        ({"seed": 4.0}, "there is no option 'seed'"),
        ({"max_segments": 4.5}, "the option 'max_segments' has the wrong type"),
        ({"max_segments": True}, "the option 'max_segments' has the wrong type"),
        ({"numeric": [1.0]}, "the option 'numeric' has the wrong type"),
        ({"min_segments": 9.0, "max_segments": 3.0}, "the step refuses its options"),
    ],
)
def test_a_wrong_option_is_refused_by_name(given: dict[str, object], said: str) -> None:
    with pytest.raises(RunFailureError, match=said) as caught:
        step_options(SegmentOptions, given, seed=3)
    assert caught.value.reason == "INVALID_OPTIONS"


def test_a_checkpoint_comes_back_as_it_was() -> None:
    again = StepOutcome.decode("correct", OUTCOME.encode())
    assert again == OUTCOME
    assert again.rows == 2


def test_a_checkpoint_is_the_same_bytes_every_time() -> None:
    assert OUTCOME.encode() == OUTCOME.encode()


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", OUTCOME.encode()[:200], b"\xff" * 64])
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(RunFailureError, match="cannot be read"):
        StepOutcome.decode("correct", data)


def test_a_checkpoint_of_another_step_is_refused() -> None:
    with pytest.raises(RunFailureError, match="step match"):
        StepOutcome.decode("match", OUTCOME.encode())


def test_batches_are_bounded_in_rows_and_bytes() -> None:
    small = [(bytes(16), DerivedData())] * (MAX_ROWS + 1)
    assert [len(batch) for batch in batched(iter(small))] == [MAX_ROWS, 1]
    large = [(bytes(16), DerivedData(corrections=[Correction(after="x" * (MAX_BYTES // 2))]))] * 3
    assert [len(batch) for batch in batched(iter(large))] == [1, 1, 1]
    assert list(batched(iter(()))) == []


def test_a_summary_has_only_what_json_knows() -> None:
    assert json_object({"a": float("nan"), "b": (1, float("inf")), "c": {"d": True}}) == {
        "a": None,
        "b": [1, None],
        "c": {"d": True},
    }


def test_the_workers_own_profile_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STRONGROOM_PROFILE", "STRONGROOM_TARGET", "STRONGROOM_TENANT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STRONGROOM_CONFIG_DIR", str(tmp_path))
    write_profile(Profile(target="127.0.0.1:1", insecure=True), name="default", directory=tmp_path)
    assert worker_profile().target == "127.0.0.1:1"
    write_profile(Profile(target="127.0.0.1:2", insecure=True), name="worker", directory=tmp_path, make_default=False)
    assert worker_profile().target == "127.0.0.1:2"
    assert worker_profile("default").target == "127.0.0.1:1"


@pytest.mark.parametrize("arguments", [["run", "--lease-s", "1"], ["run", "--threads", "0"], ["run", "--poll-s", "0"], []])
def test_arguments_without_meaning_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: strongroom-worker" in capsys.readouterr().err


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from analysis_worker.main import main\n"
        "try: main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'grpc', 'pyarrow', 'sklearn', 'duckdb', 'numpy'} & set(sys.modules)\n"
        "sys.exit(len(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "--once" in done.stdout
