"""A published backup as a snapshot: the same port that it was made from, every byte checked on the way.

Rows come chunk by chunk, so memory stays constant. A table counts as read when its last row was handed out and the number of
rows is what the manifest says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter

from vault_server.backup import chunks
from vault_server.backup.manifest import Manifest, ObjectRef, TableRef
from vault_server.backup.repository import Repository
from vault_server.backup.row_blocks import Row
from vault_server.backup.writer import require_active
from vault_server.errors import IntegrityError, NotFoundError
from vault_server.ports.backup_keys import BackupCipher
from vault_server.ports.snapshot import SnapshotTable


class BackupSource:
    """The `SnapshotSource` of ports/snapshot.py over a backup. Every method may raise IntegrityError."""

    def __init__(self, repository: Repository, manifest: Manifest, cipher: BackupCipher, active: Callable[[], bool]) -> None:
        self._repository = repository
        self._manifest = manifest
        self._cipher = cipher
        self._active = active
        self.checked: set[str] = set()

    @property
    def schema_version(self) -> str:
        return self._manifest.schema_version

    @property
    def vault_id(self) -> str:
        return self._manifest.vault_id

    def watermark(self) -> int:
        return self._manifest.position

    def tables(self) -> list[SnapshotTable]:
        return [SnapshotTable(one.name, one.columns, one.keys) for one in self._manifest.tables]

    def rows(self, table: str, *, batch: int) -> Iterator[list[tuple[object, ...]]]:
        """As in the port; a batch may be smaller than asked for, never larger."""
        described = self._table(table)
        found = 0
        for ref in self._refs(table):
            require_active(self._active)
            rows = self._chunk(ref, described)
            found += len(rows)
            for start in range(0, len(rows), batch):
                yield rows[start : start + batch]
        if found != described.rows:
            raise IntegrityError(f"the table {table} has {found} rows and should have {described.rows}")
        self.checked.add(table)

    def check_unread(self) -> None:
        """Read every table that nobody has read to its end."""
        for table in self._manifest.tables:
            if table.name not in self.checked:
                for _ in self.rows(table.name, batch=chunks.BATCH_ROWS):
                    pass

    def _table(self, name: str) -> TableRef:
        for table in self._manifest.tables:
            if table.name == name:
                return table
        raise NotFoundError(f"the backup has no table {name}")

    def _refs(self, table: str) -> list[ObjectRef]:
        return sorted((ref for ref in self._manifest.objects if ref.table == table), key=attrgetter("position"))

    def _chunk(self, ref: ObjectRef, table: TableRef) -> list[Row]:
        sealed = self._repository.get_object(ref)
        rows: list[Row] = []
        for block in chunks.unpack(chunks.open_chunk(self._cipher, ref.role, ref.position, sealed)):
            if (block.table, block.columns) != (table.name, table.columns):
                raise IntegrityError(f"the chunk {ref.role}/{ref.position} holds another table than it should")
            rows += block.rows
        if len(rows) != ref.rows:
            raise IntegrityError(f"the chunk {ref.role}/{ref.position} has {len(rows)} rows and should have {ref.rows}")
        return rows
