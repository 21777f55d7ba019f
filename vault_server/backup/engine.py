"""One vault and one target, as the use cases see them: `ports.backup.BackupEngine`."""

from __future__ import annotations

from collections.abc import Callable

from vault_server.backup.repository import Repository
from vault_server.backup.verifier import verify_backup
from vault_server.backup.writer import BackupTools, create_backup
from vault_server.ports.backup import BackupRecord
from vault_server.ports.store import Store


class RepositoryBackups:
    """Backs `store` up to `repository`."""

    def __init__(self, *, store: Store, repository: Repository, tools: BackupTools) -> None:
        self._store = store
        self._repository = repository
        self._tools = tools

    def create(self, backup_id: bytes, *, active: Callable[[], bool]) -> BackupRecord:
        with self._store.snapshot() as source:
            return create_backup(
                source, self._repository, self._tools, backup_id=backup_id, engine=self._store.engine, active=active
            )

    def find(self, backup_id: bytes) -> BackupRecord | None:
        published = self._repository.find(backup_id)
        return None if published is None else published.record()

    def verify(self, backup_id: bytes, *, active: Callable[[], bool]) -> BackupRecord:
        return verify_backup(self._repository, backup_id, keys=self._tools.keys, digest=self._tools.digest, active=active)

    def describe_target(self) -> str:
        return self._repository.target.describe()
