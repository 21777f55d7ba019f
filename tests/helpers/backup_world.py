"""A vault over a real SQLite store with a clock in the test's hands, and a backup engine that does what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from helpers.memory_keks import KeyringBuilder
from helpers.sqlite_stores import new_store
from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.errors import VaultError
from vault_server.ports.access import AuditVerification, Identity
from vault_server.ports.backup import BackupRecord
from vault_server.ports.runtime import Runtime
from vault_server.records.dictionary import Dictionary
from vault_server.records.search import SearchIndex
from vault_server.records.validation import Validator
from vault_server.usecases.attribute_catalogue import AttributeCatalogue
from vault_server.usecases.call import Call
from vault_server.usecases.vault import Vault

HOME = "acme"


@dataclass(kw_only=True)
class Clock:
    """The database's clock and the process's, moved by hand."""

    now_us: int = 1_700_000_000_000_000
    monotonic_s: float = 100.0

    def step(self, seconds: float) -> None:
        self.now_us += int(seconds * 1_000_000)
        self.monotonic_s += seconds


@contextmanager
def a_vault(folder: Path, clock: Clock) -> Iterator[Vault]:
    with closing(new_store(folder / "vault.db", clock_us=lambda: clock.now_us)) as store:
        dictionary = Dictionary()
        yield Vault(
            store=store,
            keyring=KeyringBuilder().build(),
            dictionary=dictionary,
            validator=Validator(dictionary),
            search=SearchIndex(dictionary),
            attributes=AttributeCatalogue(store),
            runtime=Runtime(now_us=lambda: clock.now_us, monotonic_s=lambda: clock.monotonic_s),
        )


class AuditTrail:
    """The `AuditLog` of ports/access.py in memory."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def append(self, events: Sequence[AuditEvent]) -> None:
        self.events += events

    def verify(self) -> AuditVerification:
        return AuditVerification(events=len(self.events), writers=1, heads=0, findings=())

    def close(self) -> None:
        return


def a_call(trail: AuditTrail | None = None, *, tenant: str = HOME, principal: str = "olga") -> Call:
    identity = Identity(tenant=tenant, principal=principal, roles=frozenset(), credential="token")
    return Call(
        identity=identity,
        method="BackupService/Test",
        call_id="c1",
        home_tenant=HOME,
        log=trail or AuditTrail(),
        now_us=lambda: 1,
    )


@dataclass(kw_only=True)
class ScriptedEngine:
    """The `BackupEngine` of ports/backup.py without a target.

    Attributes:
        during: called while a backup is being made.
        fault: what making or verifying raises.
    """

    published: dict[bytes, BackupRecord] = field(default_factory=dict)
    during: Callable[[Callable[[], bool]], None] = lambda _: None
    fault: VaultError | Exception | None = None

    def create(self, backup_id: bytes, *, active: Callable[[], bool]) -> BackupRecord:
        self.during(active)
        if self.fault:
            raise self.fault
        self.publish(backup_id)
        return self.published[backup_id]

    def publish(self, backup_id: bytes) -> None:
        self.published[backup_id] = BackupRecord(
            backup_id=backup_id,
            sequence=len(self.published) + 1,
            vault_id="v",
            schema_version="0001",
            engine="sqlite",
            started_us=1,
            completed_us=2_000_000,
            size_bytes=1000,
            rows=10,
            digest="d" * 64,
            position=3,
        )

    def find(self, backup_id: bytes) -> BackupRecord | None:
        return self.published.get(backup_id)

    def verify(self, backup_id: bytes, *, active: Callable[[], bool]) -> BackupRecord:
        assert active()
        if self.fault:
            raise self.fault
        return self.published[backup_id]

    def describe_target(self) -> str:
        return "scripted"
