"""Makes backups for tests: keys, tools, and a repository with some backups in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from helpers.memory_keks import some_root_key, some_signer
from helpers.memory_snapshots import MemorySink, MemorySource, a_source, customer_id, digest_of
from helpers.memory_targets import MemoryTarget
from vault_server.backup.repository import Repository
from vault_server.backup.restorer import RestoreTools
from vault_server.backup.writer import BackupTools, create_backup
from vault_server.crypto.backup_keys import RecipientBackupKeys
from vault_server.errors import FailedPreconditionError
from vault_server.ports.backup import BackupRecord
from vault_server.ports.backup_keys import RecipientRole
from vault_server.ports.root_keys import RootKey
from vault_server.ports.runtime import Runtime
from vault_server.ports.snapshot import SnapshotSink, SnapshotSource
from vault_server.ports.store import Store
from vault_server.ports.targets import Target


def a_runtime(start_us: int = 1_000_000) -> Runtime:
    """A clock that moves a second with every look."""
    ticks = itertools.count(start_us, 1_000_000)
    return Runtime(now_us=lambda: next(ticks))


def backup_keys(*holders: RootKey) -> RecipientBackupKeys:
    recipients = {
        RecipientRole.ROOT: [some_root_key().public_wrapper()],
        RecipientRole.RECOVERY: [some_root_key("recovery").public_wrapper()],
    }
    return RecipientBackupKeys(recipients=recipients, holders=holders or [some_root_key()])


def backup_tools(signer: str = "signer") -> BackupTools:
    return BackupTools(keys=backup_keys(), signer=some_signer(signer), digest=digest_of, runtime=a_runtime())


def restore_tools(
    *, schema_version: str = "0001", vault_id: str = "vault-1", holders: tuple[RootKey, ...] = ()
) -> RestoreTools:
    return RestoreTools(
        keys=backup_keys(*holders), digest=digest_of, runtime=a_runtime(), schema_version=schema_version, vault_id=vault_id
    )


def a_repository(target: Target | None = None, signer: str = "signer") -> Repository:
    return Repository(MemoryTarget() if target is None else target, verifiers=[some_signer(signer)])


def backup_id(number: int) -> bytes:
    return bytes((number,)) * 16


def make_backup(
    repository: Repository,
    source: MemorySource | None = None,
    *,
    number: int = 1,
    signer: str = "signer",
    active: Callable[[], bool] = lambda: True,
) -> BackupRecord:
    return create_backup(
        source or a_source(), repository, backup_tools(signer), backup_id=backup_id(number), engine="sqlite", active=active
    )


class _Records:
    """What a restore asks of the loaded records."""

    def __init__(self, content: dict[str, list[tuple[object, ...]]]) -> None:
        self._content = content

    def erased(self, tenant: str, ids: list[bytes]) -> frozenset[bytes]:
        assert tenant == "acme"
        return frozenset(one for one in ids if any(row[1] == one for row in self._content.get("erasures", [])))

    def deks(self, tenant: str, ids: list[bytes]) -> list[tuple[object, ...]]:
        assert tenant == "acme"
        return [row for row in self._content.get("deks", []) if row[1] in ids]

    def erase(self, tenant: str, erased_id: bytes, now_us: int) -> None:
        assert tenant == "acme"
        for table in ("customers", "deks"):
            self._content[table] = [row for row in self._content[table] if row[1] != erased_id]
        self._content.setdefault("erasures", []).append((1, erased_id, 1, now_us, 1))


class _LoadedStore:
    """The few methods of a `Store` that a restore uses, over what a sink holds."""

    def __init__(self, content: dict[str, list[tuple[object, ...]]]) -> None:
        self.records = _Records(content)
        self._content = content

    @contextmanager
    def snapshot(self) -> Iterator[SnapshotSource]:
        yield MemorySource(content=self._content)

    @contextmanager
    def read(self) -> Iterator[_LoadedStore]:
        yield self

    def write(self, work: Callable[[_LoadedStore], None]) -> None:
        work(self)


class MemoryDestination:
    """The `Destination` of backup/destination.py in memory."""

    def __init__(self) -> None:
        self.sink = MemorySink()
        self.in_use: dict[str, list[tuple[object, ...]]] | None = None
        self.discarded = False

    def require_empty(self) -> None:
        if self.in_use is not None:
            raise FailedPreconditionError("not empty", reason="NOT_EMPTY")

    def fresh(self) -> SnapshotSink:
        return self.sink

    @contextmanager
    def opened(self) -> Iterator[Store]:
        assert self.sink.finished
        yield cast("Store", _LoadedStore(self.sink.content))

    def swap_in(self) -> None:
        self.in_use = self.sink.content

    def discard(self) -> None:
        self.discarded = True

    def customers(self) -> set[bytes]:
        assert self.in_use is not None
        return {cast("bytes", row[1]) for row in self.in_use["customers"]}


def ids(*numbers: int) -> set[bytes]:
    return {customer_id(number) for number in numbers}
