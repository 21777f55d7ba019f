"""Pipelines that run by themselves: one run a slot, in the owner's name. On SQLite, whose clock a test can put ahead."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from helpers.running_vault import Tenant, VaultUnderTest
from strongroom import PermissionDeniedError
from strongroom.api.v1 import analysis_service_pb2 as api
from strongroom.api.v1.access_service_pb2 import Principal
from strongroom.api.v1.rules_pb2 import ROLE_ANALYST, ROLE_AUDITOR
from vault_server.scheduling.scheduler import LEASE, LEASE_TTL_S, Scheduler
from vault_server.usecases.recurring import PIPELINE_JOB

STEPS = ["correct", "match", "segment"]
_holders = itertools.count()


def declare(tenant: Tenant, name: str = "nightly", **more: object) -> api.Pipeline:
    return tenant.analyst.pipelines.create(name, STEPS, options={"segment": {"max_segments": 4}}, seed=7, **more)  # type: ignore[arg-type]  # keyword arguments of create


def every(interval_s: int = 3600, **more: object) -> api.PipelineSchedule:
    return api.PipelineSchedule(interval_s=interval_s, **more)  # type: ignore[arg-type]  # fields of the message


class Timer:
    """A scheduler process of its own over the vault's store, driven by the test."""

    def __init__(self, tenant: Tenant) -> None:
        self.vault = tenant.vault
        self.queue: list[Callable[[], None]] = []
        jobs = self.vault.running._scheduling._scheduler._jobs
        self.scheduler = Scheduler(
            store=self.vault.store,
            jobs={PIPELINE_JOB: jobs[PIPELINE_JOB]},
            submit=lambda _job, work: self.queue.append(work),
            holder=f"test-{next(_holders)}",
            monotonic_s=lambda: self.vault.clock.now_us() / 1_000_000,
        )

    def tick(self, *, work: bool = True) -> None:
        self.scheduler.tick()
        while work and self.queue:
            self.queue.pop(0)()


@pytest.fixture
def acme(sqlite_vault: VaultUnderTest) -> Tenant:
    """A new tenant."""
    return sqlite_vault.tenant()


@pytest.fixture
def timer(acme: Tenant) -> Iterator[Timer]:
    """The vault's own timer stands still, and its lease is free."""
    own = acme.vault.running._scheduling
    own._timer.pause()
    own._scheduler._release()
    made = Timer(acme)
    yield made
    for pipeline in acme.analyst.pipelines.list():
        acme.analyst.pipelines.delete(pipeline.name)
    acme.vault.store.write(lambda view: view.scheduling.release(LEASE, made.scheduler._holder))
    own._timer.resume()


def runs(tenant: Tenant) -> list[api.Run]:
    return list(tenant.analyst.analysis.list())


def test_each_slot_starts_exactly_one_run_in_the_owners_name(acme: Tenant, timer: Timer) -> None:
    pipeline = declare(acme, schedule=every())
    assert pipeline.schedule.principal == f"{acme.name}/principals/analyst"
    for _ in range(3):
        timer.tick()
    (run,) = runs(acme)
    assert (run.pipeline, run.principal) == (pipeline.name, pipeline.schedule.principal)
    shown = acme.analyst.pipelines.get("nightly").schedule
    assert (shown.last_outcome, shown.last_run) == ("DONE", run.name)
    assert shown.next_slot.seconds - shown.last_slot.seconds == 3600
    with acme.vault.clock.ahead(5 * 3600 + 60):
        timer.tick()
        timer.tick()
    assert len(runs(acme)) == 2, "missed slots are caught up once"


def test_cron_slots_begin_behind_the_moment_at_which_they_were_set(acme: Tenant, timer: Timer) -> None:
    declare(acme, schedule=api.PipelineSchedule(cron=" 0  2 * * * "))
    timer.tick()
    assert not runs(acme)
    shown = acme.analyst.pipelines.get("nightly").schedule
    assert shown.cron == "0 2 * * *"
    assert shown.next_slot.seconds % 86_400 == 2 * 3600
    with acme.vault.clock.ahead(86_400):
        timer.tick()
        timer.tick()
        assert len(runs(acme)) == 1


def test_slot_whose_process_died_is_begun_again_and_still_starts_one_run(acme: Tenant, timer: Timer) -> None:
    declare(acme, schedule=every())
    timer.tick(work=False)
    assert acme.analyst.pipelines.get("nightly").schedule.last_outcome == "RUNNING"
    began = list(timer.queue)
    second = Timer(acme)
    with acme.vault.clock.ahead(LEASE_TTL_S + 1):
        second.tick()
        assert len(runs(acme)) == 1
        for late in began:  # the first was asleep, not dead
            late()
        assert len(runs(acme)) == 1
        assert acme.analyst.pipelines.get("nightly").schedule.last_outcome == "DONE"
        acme.vault.store.write(lambda view: view.scheduling.release(LEASE, second.scheduler._holder))


def test_rights_are_checked_at_the_moment_of_the_slot(acme: Tenant, timer: Timer) -> None:
    declare(acme, schedule=every())
    name = f"{acme.name}/principals/analyst"
    for number, (principal, reason) in enumerate(
        [
            (Principal(name=name, roles=[ROLE_ANALYST], disabled=True), "OWNER_GONE"),
            (Principal(name=name, roles=[ROLE_AUDITOR]), "PERMISSION_DENIED"),
        ]
    ):
        acme.admin.access.put_principal(principal)
        with acme.vault.clock.ahead(number * 3600 + 1):
            timer.tick()
        acme.admin.access.put_principal(Principal(name=name, roles=[ROLE_ANALYST]))
        shown = acme.analyst.pipelines.get("nightly").schedule
        assert (shown.last_outcome, shown.last_reason, shown.last_run) == ("FAILED", reason, "")
    assert not runs(acme)
    denied = [one for one in acme.admin.audit.events() if one.reason in {"OWNER_GONE", "PERMISSION_DENIED"}]
    assert {one.principal.rpartition("/")[2] for one in denied} == {"analyst"}


def test_who_changes_a_pipeline_owns_its_schedule(acme: Tenant, timer: Timer) -> None:
    pipeline = declare(acme, schedule=every())
    with pytest.raises(PermissionDeniedError):
        acme.admin.pipelines.update(pipeline)
    changed = acme.developer.pipelines.update(pipeline)
    assert changed.schedule.principal == f"{acme.name}/principals/developer"
    timer.tick()
    assert [one.principal for one in runs(acme)] == [changed.schedule.principal]


def test_schedule_that_is_off_or_gone_starts_nothing(acme: Tenant, timer: Timer) -> None:
    pipeline = declare(acme, schedule=every(disabled=True))
    timer.tick()
    assert not acme.analyst.pipelines.get("nightly").schedule.HasField("next_slot")
    pipeline.schedule.disabled = False
    pipeline = acme.analyst.pipelines.update(pipeline)
    pipeline.ClearField("schedule")
    assert not acme.analyst.pipelines.update(pipeline).HasField("schedule")
    timer.tick()
    assert not runs(acme)
