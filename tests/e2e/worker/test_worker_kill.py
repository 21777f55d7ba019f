"""Real worker processes against a real vault: killed in the middle, the next one finishes the run once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from helpers.running_vault import Tenant, running_vault
from helpers.worker_people import small_crm
from strongroom import Client, Customer, ExternalId, PostalAddress, Profile, write_profile
from strongroom.api.v1.analysis_service_pb2 import RUN_STATE_QUEUED, RUN_STATE_RUNNING, RUN_STATE_SUCCEEDED, Run
from strongroom.api.v1.customer_pb2 import DerivedData

ROWS = 150
STEPS = ("correct", "match", "segment")
LEASE_S = 3
PATIENCE_S = 60.0
KILLED_AFTER = ("run_claimed", "step_computed", "step_written")

pytestmark = pytest.mark.timeout(180)


class WorkerProcess:
    """`strongroom-worker run`, and its events as they come."""

    def __init__(
        self, config: Path, *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        surroundings = {**os.environ, **(environment or {}), "STRONGROOM_CONFIG_DIR": str(config)}
        command = [sys.executable, "-m", "analysis_worker.main", "run", "--lease-s", str(LEASE_S), *arguments]
        self.process = subprocess.Popen(
            command, cwd=cwd, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def events(self) -> Iterator[str]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            yield json.loads(line)["event"]

    def until(self, event: str) -> None:
        assert event in self.events(), f"the worker ended without {event}"

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextmanager
def _worker(
    config: Path, *arguments: str, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(config, *arguments, cwd=cwd, environment=environment)
    try:
        yield worker
    finally:
        worker.process.kill()
        worker.process.communicate()


@pytest.fixture(scope="module")
def served(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tenant, Path]]:
    """A tenant with customers, and the folder of the worker's profile."""
    with running_vault(vault_template, tmp_path_factory.mktemp("vault")) as vault:
        tenant, config = vault.home, tmp_path_factory.mktemp("config")
        profile = Profile(target=vault.target, tenant=tenant.id, insecure=True)
        token_file = str(vault.folder / "tokens" / "worker.token")
        write_profile(
            Profile(target=profile.target, tenant=profile.tenant, insecure=True, token_file=token_file),
            name="worker",
            directory=config,
        )
        tenant.client().imports.customers(_customers(), source="crm")
        yield tenant, config


def _customers() -> list[Customer]:
    columns = small_crm(ROWS).customers
    made = []
    for number in range(ROWS):
        row = {name: cells[number] for name, cells in columns.items()}
        address = {name: text for name, text in row["addresses"][0].items() if text}
        made.append(
            Customer(
                given_name=row["given_name"],
                family_name=row["family_name"],
                birth_date=row["birth_date"],
                stated_age=row["stated_age"],
                emails=row["emails"],
                phones=row["phones"],
                addresses=[PostalAddress(**address)],
                external_ids=[ExternalId(source="crm", id=f"C{number}")],
            )
        )
    return made


def _finished(client: Client, run: Run) -> Run:
    ended = client.analysis.get(run.name)
    assert ended.state == RUN_STATE_SUCCEEDED, ended.failure_message
    return ended


def _results(client: Client, run: Run) -> tuple[dict[str, bytes], set[frozenset[str]]]:
    """What the run found without what differs between any two runs: origins, and the names of entities."""
    found: dict[str, bytes] = {}
    together: dict[str, set[str]] = defaultdict(set)
    for one in client.analysis.results(run.name):
        assert one.customer not in found
        derived = DerivedData.FromString(one.derived.SerializeToString())
        together[derived.entity.entity].add(one.customer)
        derived.entity.entity = ""
        for field, _ in derived.ListFields():
            if field.name.endswith("_origin"):
                derived.ClearField(field.name)  # type: ignore[arg-type]  # a name of the message's own
        found[one.customer] = derived.SerializeToString(deterministic=True)
    return found, {frozenset(customers) for customers in together.values()}


