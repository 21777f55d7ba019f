"""The catalogue of backups: what the vault knows about the backups it started, newest first.

An entry says CREATING from before the first byte is read until the manifest is published or the making failed. Ids are UUIDv7,
so that the order of ids is the order in time.
"""

from __future__ import annotations

from collections.abc import Callable

from strongroom.api.v1.backup_service_pb2 import Backup, BackupState
from vault_server.errors import NotFoundError
from vault_server.ports.backup import BackupRecord
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import ReadView, Store, WriteView
from vault_server.usecases import names
from vault_server.usecases.call import timestamp

VAULT = ""  # resources of the vault itself belong to no tenant


def backup_name(backup_id: bytes) -> str:
    return f"backups/{names.uuid_text(backup_id)}"


def insert(view: WriteView, backup: Backup) -> None:
    view.resources.put(VAULT, ResourceKind.BACKUP, _key(backup.name), _stored(backup), expected_version=0)


def require(view: ReadView | WriteView, name: str) -> Backup:
    """Raises NotFoundError."""
    row = view.resources.get(VAULT, ResourceKind.BACKUP, names.parse_root(name, "backups"))
    if row is None:
        raise NotFoundError("there is no such backup")
    return Backup.FromString(row.payload)


def newest(view: ReadView, limit: int) -> list[Backup]:
    rows = view.resources.list(VAULT, ResourceKind.BACKUP)
    return [Backup.FromString(row.payload) for row in reversed(rows[-limit:])]


def change(store: Store, name: str, edit: Callable[[Backup], None]) -> Backup:
    """Edit an entry in a transaction of its own and return it."""

    def work(view: WriteView) -> Backup:
        backup = require(view, name)
        edit(backup)
        view.resources.put(VAULT, ResourceKind.BACKUP, _key(name), _stored(backup))
        return backup

    return store.write(work)


def left_creating(view: ReadView) -> list[str]:
    """Names of the backups that somebody is making, or died making."""
    return [one.name for one in newest(view, limit=_ALL) if one.state == BackupState.BACKUP_STATE_CREATING]


def complete(backup: Backup, record: BackupRecord) -> None:
    backup.state = BackupState.BACKUP_STATE_COMPLETE
    backup.complete_time.CopyFrom(timestamp(record.completed_us))
    backup.size_bytes = record.size_bytes
    backup.rows = record.rows
    backup.digest = record.digest
    backup.position = record.position


def fail(backup: Backup, reason: str, message: str) -> None:
    backup.state = BackupState.BACKUP_STATE_FAILED
    backup.failure_reason = reason
    backup.failure_message = message


_ALL = 1_000_000


def _key(name: str) -> str:
    return names.parse_root(name, "backups")


def _stored(backup: Backup) -> bytes:
    return backup.SerializeToString(deterministic=True)
