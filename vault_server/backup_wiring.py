"""The backup part of the composition root: target, repository, use cases, the one recurring schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event

from strongroom.api.v1.rules_pb2 import Role
from vault_server.backup.engine import RepositoryBackups
from vault_server.backup.ledger import BackupLedger, ErasureLedger
from vault_server.backup.repository import Repository
from vault_server.backup.targets.folder import FolderTarget
from vault_server.backup.writer import BackupTools
from vault_server.config import Settings
from vault_server.open_keys import OpenKeys
from vault_server.ports.access import AuditLog, Identity
from vault_server.ports.runtime import Runtime
from vault_server.ports.snapshot import SnapshotSource
from vault_server.scheduling.scheduler import Job
from vault_server.scheduling.timer import SchedulingService
from vault_server.storage.content_digest import ContentDigest, content_digest
from vault_server.usecases.backups import Backups
from vault_server.usecases.call import Call
from vault_server.usecases.recurring import Occasion
from vault_server.usecases.vault import Vault

SCHEDULER = "scheduler"
RECORD_TABLES = frozenset({"customers", "transactions", "needs", "derived", "current_runs", "deks", "consents", "erasures"})
EMBEDDED_HOLDER = "embedded"


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredBackups:
    """What the server needs of backups."""

    engine: RepositoryBackups
    backups: Backups
    ledger: BackupLedger
    scheduling: SchedulingService


def backup_tools(keys: OpenKeys, runtime: Runtime) -> BackupTools:
    return BackupTools(
        keys=keys.backup, signer=keys.signer, digest=lambda source: content_digest(source).digest, runtime=runtime
    )


def folder_target(settings: Settings, runtime: Runtime) -> FolderTarget:
    return FolderTarget(settings.backup.folder, runtime=runtime)


def open_backups(
    settings: Settings, keys: OpenKeys, vault: Vault, log: AuditLog, opened: ExitStack, jobs: Mapping[str, Job]
) -> WiredBackups:
    """Wire backups of the open vault; what runs in the background ends when `opened` closes.

    Args:
        jobs: other recurring work that the scheduler does.
    """
    runtime, stopping = vault.runtime, Event()
    target = folder_target(settings, runtime)
    engine = RepositoryBackups(
        store=vault.store, repository=Repository(target, verifiers=keys.verifiers), tools=backup_tools(keys, runtime)
    )
    holder = EMBEDDED_HOLDER if vault.store.engine == "sqlite" else runtime.random_bytes(8).hex()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="backup")
    opened.callback(pool.shutdown, wait=True)
    backups = Backups(vault=vault, engine=engine, background=_submitting(pool), holder=holder, stopping=stopping.is_set)
    backups.settle()

    def back_up(occasion: Occasion) -> str:
        return backups.run(_scheduled_call(settings, runtime, log), occasion.active).name

    scheduling = SchedulingService(
        store=vault.store,
        jobs={"backup": back_up, **jobs},
        holder=holder,
        monotonic_s=runtime.monotonic_s,
    )
    opened.callback(scheduling.stop)
    opened.callback(stopping.set)
    ledger = BackupLedger(
        ErasureLedger(target, verifiers=keys.verifiers), vault_id=lambda: vault.store.describe()["vault_id"], signer=keys.signer
    )
    return WiredBackups(engine=engine, backups=backups, ledger=ledger, scheduling=scheduling)


def digest_of_records(source: SnapshotSource) -> ContentDigest:
    """The digest that people compare before and after a restore: records, their keys and consents.

    Logs, catalogues and the tenants' keys are left out: they change by being used.
    """
    without = [table.name for table in source.tables() if table.name not in RECORD_TABLES]
    return content_digest(source, without=without)


def _submitting(pool: ThreadPoolExecutor) -> Callable[[Callable[[], None]], None]:
    return lambda work: _discard(pool.submit(work))


def _scheduled_call(settings: Settings, runtime: Runtime, log: AuditLog) -> Call:
    """Recurring work is done, and audited, in the name of the scheduler."""
    home = settings.server.home_tenant
    identity = Identity(tenant=home, principal=SCHEDULER, roles=frozenset({Role.ROLE_OPERATOR}), credential="process")
    return Call(
        identity=identity,
        method="BackupService/CreateBackup",
        call_id=runtime.random_bytes(8).hex(),
        home_tenant=home,
        log=log,
        now_us=runtime.now_us,
    )


def _discard(_: object) -> None:
    """For callbacks that return nothing."""
