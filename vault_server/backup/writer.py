"""Makes a full backup: chunks first, then the erasure ledger, the signed manifest last.

Streams: at any time a few chunks are in memory. Whatever interrupts it leaves only objects that no manifest names, so an
interrupted backup does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from vault_server.backup import chunks
from vault_server.backup.chunks import PackedChunk
from vault_server.backup.ledger import ErasureLedger, erasures_of
from vault_server.backup.manifest import FIRST_SEQUENCE, Manifest, ObjectRef, TableRef
from vault_server.backup.repository import Published, Repository
from vault_server.backup.row_blocks import Row
from vault_server.errors import AlreadyExistsError, ConflictError, FailedPreconditionError, UnavailableError
from vault_server.ports.backup import BackupRecord
from vault_server.ports.backup_keys import BackupCipher, BackupKeys
from vault_server.ports.root_keys import Signer
from vault_server.ports.runtime import Runtime
from vault_server.ports.snapshot import SnapshotSource, SnapshotTable

_ATTEMPTS = 10
ContentDigest = Callable[[SnapshotSource], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupTools:
    """What making a backup needs besides its source and target.

    Attributes:
        digest: SHA-256 over the logical content of a source, hex; the same before a backup and after its restore.
    """

    keys: BackupKeys
    signer: Signer
    digest: ContentDigest
    runtime: Runtime


def create_backup(
    source: SnapshotSource,
    repository: Repository,
    tools: BackupTools,
    *,
    backup_id: bytes,
    engine: str,
    active: Callable[[], bool],
) -> BackupRecord:
    """Back a snapshot up and publish it.

    Raises: see `BackupEngine.create`.
    """
    started_us = tools.runtime.now_us()
    _refuse_other_vault(repository, source.vault_id)
    cipher, recipients = tools.keys.create(backup_id)
    with cipher:
        tables, objects = _write_tables(source, _ChunkWriter(repository, cipher, active))
    digest = tools.digest(source)
    require_active(active)
    ledger = ErasureLedger(repository.target, verifiers=repository.verifiers)
    head = ledger.append(source.vault_id, erasures_of(source), tools.signer)
    manifest = Manifest(
        backup_id=backup_id,
        sequence=FIRST_SEQUENCE,
        previous="",
        vault_id=source.vault_id,
        schema_version=source.schema_version,
        engine=engine,
        position=source.watermark(),
        started_us=started_us,
        completed_us=started_us,
        digest=digest,
        ledger_sequence=head.sequence,
        ledger_sha256=head.sha256,
        tables=tables,
        objects=objects,
        recipients=recipients,
    )
    return _publish(repository, manifest, tools).record()


def require_active(active: Callable[[], bool]) -> None:
    if not active():
        raise ConflictError("the work was stopped", reason="STOPPED", hint="Start it again.")


def _refuse_other_vault(repository: Repository, vault_id: str) -> None:
    newest = repository.newest()
    if newest is not None and newest.manifest.vault_id != vault_id:
        raise FailedPreconditionError(
            "the backup folder holds the backups of another vault",
            reason="WRONG_VAULT",
            hint="Give each vault a folder of its own.",
        )


class _ChunkWriter:
    """Seals and stores chunks; positions count on through all tables of a role."""

    def __init__(self, repository: Repository, cipher: BackupCipher, active: Callable[[], bool]) -> None:
        self._repository = repository
        self._cipher = cipher
        self._active = active
        self._next = {chunks.ROWS: 0, chunks.KEYS: 0}

    def write_table(self, table: SnapshotTable, batches: Iterator[list[Row]]) -> list[ObjectRef]:
        return [self._write(table, chunk) for chunk in chunks.pack(table, batches)]

    def _write(self, table: SnapshotTable, chunk: PackedChunk) -> ObjectRef:
        require_active(self._active)
        role = chunks.role_of(table)
        position = self._next[role]
        self._next[role] += 1
        sealed = self._cipher.seal(role, position, chunk.content)
        sha256 = self._repository.put_object(sealed)
        return ObjectRef(role=role, position=position, table=table.name, rows=chunk.rows, size_bytes=len(sealed), sha256=sha256)


def _write_tables(source: SnapshotSource, writer: _ChunkWriter) -> tuple[tuple[TableRef, ...], tuple[ObjectRef, ...]]:
    tables: list[TableRef] = []
    objects: list[ObjectRef] = []
    for table in source.tables():
        written = writer.write_table(table, source.rows(table.name, batch=chunks.BATCH_ROWS))
        objects += written
        rows = sum(one.rows for one in written)
        tables.append(TableRef(name=table.name, columns=table.columns, keys=table.keys, rows=rows))
    return tuple(tables), tuple(objects)


def _publish(repository: Repository, manifest: Manifest, tools: BackupTools) -> Published:
    for _ in range(_ATTEMPTS):
        newest = repository.newest()
        linked = replace(manifest, completed_us=tools.runtime.now_us())
        if newest is not None:
            linked = replace(linked, sequence=newest.manifest.sequence + 1, previous=newest.sha256)
        try:
            return repository.publish(linked, tools.signer)
        except AlreadyExistsError:
            continue  # another writer took the number: link to its manifest
    raise UnavailableError("other backups were published again and again", hint="Try again.")
