from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.backup_world import AuditTrail, Clock, ScriptedEngine, a_call, a_vault
from strongroom.api.v1.backup_service_pb2 import Backup, BackupState, CreateBackupRequest
from vault_server.errors import (
    ConflictError,
    FailedPreconditionError,
    IntegrityError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    StorageFullError,
)
from vault_server.usecases import names
from vault_server.usecases.backups import LEASE_TTL_S, RENEW_S, Backups
from vault_server.usecases.vault import Vault


class World:
    """A process with its own background queue, over the shared store."""

    def __init__(self, vault: Vault, clock: Clock, engine: ScriptedEngine, holder: str = "one") -> None:
        self.vault, self.clock, self.engine = vault, clock, engine
        self.queue: list[Callable[[], None]] = []
        self.stopping = False
        self.backups = Backups(
            vault=vault, engine=engine, background=self.queue.append, holder=holder, stopping=lambda: self.stopping
        )

    def twin(self, holder: str) -> World:
        return World(self.vault, self.clock, self.engine, holder)

    def create(self, request_id: str = "") -> Backup:
        return self.backups.create(a_call(), CreateBackupRequest(request_id=request_id))

    def work(self) -> None:
        while self.queue:
            self.queue.pop(0)()

    def state(self, name: str) -> str:
        return BackupState.Name(self.backups.get(a_call(), name).state).removeprefix("BACKUP_STATE_")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = Clock()
    with a_vault(tmp_path, clock) as vault:
        yield World(vault, clock, ScriptedEngine())


def test_create_answers_at_once_and_completes_in_the_background(world: World) -> None:
    started = world.create()
    assert (started.state, started.origin) == (BackupState.BACKUP_STATE_CREATING, "olga")
    assert world.state(started.name) == "CREATING"
    world.work()
    done = world.backups.get(a_call(), started.name)
    assert done.state == BackupState.BACKUP_STATE_COMPLETE
    assert (done.rows, done.size_bytes, done.digest, done.position) == (10, 1000, "d" * 64, 3)
    assert done.complete_time.seconds == 2


def test_list_is_newest_first_and_limited(world: World) -> None:
    made = []
    for _ in range(3):
        made.append(world.create().name)
        world.work()
        world.clock.step(1)
    assert [one.name for one in world.backups.list(a_call(), 0)] == made[::-1]
    assert [one.name for one in world.backups.list(a_call(), 2)] == made[:0:-1]


def test_repeated_request_starts_one_backup(world: World) -> None:
    first = world.create("r1")
    assert world.create("r1").name == first.name
    world.work()
    assert world.create("r1").name == first.name
    assert len(world.engine.published) == 1


def test_second_backup_is_refused_while_one_is_made(world: World) -> None:
    world.create()
    for process in (world, world.twin("two")):
        with pytest.raises(FailedPreconditionError, match="another backup is being made"):
            process.create()
    world.work()
    world.twin("two").create()


def test_failed_backup_says_why(world: World) -> None:
    world.engine.fault = StorageFullError("the backup target is full")
    name = world.create().name
    world.work()
    failed = world.backups.get(a_call(), name)
    assert failed.state == BackupState.BACKUP_STATE_FAILED
    assert (failed.failure_reason, failed.failure_message) == ("STORAGE_FULL", "the backup target is full")


def test_unexpected_error_never_shows_its_text(world: World) -> None:
    world.engine.fault = RuntimeError("CANARY-77")
    name = world.create().name
    world.work()
    assert "CANARY" not in str(world.backups.get(a_call(), name))
    assert world.state(name) == "FAILED"
    world.engine.fault = None
    world.create()


def test_backup_that_cannot_be_queued_does_not_block_the_next(world: World) -> None:
    def refuse(_work: Callable[[], None]) -> None:
        raise RuntimeError("shut down")

    stopped = Backups(vault=world.vault, engine=world.engine, background=refuse, holder="one")
    with pytest.raises(RuntimeError):
        stopped.create(a_call(), CreateBackupRequest())
    [entry] = world.backups.list(a_call(), 0)
    assert entry.state == BackupState.BACKUP_STATE_FAILED
    world.create()


def test_backup_of_a_dead_process_is_failed_at_the_next_start(world: World) -> None:
    name = world.create().name
    world.twin("one").backups.settle()
    assert world.backups.get(a_call(), name).failure_reason == "INTERRUPTED"


