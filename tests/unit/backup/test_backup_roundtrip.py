from __future__ import annotations

import threading

import pytest

from helpers.backup_making import (
    MemoryDestination,
    a_repository,
    backup_id,
    backup_keys,
    backup_tools,
    ids,
    make_backup,
    restore_tools,
)
from helpers.memory_keks import some_root_key, some_signer
from helpers.memory_snapshots import a_source, customer_id, digest_of
from helpers.memory_targets import FullTarget, MemoryTarget
from vault_server.backup.ledger import BackupLedger, Erasure, ErasureLedger
from vault_server.backup.repository import Repository
from vault_server.backup.restorer import RestoreReport, plan_restore, run_restore
from vault_server.backup.verifier import verify_backup
from vault_server.backup.writer import create_backup
from vault_server.errors import ConflictError, FailedPreconditionError, KeyUnavailableError, NotFoundError, StorageFullError
from vault_server.ports.backup import BackupRecord


def _verify(repository: Repository, number: int = 1) -> BackupRecord:
    return verify_backup(repository, backup_id(number), keys=backup_keys(), digest=digest_of, active=lambda: True)


def _restore(repository: Repository, destination: MemoryDestination, number: int | None = None) -> RestoreReport:
    tools = restore_tools()
    plan = plan_restore(repository, destination, tools, backup_id=None if number is None else backup_id(number))
    return run_restore(plan, repository, destination, tools)


def test_backup_verifies_and_restores_to_the_same_rows() -> None:
    repository, source, destination = a_repository(), a_source(3000, sealed_bytes=2000), MemoryDestination()
    made = make_backup(repository, source)
    assert _verify(repository) == made
    report = _restore(repository, destination)
    assert destination.in_use == {name: rows for name, rows in source.content.items() if rows}
    assert (report.rows, report.digest) == (made.rows, digest_of(source))


def test_rows_are_cut_into_chunks_and_keys_into_small_shards() -> None:
    repository = a_repository()
    make_backup(repository, a_source(6000, sealed_bytes=2000))
    published = repository.newest()
    assert published is not None
    by_role = {role: [one for one in published.manifest.objects if one.role == role] for role in ("rows", "deks")}
    assert [one.position for one in by_role["rows"]] == list(range(len(by_role["rows"])))
    assert len([one for one in by_role["rows"] if one.table == "customers"]) == 3
    assert len(by_role["deks"]) == 2
    assert {one.table for one in by_role["deks"]} == {"deks"}


def test_no_row_is_readable_in_the_target() -> None:
    target = MemoryTarget()
    source = a_source(2)
    source.content["customers"] = [(1, customer_id(1), 1, 1, b"CANARY-7F3A" * 100)]
    make_backup(a_repository(target), source)
    assert not any(b"CANARY-7F3A" in content for content in target.objects.values())


def test_interrupted_backup_leaves_no_manifest_and_harms_no_later_one() -> None:
    target = MemoryTarget()
    looks = iter([True, True, False])
    with pytest.raises(ConflictError):
        make_backup(a_repository(target), active=lambda: next(looks))
    assert not [name for name in target.objects if name.startswith("manifests/")]
    make_backup(a_repository(target), number=2)
    assert _verify(a_repository(target), 2).sequence == 1


def test_full_target_ends_the_backup_without_a_manifest() -> None:
    target = MemoryTarget()
    with pytest.raises(StorageFullError):
        make_backup(a_repository(FullTarget(target, room_bytes=1200)))
    assert not [name for name in target.objects if name.startswith("manifests/")]


def test_backups_are_chained_in_order() -> None:
    repository = a_repository()
    made = [make_backup(repository, number=number) for number in (1, 2, 3)]
    assert [one.sequence for one in made] == [1, 2, 3]
    chain = repository.chain()
    assert [one.manifest.previous for one in chain] == ["", chain[0].sha256, chain[1].sha256]


def test_backup_that_loses_the_race_for_a_number_takes_the_next() -> None:
    target = MemoryTarget()

    class Racing(MemoryTarget):
        raced = False

        def put_new(self, name: str, content: bytes) -> None:
            if name.startswith("manifests/") and not self.raced:
                self.raced = True
                make_backup(a_repository(self), number=9)
            super().put_new(name, content)

    target = Racing()
    assert make_backup(a_repository(target)).sequence == 2
    assert _verify(a_repository(target)).sequence == 2


def test_recovery_key_alone_restores() -> None:
    repository, destination = a_repository(), MemoryDestination()
    make_backup(repository)
    tools = restore_tools(holders=(some_root_key("recovery"),))
    run_restore(plan_restore(repository, destination, tools), repository, destination, tools)
    assert len(destination.customers()) == 20


def test_stranger_key_is_refused_at_the_plan() -> None:
    repository = a_repository()
    make_backup(repository)
    with pytest.raises(KeyUnavailableError, match="other keys"):
        plan_restore(repository, MemoryDestination(), restore_tools(holders=(some_root_key("next"),)))


def test_older_backup_can_be_chosen_and_an_unknown_one_is_not_found() -> None:
    repository, destination = a_repository(), MemoryDestination()
    make_backup(repository, a_source(3), number=1)
    make_backup(repository, a_source(5), number=2)
    plan = plan_restore(repository, destination, restore_tools(), backup_id=backup_id(1))
    assert plan.newer_backups == 1
    _restore(repository, destination, 1)
    assert destination.customers() == ids(0, 1, 2)
    with pytest.raises(NotFoundError):
        plan_restore(repository, MemoryDestination(), restore_tools(), backup_id=backup_id(3))


