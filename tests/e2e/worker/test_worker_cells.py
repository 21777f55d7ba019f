"""Two real worker processes do one match: the result of one, whoever is killed on the way."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpers.worker_processes import PATIENCE_S, WorkerProcess, open_for_writing, worker_process
from helpers.worker_serving import Served, customers_of, finished, results_of, served_people
from strongroom.api.v1.analysis_service_pb2 import Run

ROWS = 800
STEPS = ("correct", "match")
OPTIONS = {"match": {"share_rows_min": 500, "cell_pairs": 1024}}

pytestmark = pytest.mark.timeout(180)

Found = tuple[dict[str, bytes], set[frozenset[str]]]


@pytest.fixture(scope="module")
def served(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_people(vault_template, tmp_path_factory.mktemp("vault"), tmp_path_factory.mktemp("config"), ROWS) as made:
        yield made


@pytest.fixture(scope="module")
def alone(served: Served) -> Found:
    """What one worker finds."""
    tenant, config = served
    run = _start(served)
    with worker_process(config, "--once") as worker:
        worker.process.wait(PATIENCE_S)
    return results_of(tenant.client(), finished(tenant.client(), run))


def _start(served: Served) -> Run:
    return served[0].client().analysis.start(list(STEPS), options=OPTIONS)


def _until(worker: WorkerProcess, *events: str) -> dict[str, object]:
    assert worker.process.stderr is not None
    for line in worker.process.stderr:
        said: dict[str, object] = json.loads(line)
        if said["event"] in events:
            return said
    raise AssertionError(f"the worker ended without {events}")


def test_two_workers_find_what_one_finds_both_do_cells_and_neither_writes_to_the_disk(
    served: Served, alone: Found, tmp_path: Path
) -> None:
    tenant, config = served
    places = {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with ExitStack() as closing:
        one, two = (
            closing.enter_context(worker_process(config, "--poll-s", "0.05", cwd=tmp_path, environment=places))
            for _ in range(2)
        )
        for worker in (one, two):
            _until(worker, "worker_started")
        run = _start(served)
        said = [_until(worker, "run_claimed", "run_joined") for worker in (one, two)]
        helper, leader = (one, two) if said[0]["event"] == "run_joined" else (two, one)
        _until(helper, "cells_begun")
        assert open_for_writing(helper.process.pid) == set()
        ended = _until(helper, "help_ended")
        assert open_for_writing(helper.process.pid) | open_for_writing(leader.process.pid) == set()
        _until(leader, "run_committed")
    left = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert [one.family_name for one in customers_of(ROWS) if one.family_name.encode() in left] == []
    assert {each["event"] for each in said} == {"run_claimed", "run_joined"}
    assert ended["reason"] == "HELP_OVER"
    assert isinstance(ended["cells_levels"], int)
    assert ended["cells_levels"] > 0
    assert results_of(tenant.client(), finished(tenant.client(), run)) == alone


@pytest.mark.parametrize("killed", ["helper", "leader"])
def test_a_killed_worker_changes_nothing(served: Served, alone: Found, killed: str) -> None:
    tenant, config = served
    run = _start(served)
    with worker_process(config, "--poll-s", "0.05") as leader:
        _until(leader, "run_read")
        with worker_process(config, "--poll-s", "0.05") as helper:
            _until(helper, "run_joined")
            _until(helper, "cells_begun")
            dead, alive = (helper, leader) if killed == "helper" else (leader, helper)
            assert dead.end(signal.SIGKILL) == -signal.SIGKILL
            _until(alive, "run_committed")
    ended = finished(tenant.client(), run)
    assert ended.attempts == (1 if killed == "helper" else 2)
    assert results_of(tenant.client(), ended) == alone
