"""What every kind of backup target must do; each adapter is one more parameter."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.memory_targets import MemoryTarget
from vault_server.backup.targets.folder import FolderTarget
from vault_server.errors import (
    AlreadyExistsError,
    ConfigurationError,
    IntegrityError,
    InvalidArgumentError,
    NotFoundError,
    StorageFullError,
    UnavailableError,
)
from vault_server.ports.targets import ObjectInfo, Target

TARGETS: dict[str, Callable[[Path], Target]] = {
    "folder": lambda root: FolderTarget(root / "backups"),
    "memory": lambda _: MemoryTarget(),
}


@pytest.fixture(params=TARGETS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return TARGETS[request.param](tmp_path)


def test_object_reads_back_the_same(target: Target) -> None:
    content = os.urandom(100_000)
    target.put_new("objects/ab/abcd", content)
    assert target.get("objects/ab/abcd", max_bytes=100_000) == content
    assert target.size("objects/ab/abcd") == 100_000


def test_empty_object_is_an_object(target: Target) -> None:
    target.put_new("objects/ab/abcd", b"")
    assert target.get("objects/ab/abcd", max_bytes=0) == b""


def test_second_write_of_a_name_is_refused_and_changes_nothing(target: Target) -> None:
    target.put_new("manifests/1", b"first")
    for content in (b"second", b"first"):
        with pytest.raises(AlreadyExistsError):
            target.put_new("manifests/1", content)
    assert target.get("manifests/1", max_bytes=10) == b"first"


def test_of_many_writers_of_one_name_exactly_one_succeeds(target: Target) -> None:
    succeeded: list[int] = []
    barrier = threading.Barrier(8)

    def write(number: int) -> None:
        barrier.wait()
        try:
            target.put_new("manifests/1", bytes((number,)) * 1000)
            succeeded.append(number)
        except AlreadyExistsError:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(succeeded) == 1
    assert target.get("manifests/1", max_bytes=1000) == bytes((succeeded[0],)) * 1000


def test_missing_object_is_not_found(target: Target) -> None:
    with pytest.raises(NotFoundError):
        target.get("objects/ab/abcd", max_bytes=10)
    with pytest.raises(NotFoundError):
        target.size("objects/ab/abcd")


def test_object_larger_than_expected_is_refused(target: Target) -> None:
    target.put_new("objects/ab/abcd", b"12345")
    with pytest.raises(IntegrityError):
        target.get("objects/ab/abcd", max_bytes=4)


def test_list_is_in_name_order_and_of_one_prefix(target: Target) -> None:
    for name in ("manifests/2", "manifests/1", "manifests/10", "objects/ab/abcd"):
        target.put_new(name, b"x")
    assert list(target.list("manifests/")) == [ObjectInfo(f"manifests/{n}", 1) for n in ("1", "10", "2")]
    assert [one.name for one in target.list("objects/")] == ["objects/ab/abcd"]
    assert list(target.list("ledger/")) == []


def test_delete_removes_and_is_harmless_twice(target: Target) -> None:
    target.put_new("objects/ab/abcd", b"x")
    target.delete("objects/ab/abcd")
    target.delete("objects/ab/abcd")
    assert list(target.list("objects/")) == []


def test_probe_leaves_nothing_behind(target: Target) -> None:
    target.probe()
    assert list(target.list("probe/")) == []


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "objects/../../x", "Objects/ab", "", "a//b", "a/b\n", ".partial/x"]
)
def test_name_that_is_no_object_name_is_refused(target: Target, name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        target.put_new(name, b"x")
    with pytest.raises(InvalidArgumentError):
        target.get(name, max_bytes=1)
    with pytest.raises(InvalidArgumentError):
        target.delete(name)


def test_folder_with_a_full_disk_says_so_and_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = FolderTarget(tmp_path / "backups")
    target.put_new("objects/ab/first", b"x")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFullError):
        target.put_new("objects/ab/second", b"x" * 100_000)
    assert [one.name for one in target.list("objects/")] == ["objects/ab/first"]
    assert not list((tmp_path / "backups" / ".partial").iterdir())


def test_folder_that_changes_what_is_written_is_found_before_the_name_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = FolderTarget(tmp_path / "backups")

    def spoil(descriptor: int) -> None:
        if os.fstat(descriptor).st_size == 5:
            os.pwrite(descriptor, b"X", 2)

    monkeypatch.setattr(os, "fsync", spoil)
    with pytest.raises(IntegrityError, match="reads back changed"):
        target.put_new("objects/ab/abcd", b"12345")
    assert list(target.list("objects/")) == []


def test_folder_does_not_follow_a_planted_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    target = FolderTarget(tmp_path / "backups")
    target.put_new("objects/ab/abcd", b"x")
    (tmp_path / "backups" / "objects" / "ab" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UnavailableError):
        target.get("objects/ab/link", max_bytes=10)
    assert [one.name for one in target.list("objects/")] == ["objects/ab/abcd"]


def test_folder_that_cannot_be_made_fails_the_probe_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="The backup target cannot be used"):
        FolderTarget(tmp_path / "file" / "backups").probe()


def test_folder_without_hard_links_fails_the_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, _target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with pytest.raises(ConfigurationError):
        FolderTarget(tmp_path / "backups").probe()


def test_probe_finds_a_target_that_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def overwrite(path: Path, source: Path) -> None:
        path.write_bytes(source.read_bytes())

    monkeypatch.setattr(Path, "hardlink_to", overwrite)
    with pytest.raises(ConfigurationError, match="overwrites"):
        FolderTarget(tmp_path / "backups").probe()
