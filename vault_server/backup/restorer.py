"""Restores one backup into an empty place: plan, stage, verify, erase again, swap.

Nothing is put in use before every byte was checked on the way in, the digest of the loaded store equals the digest of what was
backed up, and every erasure of the ledger was done again. Runs beside a stopped vault, never onto live data. What fails leaves
the place as empty as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from vault_server.backup.destination import Destination
from vault_server.backup.ledger import Erasure
from vault_server.backup.reader import BackupSource
from vault_server.backup.repository import Published, Repository
from vault_server.backup.verifier import open_cipher, read_ledger, select
from vault_server.backup.writer import ContentDigest
from vault_server.errors import FailedPreconditionError, IntegrityError
from vault_server.ports.backup import BackupRecord
from vault_server.ports.backup_keys import BackupKeys
from vault_server.ports.runtime import Runtime
from vault_server.ports.snapshot import SnapshotSink
from vault_server.ports.store import Store, WriteView

_LOAD_ROWS = 5_000  # a chunk has fewer rows as a rule, so that this bounds tables of tiny rows
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTools:
    """What a restore needs besides its repository and destination.

    Attributes:
        schema_version: the schema that this version of the vault writes.
        vault_id: the vault that must come back, or "" if whoever signed the backup decides.
        after_load: what must be rebuilt in the loaded store before it is used (search tokens, which are never backed up).
        progress: told the table, rows loaded of it, rows in it.
    """

    keys: BackupKeys
    digest: ContentDigest
    runtime: Runtime
    schema_version: str
    vault_id: str = ""
    after_load: Callable[[Store], None] = lambda _: None
    progress: Progress = lambda _table, _done, _all: None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """What a restore will do; everything in it was checked, the objects for presence and size only.

    Attributes:
        erasures: customers whom the ledger says to erase again, those included whom the backup holds as erased already.
        newer_backups: how many backups were made after this one.
    """

    record: BackupRecord
    published: Published
    tables: tuple[tuple[str, int], ...]
    objects: int
    erasures: tuple[Erasure, ...]
    newer_backups: int


class RestoreReport(NamedTuple):
    """What a restore did."""

    record: BackupRecord
    rows: int
    erased_again: int
    digest: str


def plan_restore(
    repository: Repository, destination: Destination, tools: RestoreTools, *, backup_id: bytes | None = None
) -> RestorePlan:
    """Check everything that can be checked without reading the objects. Changes nothing.

    Args:
        backup_id: which backup; None means the newest.

    Raises:
        NotFoundError: no such backup.
        IntegrityError: chain, signature or ledger is broken or stale, or an object is missing or cut.
        FailedPreconditionError: the destination is not empty, or the backup is of another vault or schema.
        KeyUnavailableError: no key that opens it is held here.
    """
    destination.require_empty()
    chain = repository.chain()
    published = select(chain, backup_id)
    manifest = published.manifest
    _require_vault(manifest.vault_id, tools.vault_id)
    _require_schema(manifest.schema_version, tools.schema_version)
    erasures = read_ledger(repository, chain)
    open_cipher(published, tools.keys).close()
    repository.check_presence(manifest)
    return RestorePlan(
        record=published.record(),
        published=published,
        tables=tuple((table.name, table.rows) for table in manifest.tables),
        objects=len(manifest.objects),
        erasures=tuple(erasures),
        newer_backups=len(chain) - manifest.sequence,
    )


def run_restore(
    plan: RestorePlan,
    repository: Repository,
    destination: Destination,
    tools: RestoreTools,
    *,
    active: Callable[[], bool] = lambda: True,
) -> RestoreReport:
    """Do what the plan says.

    Raises:
        IntegrityError: a chunk is broken, or the loaded store is not what was backed up.
        StorageFullError: the destination is full.
        FailedPreconditionError: the destination is no longer empty.
        ConflictError: `active` said no.
    """
    destination.require_empty()
    try:
        rows = _load(plan, repository, destination, tools, active)
        with destination.opened() as store:
            digest = _check_digest(store, plan, tools)
            erased = _erase_again(store, plan.erasures, tools.runtime)
            tools.after_load(store)
        destination.swap_in()
    except BaseException:  # whatever stopped it, a half-loaded store must not stay
        destination.discard()
        raise
    return RestoreReport(record=plan.record, rows=rows, erased_again=erased, digest=digest)


def _load(
    plan: RestorePlan, repository: Repository, destination: Destination, tools: RestoreTools, active: Callable[[], bool]
) -> int:
    sink = destination.fresh()
    try:
        with open_cipher(plan.published, tools.keys) as cipher:
            source = BackupSource(repository, plan.published.manifest, cipher, active)
            loaded = sum(_load_table(source, name, rows, sink, tools.progress) for name, rows in plan.tables)
        sink.finish()
    except BaseException:  # whatever stopped it, the sink must let go of its files
        sink.abandon()
        raise
    return loaded


def _load_table(source: BackupSource, table: str, rows: int, sink: SnapshotSink, progress: Progress) -> int:
    columns = next(one.columns for one in source.tables() if one.name == table)
    loaded = 0
    for batch in source.rows(table, batch=_LOAD_ROWS):
        sink.load(table, columns, batch)
        loaded += len(batch)
        progress(table, loaded, rows)
    return loaded


def _check_digest(store: Store, plan: RestorePlan, tools: RestoreTools) -> str:
    with store.snapshot() as source:
        digest = tools.digest(source)
    if digest != plan.record.digest:
        raise IntegrityError("the restored content is not what was backed up", reason="DIGEST_MISMATCH")
    return digest


def _erase_again(store: Store, erasures: Sequence[Erasure], runtime: Runtime) -> int:
    """Erase those whom the backup still holds; returns how many."""
    again = 0
    for erasure in erasures:
        if _is_erased(store, erasure) or not _is_known(store, erasure):
            continue
        now_us = runtime.now_us()

        def work(view: WriteView, erasure: Erasure = erasure, now_us: int = now_us) -> None:
            view.records.erase(erasure.tenant, erasure.customer_id, now_us)

        store.write(work)
        again += 1
    return again


def _is_erased(store: Store, erasure: Erasure) -> bool:
    with store.read() as view:
        return bool(view.records.erased(erasure.tenant, [erasure.customer_id]))


def _is_known(store: Store, erasure: Erasure) -> bool:
    """Whether the backup is young enough to hold the customer at all."""
    with store.read() as view:
        return bool(view.records.deks(erasure.tenant, [erasure.customer_id]))


def _require_vault(found: str, expected: str) -> None:
    if expected and found != expected:
        raise FailedPreconditionError(
            "the backup is of another vault", reason="WRONG_VAULT", hint="Check the backup folder that is configured."
        )


def _require_schema(found: str, supported: str) -> None:
    if found != supported:
        raise FailedPreconditionError(
            f"the backup has schema {found}, this version of the vault restores schema {supported}",
            reason="SCHEMA_MISMATCH",
            hint="Restore with the version that made the backup, then start the newer version on it.",
        )