def test_a_run_whose_workers_are_killed_is_finished_once_with_the_same_results(served: tuple[Tenant, Path]) -> None:
    tenant, config = served
    client = tenant.client()
    undisturbed = client.analysis.start(STEPS)
    with _worker(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 0
    expected = _results(client, _finished(client, undisturbed))
    disturbed = client.analysis.start(STEPS)
    moments = random.Random(2026)
    for event in KILLED_AFTER:
        with _worker(config, "--poll-s", "0.1") as worker:
            worker.until(event)
            with pytest.raises(subprocess.TimeoutExpired):
                worker.process.wait(moments.uniform(0.0, 0.3))
            assert worker.end(signal.SIGKILL) == -signal.SIGKILL
        assert client.analysis.get(disturbed.name).state == RUN_STATE_RUNNING
    with _worker(config, "--poll-s", "0.1") as worker:
        worker.until("run_committed")
        assert worker.end(signal.SIGTERM) == 0
    ended = _finished(client, disturbed)
    assert ended.attempts == len(KILLED_AFTER) + 1
    assert _results(client, ended) == expected
    assert len(expected[0]) == ROWS


def test_a_worker_that_is_asked_to_end_gives_its_run_back_at_once(served: tuple[Tenant, Path]) -> None:
    tenant, config = served
    client = tenant.client()
    run = client.analysis.start(STEPS)
    with _worker(config) as worker:
        worker.until("run_read")
        assert worker.end(signal.SIGTERM) == 0
    assert client.analysis.get(run.name).state == RUN_STATE_QUEUED
    with _worker(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 0
    _finished(client, run)


def test_once_ends_at_once_when_nothing_waits_and_tells_a_failed_run_by_its_exit_code(served: tuple[Tenant, Path]) -> None:
    tenant, config = served
    with _worker(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 0
    run = tenant.client().analysis.start(["segment"], options={"segment": {"min_segments": 1}})
    with _worker(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 1
    assert tenant.client().analysis.get(run.name).failure_reason == "INVALID_OPTIONS"


def test_worker_writes_nothing_that_it_reads_to_the_disk(served: tuple[Tenant, Path], tmp_path: Path) -> None:
    """Every file that the worker has open for writing while it works, deleted ones too, and all it leaves behind."""
    tenant, config = served
    for folder in ("home", "tmp", "work"):
        (tmp_path / folder).mkdir()
    run = tenant.client().analysis.start(STEPS)
    environment = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    written: set[str] = set()
    with _worker(config, "--once", cwd=tmp_path / "work", environment=environment) as worker:
        limits = Path(f"/proc/{worker.process.pid}/limits")
        worker.until("run_claimed")
        core = next(line for line in limits.read_text().splitlines() if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
        while worker.process.poll() is None:
            written |= _open_for_writing(worker.process.pid)
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(0.005)
        assert worker.process.wait(PATIENCE_S) == 0
    _finished(tenant.client(), run)
    assert written == set()
    left = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    values = {value for one in _customers() for value in (one.family_name, *one.emails) if len(value) > 3}
    assert [value for value in values if value.encode() in left] == []


def _open_for_writing(pid: int) -> set[str]:
    """Regular files on a disk; memory, pipes and sockets are none."""
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target = str(descriptor.readlink())
            writable = descriptor.lstat().st_mode & 0o200
        except OSError:  # closed meanwhile, or the process has ended
            continue
        if writable and target.startswith("/") and not target.startswith(("/dev/", "/proc/", "/memfd:")):
            found.add(target)
    return found


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_run_whose_workers_are_killed_twenty_times_at_random_has_the_same_results(served: tuple[Tenant, Path]) -> None:
    tenant, config = served
    client = tenant.client()
    undisturbed = client.analysis.start(STEPS)
    with _worker(config, "--once") as worker:
        assert worker.process.wait(PATIENCE_S) == 0
    expected = _results(client, _finished(client, undisturbed))
    disturbed = client.analysis.start(STEPS)
    moments, kills = random.Random(20), 0
    while kills < 20:
        with _worker(config, "--poll-s", "0.1") as worker:
            worker.until("run_claimed")
            with pytest.raises(subprocess.TimeoutExpired):
                worker.process.wait(moments.uniform(0.0, 0.5))
            assert worker.end(signal.SIGKILL) == -signal.SIGKILL
            kills += 1
        if client.analysis.get(disturbed.name).state == RUN_STATE_SUCCEEDED:
            assert _results(client, client.analysis.get(disturbed.name)) == expected
            disturbed = client.analysis.start(STEPS)
    with _worker(config, "--poll-s", "0.1") as worker:
        worker.until("run_committed")
        assert worker.end(signal.SIGTERM) == 0
    assert _results(client, _finished(client, disturbed)) == expected