def test_empty_repository_has_nothing_to_restore() -> None:
    with pytest.raises(NotFoundError, match="no backup"):
        plan_restore(a_repository(), MemoryDestination(), restore_tools())


def test_destination_in_use_is_refused_at_plan_and_at_run() -> None:
    repository, destination = a_repository(), MemoryDestination()
    make_backup(repository)
    plan = plan_restore(repository, destination, restore_tools())
    destination.in_use = {}
    with pytest.raises(FailedPreconditionError):
        run_restore(plan, repository, destination, restore_tools())
    with pytest.raises(FailedPreconditionError):
        plan_restore(repository, destination, restore_tools())
    assert destination.in_use == {}


@pytest.mark.parametrize(
    ("vault_id", "schema_version", "reason"), [("vault-2", "0001", "WRONG_VAULT"), ("vault-1", "0002", "SCHEMA_MISMATCH")]
)
def test_other_vault_or_schema_is_refused(vault_id: str, schema_version: str, reason: str) -> None:
    repository = a_repository()
    make_backup(repository, a_source(vault_id=vault_id, schema_version=schema_version))
    with pytest.raises(FailedPreconditionError) as refused:
        plan_restore(repository, MemoryDestination(), restore_tools())
    assert refused.value.reason == reason


def test_second_vault_may_not_back_up_into_the_same_repository() -> None:
    repository = a_repository()
    make_backup(repository)
    with pytest.raises(FailedPreconditionError, match="another vault"):
        make_backup(repository, a_source(vault_id="vault-2"), number=2)


def test_customer_erased_after_the_backup_stays_erased_after_its_restore() -> None:
    repository, destination = a_repository(), MemoryDestination()
    make_backup(repository, a_source(5), number=1)
    make_backup(repository, a_source(5, erased=[2]), number=2)
    report = _restore(repository, destination, 1)
    assert report.erased_again == 1
    assert destination.customers() == ids(0, 1, 3, 4)


def test_erasure_noted_at_once_reaches_the_only_backup() -> None:
    repository, destination = a_repository(), MemoryDestination()
    make_backup(repository, a_source(5))
    ledger = ErasureLedger(repository.target, verifiers=repository.verifiers)
    note = BackupLedger(ledger, vault_id=lambda: "vault-1", signer=some_signer()).note
    note("acme", customer_id(4), 5)
    note("acme", customer_id(4), 6)
    assert sum(1 for _ in ledger.pages("vault-1")) == 1
    assert _restore(repository, destination).erased_again == 1
    assert destination.customers() == ids(0, 1, 2, 3)


def test_erasure_of_a_customer_the_backup_never_held_is_skipped() -> None:
    repository, destination = a_repository(), MemoryDestination()
    make_backup(repository, a_source(3), number=1)
    make_backup(repository, a_source(6, erased=[5]), number=2)
    assert _restore(repository, destination, 1).erased_again == 0


def test_failed_restore_leaves_the_place_empty() -> None:
    target, destination, tools = MemoryTarget(), MemoryDestination(), restore_tools()
    repository = a_repository(target)
    make_backup(repository)
    plan = plan_restore(repository, destination, tools)
    name = next(name for name in target.objects if name.startswith("objects/"))
    target.objects[name] = bytes(len(target.objects[name]))
    with pytest.raises(Exception, match="was changed"):
        run_restore(plan, repository, destination, tools)
    assert destination.sink.abandoned
    assert destination.discarded
    assert destination.in_use is None


def test_backup_of_an_empty_vault_verifies() -> None:
    repository = a_repository()
    source = a_source(0)
    source.content = {}
    create_backup(source, repository, backup_tools(), backup_id=backup_id(1), engine="sqlite", active=lambda: True)
    assert _verify(repository).rows == 0


def test_ledger_is_read_once_and_then_only_what_is_new() -> None:
    reads: list[str] = []

    class Counting(MemoryTarget):
        def get(self, name: str, *, max_bytes: int) -> bytes:
            reads.append(name)
            return super().get(name, max_bytes=max_bytes)

    target = Counting()
    one, two = (ErasureLedger(target, verifiers=[some_signer()]) for _ in range(2))
    for number in range(5):
        one.append("vault-1", [Erasure("acme", customer_id(number), 1)], some_signer())
    assert reads == []
    head = two.append("vault-1", [Erasure("acme", customer_id(9), 1)], some_signer())
    assert len(reads) == 5
    assert one.append("vault-1", [Erasure("acme", customer_id(9), 1)], some_signer()) == head
    assert len(reads) == 6


def test_ledger_begins_again_when_the_target_was_emptied() -> None:
    target = MemoryTarget()
    ledger = ErasureLedger(target, verifiers=[some_signer()])
    ledger.append("vault-1", [Erasure("acme", customer_id(1), 1)], some_signer())
    target.objects.clear()
    assert ledger.append("vault-1", [Erasure("acme", customer_id(1), 1)], some_signer()).sequence == 1


def test_two_writers_of_the_ledger_lose_no_entry() -> None:
    target = MemoryTarget()

    def note(start: int) -> None:
        ledger = ErasureLedger(target, verifiers=[some_signer()])
        for number in range(start, start + 5):
            ledger.append("vault-1", [Erasure("acme", customer_id(number), 1)], some_signer())

    threads = [threading.Thread(target=note, args=(start,)) for start in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = [one for _, page in ErasureLedger(target, verifiers=[some_signer()]).pages("vault-1") for one in page]
    assert {one.customer_id for one in entries} == ids(*range(5), *range(100, 105))