def test_backup_that_was_published_before_its_maker_died_is_complete(world: World) -> None:
    name = world.create().name
    world.engine.publish(names.uuid_bytes(name.removeprefix("backups/")))
    world.twin("one").backups.settle()
    assert world.state(name) == "COMPLETE"


def test_start_of_another_process_leaves_a_running_backup_alone(world: World) -> None:
    name = world.create().name
    world.twin("two").backups.settle()
    assert world.state(name) == "CREATING"
    world.clock.step(LEASE_TTL_S + 1)
    world.twin("two").backups.settle()
    assert world.state(name) == "FAILED"


def test_long_backup_keeps_its_lease_by_renewing(world: World) -> None:
    def long_work(active: Callable[[], bool]) -> None:
        for _ in range(20):
            world.clock.step(RENEW_S + 1)
            assert active()
        with pytest.raises(FailedPreconditionError):
            world.twin("two").create()

    world.engine.during = long_work
    name = world.create().name
    world.work()
    assert world.state(name) == "COMPLETE"


def test_backup_that_lost_its_lease_is_told_to_stop(world: World) -> None:
    told = []

    def sleep_too_long(active: Callable[[], bool]) -> None:
        world.clock.step(LEASE_TTL_S + 1)
        world.engine.during = lambda _: None
        world.twin("two").create()
        told.append(active())

    world.engine.during = sleep_too_long
    world.create()
    world.work()
    assert told == [False]


def test_backup_is_told_to_stop_when_the_process_drains(world: World) -> None:
    told = []

    def drain(active: Callable[[], bool]) -> None:
        world.stopping = True
        told.append(active())

    world.engine.during = drain
    world.create()
    world.work()
    assert told == [False]


def test_verified_backup_says_when(world: World) -> None:
    name = world.create().name
    world.work()
    verified = world.backups.verify(a_call(), name)
    assert verified.state == BackupState.BACKUP_STATE_VERIFIED
    assert verified.verify_time.seconds == world.clock.now_us // 1_000_000


def test_broken_backup_becomes_failed_and_says_what_is_broken(world: World) -> None:
    name = world.create().name
    world.work()
    world.engine.fault = IntegrityError("the chunk rows/3 was changed")
    broken = world.backups.verify(a_call(), name)
    assert broken.state == BackupState.BACKUP_STATE_FAILED
    assert broken.failure_message == "the chunk rows/3 was changed"
    world.engine.fault = None
    assert not world.backups.verify(a_call(), name).failure_message


def test_backup_that_is_being_made_cannot_be_verified(world: World) -> None:
    with pytest.raises(FailedPreconditionError):
        world.backups.verify(a_call(), world.create().name)


def test_unknown_and_malformed_names_are_told_apart(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.backups.get(a_call(), "backups/0")
    with pytest.raises(InvalidArgumentError):
        world.backups.get(a_call(), "backup/0")


def test_other_tenant_may_do_nothing(world: World) -> None:
    name = world.create().name
    stranger = a_call(tenant="globex")
    for forbidden in (
        lambda: world.backups.create(stranger, CreateBackupRequest()),
        lambda: world.backups.get(stranger, name),
        lambda: world.backups.list(stranger, 0),
        lambda: world.backups.verify(stranger, name),
    ):
        with pytest.raises(PermissionDeniedError):
            forbidden()


def test_every_verb_leaves_a_trace(world: World) -> None:
    trail = AuditTrail()
    name = world.backups.create(a_call(trail), CreateBackupRequest()).name
    world.work()
    world.backups.get(a_call(trail), name)
    world.backups.list(a_call(trail), 0)
    world.backups.verify(a_call(trail), name)
    assert [list(event.resources) for event in trail.events] == [[name], [name], ["backups"], [name]]


def test_scheduled_backup_works_on_the_callers_thread_and_raises_when_it_fails(world: World) -> None:
    assert world.backups.run(a_call(principal="scheduler"), lambda: True).state == BackupState.BACKUP_STATE_COMPLETE
    world.engine.fault = StorageFullError("the backup target is full")
    with pytest.raises(ConflictError) as failed:
        world.backups.run(a_call(principal="scheduler"), lambda: True)
    assert failed.value.reason == "STORAGE_FULL"
