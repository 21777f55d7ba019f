from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.backup_world import AuditTrail, Clock, a_call, a_vault
from strongroom.api.v1.system_service_pb2 import PutScheduleRequest, Schedule
from vault_server.errors import InvalidArgumentError, PermissionDeniedError, UnavailableError
from vault_server.ports.store import Store, WriteView
from vault_server.scheduling.scheduler import LEASE_TTL_S, RENEW_S, Scheduler
from vault_server.scheduling.timer import SchedulingService
from vault_server.usecases.recurring import Occasion
from vault_server.usecases.schedule_slots import due_slot
from vault_server.usecases.schedules import Schedules
from vault_server.usecases.vault import Vault

NAME = "schedules/nightly"


class Process:
    """One vault process: a scheduler with a queue instead of threads."""

    def __init__(self, holder: str, store: Store, clock: Clock, ran: list[str]) -> None:
        self.queue: list[Callable[[], None]] = []
        self.told: list[bool] = []
        self.fault: Exception | None = None
        self._holder, self._ran = holder, ran
        self.scheduler = Scheduler(
            store=store,
            jobs={"backup": self._job},
            submit=lambda _job, work: self.queue.append(work),
            holder=holder,
            monotonic_s=lambda: clock.monotonic_s,
        )

    def _job(self, occasion: Occasion) -> str:
        self.told.append(occasion.active())
        self._ran.append(self._holder)
        if self.fault:
            raise self.fault
        return ""

    def tick(self) -> None:
        self.scheduler.tick()
        self.work()

    def work(self) -> None:
        while self.queue:
            self.queue.pop(0)()


class World:
    """Processes over one store and one clock."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self.store, self.clock = vault.store, clock
        self.ran: list[str] = []
        self.one, self.two = (Process(holder, vault.store, clock, self.ran) for holder in ("one", "two"))
        self.schedules = Schedules(vault=vault)

    def put(self, *, interval_s: int = 60, disabled: bool = False, job: str = "backup", name: str = NAME) -> Schedule:
        schedule = Schedule(name=name, job=job, interval_s=interval_s, disabled=disabled)
        return self.schedules.put(a_call(), PutScheduleRequest(schedule=schedule))

    def shown(self) -> Schedule:
        [schedule] = self.schedules.list(a_call())
        return schedule

    def pass_time(self, seconds: int, *processes: Process) -> None:
        for _ in range(seconds):
            self.clock.step(1)
            for process in processes:
                process.tick()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock()
    with a_vault(tmp_path, clock) as vault:
        yield World(vault, clock)


def test_each_slot_of_two_processes_is_done_once(world: World) -> None:
    world.put(interval_s=10)
    world.pass_time(60, world.one, world.two)
    assert world.ran == ["one"] * 6


def test_slot_is_written_down_before_its_work_begins(world: World) -> None:
    world.put()
    world.one.scheduler.tick()
    assert world.shown().last_outcome == "RUNNING"
    assert world.ran == []
    world.one.work()
    assert world.shown().last_outcome == "DONE"


def test_other_process_takes_over_from_a_killed_holder_and_repeats_no_slot(world: World) -> None:
    world.put(interval_s=10)
    world.pass_time(1, world.one, world.two)
    world.clock.step(10)
    world.one.scheduler.tick()
    began = world.shown().last_slot
    world.pass_time(int(LEASE_TTL_S) + 1, world.two)
    assert world.ran == ["one", "two"]
    assert world.shown().last_slot.seconds > began.seconds
    assert world.shown().last_outcome == "DONE"


def test_slot_that_its_process_died_in_is_closed_as_failed(world: World) -> None:
    world.put(interval_s=3600)
    world.one.scheduler.tick()
    world.pass_time(int(LEASE_TTL_S) + 1, world.two)
    assert world.shown().last_outcome == "FAILED"
    assert world.ran == []


def test_holder_that_slept_while_it_lost_the_lease_begins_nothing(world: World) -> None:
    world.put(interval_s=10)
    world.pass_time(1, world.one)
    world.pass_time(int(LEASE_TTL_S) + 15, world.two)
    before = list(world.ran)
    world.one.tick()
    assert world.ran == before
    assert not world.one.scheduler.holds_lease


def test_running_job_is_told_when_the_lease_is_gone(world: World) -> None:
    world.put(interval_s=10)
    world.one.scheduler.tick()
    world.clock.step(LEASE_TTL_S + 1)
    world.two.tick()
    world.one.work()
    assert world.one.told == [False]
    assert world.shown().last_outcome != "RUNNING"


def test_missed_slots_are_caught_up_by_one_run_in_the_grid_of_the_first(world: World) -> None:
    world.put(interval_s=60)
    world.pass_time(1, world.one)
    first = world.shown().last_slot.seconds
    world.clock.step(1000)
    world.pass_time(3, world.one)
    assert len(world.ran) == 2
    assert (world.shown().last_slot.seconds - first) % 60 == 0
    assert world.shown().next_slot.seconds - world.shown().last_slot.seconds == 60


def test_job_that_still_runs_is_not_begun_again(world: World) -> None:
    world.put(interval_s=10)
    for _ in range(40):
        world.clock.step(1)
        world.one.scheduler.tick()
    assert len(world.one.queue) == 1


def test_failed_job_is_failed_and_the_next_slot_runs(world: World) -> None:
    world.put(interval_s=10)
    world.one.fault = RuntimeError("CANARY")
    world.pass_time(1, world.one)
    assert world.shown().last_outcome == "FAILED"
    world.one.fault = None
    world.pass_time(10, world.one)
    assert world.shown().last_outcome == "DONE"


def test_disabled_schedule_does_not_run(world: World) -> None:
    world.put(disabled=True)
    world.pass_time(5, world.one)
    assert world.ran == []
    assert not world.shown().HasField("next_slot")


def test_stopped_process_gives_the_lease_away_at_once(world: World) -> None:
    world.put(interval_s=10)
    world.pass_time(1, world.one)
    world.one.scheduler.stop()
    world.pass_time(11, world.two, world.one)
    assert world.ran == ["one", "two"]


def test_process_that_stops_while_a_job_runs_keeps_the_lease_until_it_ended(world: World) -> None:
    world.put(interval_s=10)
    world.one.scheduler.tick()
    world.one.scheduler.stop()
    world.two.tick()
    assert not world.two.scheduler.holds_lease
    world.one.work()
    assert world.one.told == [False]
    world.two.tick()
    assert world.two.scheduler.holds_lease


def test_storage_that_is_away_stops_the_work_and_not_the_timer(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put(interval_s=10)
    world.pass_time(1, world.one)

    def away(_work: object) -> None:
        raise UnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "write", away)
        world.pass_time(int(LEASE_TTL_S) + 1, world.one)
        assert not world.one.scheduler.holds_lease
    world.pass_time(1, world.one)
    assert world.ran == ["one", "one"]


def test_quiet_tick_writes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write costs the embedded engine a flush: the lease is renewed every few seconds, not with every tick."""
    world.put(interval_s=3600)
    world.pass_time(1, world.one)
    writes = []
    inner = world.store.write

    def counted(work: Callable[[WriteView], object]) -> object:
        writes.append(work)
        return inner(work)

    monkeypatch.setattr(world.store, "write", counted)
    world.pass_time(int(RENEW_S) * 4, world.one)
    assert len(writes) == 4


