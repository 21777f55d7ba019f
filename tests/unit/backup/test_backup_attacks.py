"""Each test damages a repository in one way and names the attack; nothing damaged verifies or restores."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from helpers.backup_making import (
    MemoryDestination,
    a_repository,
    backup_id,
    backup_keys,
    backup_tools,
    make_backup,
    restore_tools,
)
from helpers.memory_keks import some_signer
from helpers.memory_snapshots import a_source, digest_of
from helpers.memory_targets import MemoryTarget
from vault_server.backup import manifest as manifests
from vault_server.backup import signed_documents
from vault_server.backup.manifest import Manifest
from vault_server.backup.repository import manifest_name, object_name
from vault_server.backup.restorer import plan_restore, run_restore
from vault_server.backup.verifier import verify_backup
from vault_server.backup.writer import create_backup
from vault_server.errors import IntegrityError
from vault_server.ports.root_keys import Signer

FIRST, SECOND, THIRD = (manifest_name(number) for number in (1, 2, 3))


@pytest.fixture
def target() -> MemoryTarget:
    """Two backups, the second after an erasure: chunks, key shards, a ledger page and two manifests."""
    target = MemoryTarget()
    repository = a_repository(target)
    make_backup(repository, a_source(500, sealed_bytes=100), number=1)
    make_backup(repository, a_source(3600, sealed_bytes=1500, erased=[4]), number=2)
    return target


def _names(target: MemoryTarget, prefix: str, role: str = "") -> list[str]:
    if not role:
        return [name for name in sorted(target.objects) if name.startswith(prefix)]
    return [object_name(ref.sha256) for ref in _manifest(target, SECOND).objects if ref.role == role]


def _manifest(target: MemoryTarget, name: str) -> Manifest:
    return manifests.read(target.objects[name], [some_signer()], what="the manifest")


def _forge(target: MemoryTarget, name: str, changed: Manifest, signer: Signer | None = None) -> None:
    target.objects[name] = manifests.sign(changed, signer or some_signer())


def _refused(target: MemoryTarget, match: str) -> None:
    """Neither verify nor restore accepts it, and no row is put in use."""
    repository, destination = a_repository(target), MemoryDestination()
    with pytest.raises(IntegrityError, match=match):
        verify_backup(repository, backup_id(2), keys=backup_keys(), digest=digest_of, active=lambda: True)
    with pytest.raises(IntegrityError, match=match):
        run_restore(plan_restore(repository, destination, restore_tools()), repository, destination, restore_tools())
    assert destination.in_use is None


def _flipped(content: bytes) -> Iterator[bytes]:
    """The first, a middle and the last byte changed, each alone."""
    for place in (0, len(content) // 2, len(content) - 1):
        changed = bytearray(content)
        changed[place] ^= 0x01
        yield bytes(changed)


def test_undamaged_repository_verifies(target: MemoryTarget) -> None:
    verify_backup(a_repository(target), backup_id(2), keys=backup_keys(), digest=digest_of, active=lambda: True)


def test_flipped_byte_in_any_object_is_found(target: MemoryTarget) -> None:
    used = {object_name(ref.sha256) for ref in _manifest(target, SECOND).objects}
    checked = [name for name in target.objects if name in used or not name.startswith("objects/")]
    assert {name.split("/")[0] for name in checked} == {"objects", "ledger", "manifests"}
    for name in checked:
        whole = target.objects[name]
        for damaged in _flipped(whole):
            target.objects[name] = damaged
            with pytest.raises(IntegrityError):
                verify_backup(a_repository(target), backup_id(2), keys=backup_keys(), digest=digest_of, active=lambda: True)
        target.objects[name] = whole


@pytest.mark.parametrize("role", ["rows", "deks"])
def test_truncated_chunk_is_found(target: MemoryTarget, role: str) -> None:
    name = _names(target, "objects/", role)[-1]
    target.objects[name] = target.objects[name][:-1]
    _refused(target, "is cut")


def test_lengthened_chunk_is_found(target: MemoryTarget) -> None:
    target.objects[_names(target, "objects/", "rows")[0]] += b"\0"
    _refused(target, r"longer than|too long")


@pytest.mark.parametrize("role", ["rows", "deks"])
def test_removed_chunk_is_found(target: MemoryTarget, role: str) -> None:
    del target.objects[_names(target, "objects/", role)[0]]
    _refused(target, "is missing")


def test_swapped_chunks_are_found_by_their_names(target: MemoryTarget) -> None:
    first, second = _names(target, "objects/", "deks")[:2]
    target.objects[first], target.objects[second] = target.objects[second], target.objects[first]
    _refused(target, r"cut|changed|longer|too long")


def test_chunks_swapped_inside_a_resigned_manifest_are_found_by_their_seals(target: MemoryTarget) -> None:
    """Even whoever can sign cannot move a chunk: its place is under its seal."""
    manifest = _manifest(target, SECOND)
    shards = [ref for ref in manifest.objects if ref.role == "deks"]
    moved = {
        shards[0]: replace(shards[0], sha256=shards[1].sha256, size_bytes=shards[1].size_bytes),
        shards[1]: replace(shards[1], sha256=shards[0].sha256, size_bytes=shards[0].size_bytes),
    }
    _forge(target, SECOND, replace(manifest, objects=tuple(moved.get(ref, ref) for ref in manifest.objects)))
    _refused(target, "the seal of the chunk deks/0 is broken")


def test_chunk_of_another_backup_is_found_by_its_seal(target: MemoryTarget) -> None:
    manifest, older = _manifest(target, SECOND), _manifest(target, FIRST)
    foreign = next(ref for ref in older.objects if ref.role == "deks")
    objects = tuple(
        replace(ref, sha256=foreign.sha256, size_bytes=foreign.size_bytes) if (ref.role, ref.position) == ("deks", 0) else ref
        for ref in manifest.objects
    )
    _forge(target, SECOND, replace(manifest, objects=objects))
    _refused(target, "the seal of the chunk deks/0 is broken")


def test_left_out_chunk_is_found_by_the_counts(target: MemoryTarget) -> None:
    manifest = _manifest(target, SECOND)
    _forge(target, SECOND, replace(manifest, objects=manifest.objects[:-1]))
    _refused(target, "malformed")


def test_left_out_table_is_found_by_the_digest(target: MemoryTarget) -> None:
    manifest = _manifest(target, SECOND)
    tables = tuple(replace(table, rows=0) if table.name == "deks" else table for table in manifest.tables)
    objects = tuple(ref for ref in manifest.objects if ref.table != "deks")
    _forge(target, SECOND, replace(manifest, tables=tables, objects=objects))
    _refused(target, "not what was backed up")


def test_manifest_signed_by_another_vault_is_refused(target: MemoryTarget) -> None:
    _forge(target, SECOND, _manifest(target, SECOND), some_signer("stranger"))
    _refused(target, "was not signed by this vault")


def test_whole_repository_of_another_vault_is_refused() -> None:
    target = MemoryTarget()
    repository = a_repository(target, "stranger")
    make_backup(repository, a_source(vault_id="vault-2"), number=2, signer="stranger")
    _refused(target, "was not signed by this vault")


def test_manifest_of_another_vault_in_the_chain_is_refused(target: MemoryTarget) -> None:
    _forge(target, SECOND, replace(_manifest(target, SECOND), vault_id="vault-2"))
    _refused(target, "is of another vault")


def test_forged_signature_is_refused(target: MemoryTarget) -> None:
    content = target.objects[SECOND]
    target.objects[SECOND] = content[:-384] + bytes(384)
    _refused(target, "signature of the manifest 2 is wrong")


def test_removed_signature_is_refused(target: MemoryTarget) -> None:
    target.objects[SECOND] = target.objects[SECOND][:-384]
    _refused(target, "is cut")


def test_ledger_page_does_not_pass_as_a_manifest(target: MemoryTarget) -> None:
    target.objects[THIRD] = target.objects["ledger/0000000001"]
    _refused(target, "no document of a backup")


def test_newer_format_is_refused_by_name(target: MemoryTarget) -> None:
    content = bytearray(target.objects[SECOND])
    content[4] = 2
    target.objects[SECOND] = bytes(content)
    _refused(target, "has a newer format")


def test_old_manifest_replayed_as_the_newest_is_refused(target: MemoryTarget) -> None:
    target.objects[THIRD] = target.objects[FIRST]
    _refused(target, "is the manifest 1 under another name")


def test_old_manifest_in_the_place_of_a_newer_is_refused(target: MemoryTarget) -> None:
    target.objects[SECOND] = target.objects[FIRST]
    _refused(target, "is the manifest 1 under another name")


def test_removed_manifest_leaves_a_gap_that_is_found(target: MemoryTarget) -> None:
    del target.objects[FIRST]
    _refused(target, "the manifest 1 is missing")


def test_exchanged_predecessor_is_found_by_the_link(target: MemoryTarget) -> None:
    _forge(target, FIRST, replace(_manifest(target, FIRST), digest="0" * 64))
    _refused(target, "does not follow")


def test_foreign_object_between_the_manifests_is_refused(target: MemoryTarget) -> None:
    target.objects["manifests/latest"] = b"x"
    _refused(target, "foreign object")


def test_removed_ledger_page_makes_the_ledger_stale(target: MemoryTarget) -> None:
    del target.objects["ledger/0000000001"]
    _refused(target, "ledger is stale")


def test_ledger_page_without_its_entry_is_refused(target: MemoryTarget) -> None:
    body: dict[str, object] = {"vault_id": "vault-1", "sequence": 1, "previous": "", "entries": []}
    target.objects["ledger/0000000001"] = signed_documents.sign(b"SRLG", body, some_signer())
    _refused(target, "ledger is stale")


def test_ledger_of_another_vault_is_refused(target: MemoryTarget) -> None:
    body: dict[str, object] = {"vault_id": "vault-2", "sequence": 1, "previous": "", "entries": []}
    target.objects["ledger/0000000001"] = signed_documents.sign(b"SRLG", body, some_signer())
    _refused(target, "of another vault")


def test_signed_manifest_with_nonsense_in_it_is_malformed_and_not_a_crash(target: MemoryTarget) -> None:
    for body in ({}, {"sequence": "2"}, {"sequence": True}, {"backup_id": "zz"}):
        target.objects[SECOND] = signed_documents.sign(manifests.MAGIC, body, some_signer())
        _refused(target, "malformed")


def test_content_that_changed_between_digest_and_rows_does_not_verify() -> None:
    """A snapshot that is none would give a backup whose digest does not fit its rows."""
    target = MemoryTarget()
    tools = replace(backup_tools(), digest=lambda _: hashlib.sha256(b"other").hexdigest())
    create_backup(a_source(), a_repository(target), tools, backup_id=backup_id(2), engine="sqlite", active=lambda: True)
    _refused(target, "not what was backed up")


def test_chunk_given_to_another_table_is_found_by_its_content(target: MemoryTarget) -> None:
    manifest = _manifest(target, SECOND)
    by_table = {table.name: table for table in manifest.tables}
    tables = tuple(
        replace(table, rows={"customers": 0, "empty": by_table["customers"].rows}.get(table.name, table.rows))
        for table in manifest.tables
    )
    objects = tuple(replace(ref, table="empty") if ref.table == "customers" else ref for ref in manifest.objects)
    _forge(target, SECOND, replace(manifest, tables=tables, objects=objects))
    _refused(target, "holds another table")


def test_rows_counted_in_the_wrong_chunk_are_found(target: MemoryTarget) -> None:
    manifest = _manifest(target, SECOND)
    shift = {0: 1, 1: -1}
    objects = tuple(
        replace(ref, rows=ref.rows + shift.get(ref.position, 0)) if ref.role == "deks" else ref for ref in manifest.objects
    )
    _forge(target, SECOND, replace(manifest, objects=objects))
    _refused(target, "rows and should have")
