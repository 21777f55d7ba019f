"""Real worker processes against a real vault: killed in the middle, the next one finishes the run once."""

from __future__ import annotations

import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from helpers.worker_processes import PATIENCE_S, WorkerProcess, open_for_writing, worker_process
from helpers.worker_serving import Served, customers_of, finished, results_of, served_people
from strongroom.api.v1.analysis_service_pb2 import RUN_STATE_QUEUED, RUN_STATE_RUNNING, RUN_STATE_SUCCEEDED

ROWS = 150
STEPS = ("correct", "match", "segment")
IN_CELLS = {"match": {"share_rows_min": 50, "cell_pairs": 256}}
KILLS = 20
KILLED_AFTER = ("run_claimed", "step_computed", "step_written")

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def served(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_people(vault_template, tmp_path_factory.mktemp("vault"), tmp_path_factory.mktemp("config"), ROWS) as made:
        yield made


def test_a_run_whose_workers_are_killed_is_finished_once_with_the_same_results(served: Served) -> None:
    tenant, config = served
    client = tenant.client()
    undisturbed = client.analysis.start(STEPS)
    with worker_process(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 0
    expected = results_of(client, finished(client, undisturbed))
    disturbed = client.analysis.start(STEPS)
    moments = random.Random(2026)
    for event in KILLED_AFTER:
        with worker_process(config, "--poll-s", "0.1") as worker:
            worker.until(event)
            with pytest.raises(subprocess.TimeoutExpired):
                worker.process.wait(moments.uniform(0.0, 0.3))
            assert worker.end(signal.SIGKILL) == -signal.SIGKILL
        assert client.analysis.get(disturbed.name).state == RUN_STATE_RUNNING
    with worker_process(config, "--poll-s", "0.1") as worker:
        worker.until("run_committed")
        assert worker.end(signal.SIGTERM) == 0
    ended = finished(client, disturbed)
    assert ended.attempts == len(KILLED_AFTER) + 1
    assert results_of(client, ended) == expected
    assert len(expected[0]) == ROWS


def test_a_worker_that_is_asked_to_end_gives_its_run_back_at_once(served: Served) -> None:
    tenant, config = served
    client = tenant.client()
    run = client.analysis.start(STEPS)
    with worker_process(config) as worker:
        worker.until("run_read")
        assert worker.end(signal.SIGTERM) == 0
    assert client.analysis.get(run.name).state == RUN_STATE_QUEUED
    with worker_process(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 0
    finished(client, run)


def test_once_ends_at_once_when_nothing_waits_and_tells_a_failed_run_by_its_exit_code(served: Served) -> None:
    tenant, config = served
    with worker_process(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 0
    run = tenant.client().analysis.start(["segment"], options={"segment": {"min_segments": 1}})
    with worker_process(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 1
    assert tenant.client().analysis.get(run.name).failure_reason == "INVALID_OPTIONS"


def test_worker_writes_nothing_that_it_reads_to_the_disk(served: Served, tmp_path: Path) -> None:
    """Every file that the worker has open for writing while it works, deleted ones too, and all it leaves behind."""
    tenant, config = served
    for folder in ("home", "tmp", "work"):
        (tmp_path / folder).mkdir()
    run = tenant.client().analysis.start(STEPS)
    environment = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    written: set[str] = set()
    with worker_process(config, "--once", cwd=tmp_path / "work", environment=environment) as worker:
        limits = Path(f"/proc/{worker.process.pid}/limits")
        worker.until("run_claimed")
        core = next(line for line in limits.read_text().splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
        while worker.process.poll() is None:
            written |= open_for_writing(worker.process.pid)
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(0.005)
        assert worker.process.wait(PATIENCE_S) == 0
    finished(tenant.client(), run)
    assert written == set()
    left = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    values = {value for one in customers_of(ROWS) for value in (one.family_name, *one.emails) if len(value) > 3}
    assert [value for value in values if value.encode() in left] == []


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_runs_of_two_workers_that_are_killed_twenty_times_at_random_have_the_same_results(served: Served) -> None:
    tenant, config = served
    client = tenant.client()
    undisturbed = client.analysis.start(STEPS, options=IN_CELLS)
    with worker_process(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 0
    expected = results_of(client, finished(client, undisturbed))
    moments, kills, done = random.Random(20), 0, 0
    disturbed = client.analysis.start(STEPS, options=IN_CELLS)
    with ExitStack() as closing:

        def one_more() -> WorkerProcess:
            worker = closing.enter_context(worker_process(config, "--poll-s", "0.1"))
            worker.until("worker_started")
            return worker

        workers = [one_more(), one_more()]
        while kills < KILLS or client.analysis.get(disturbed.name).state != RUN_STATE_SUCCEEDED:
            victim = workers[moments.randrange(2)]
            with pytest.raises(subprocess.TimeoutExpired):
                victim.process.wait(moments.uniform(0.0, 3.0))
            if kills < KILLS and client.analysis.get(disturbed.name).state == RUN_STATE_SUCCEEDED:
                assert results_of(client, finished(client, disturbed)) == expected
                done += 1
                disturbed = client.analysis.start(STEPS, options=IN_CELLS)
            if kills < KILLS:
                assert victim.end(signal.SIGKILL) == -signal.SIGKILL
                workers = [worker for worker in workers if worker is not victim] + [one_more()]
                kills += 1
    assert results_of(client, finished(client, disturbed)) == expected
    assert done or client.analysis.get(disturbed.name).attempts > 1