@pytest.mark.parametrize(
    ("last_us", "now_us", "due_us"), [(None, 50, 50), (100, 105, None), (100, 110, 110), (100, 139, 130), (100, 90, None)]
)
def test_due_slot_is_the_newest_in_the_grid_of_the_last(last_us: int | None, now_us: int, due_us: int | None) -> None:
    assert due_slot(last_us, 10, now_us) == due_us


@pytest.mark.parametrize(
    ("job", "interval_s"), [("format-disk", 60), ("", 60), ("backup", 0), ("backup", -5), ("backup", 10**12)]
)
def test_schedule_with_an_unknown_job_or_impossible_interval_is_refused(world: World, job: str, interval_s: int) -> None:
    with pytest.raises(InvalidArgumentError):
        world.put(job=job, interval_s=interval_s)


def test_caller_cannot_set_what_the_scheduler_writes(world: World) -> None:
    schedule = Schedule(name=NAME, job="backup", interval_s=60, last_outcome="DONE")
    schedule.last_slot.seconds = 9
    put = world.schedules.put(a_call(), PutScheduleRequest(schedule=schedule))
    assert not put.last_outcome
    assert not put.HasField("last_slot")


def test_schedules_are_of_the_home_tenant_and_audited(world: World) -> None:
    with pytest.raises(PermissionDeniedError):
        world.schedules.list(a_call(tenant="globex"))
    trail = AuditTrail()
    world.schedules.put(a_call(trail), PutScheduleRequest(schedule=Schedule(name=NAME, job="backup", interval_s=60)))
    world.schedules.list(a_call(trail))
    assert [list(event.resources) for event in trail.events] == [[NAME], ["schedules"]]


def test_timer_runs_a_job_on_a_thread_of_its_own_and_stops(world: World) -> None:
    world.put(interval_s=3600)
    ran = threading.Event()

    def job(_occasion: Occasion) -> str:
        ran.set()
        return ""

    service = SchedulingService(
        store=world.store,
        jobs={"backup": job},
        holder="one",
        monotonic_s=lambda: world.clock.monotonic_s,
        tick_s=0.05,
    )
    service.start()
    assert ran.wait(10)
    service.stop()
    service.stop()
    assert world.shown().last_outcome == "DONE"
