"""Backups of the whole vault. Restoring is no call: it is done beside a stopped vault."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom._sync.calls import Calls
from strongroom.api.v1 import backup_service_pb2 as api
from strongroom.errors import BackupFailedError, DeadlineExceededError
from strongroom.names import top_level_name

_POLL_S = 0.2
_LONGEST_POLL_S = 5.0
_BACKUP_BUDGET_S = 6 * 3600.0


class Backups:
    """The backups of the vault."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create(self, *, request_id: str = "") -> api.Backup:
        """Start a full backup; `wait` follows it to its end."""
        return (self._calls.unary(api.CreateBackupRequest(request_id=request_id), api.CreateBackupResponse)).backup

    def get(self, name: str) -> api.Backup:
        request = api.GetBackupRequest(name=top_level_name("backups", name))
        return (self._calls.unary(request, api.GetBackupResponse)).backup

    def list(self, *, limit: int = 100) -> Sequence[api.Backup]:
        """Return the newest backups, the newest first."""
        return (self._calls.unary(api.ListBackupsRequest(page_size=limit), api.ListBackupsResponse)).backups

    def wait(self, name: str, *, timeout_s: float = _BACKUP_BUDGET_S) -> api.Backup:
        """Return the backup when it is published.

        Raises:
            BackupFailedError: it could not be made.
        """
        deadline = self._calls.clock() + timeout_s
        pause = _POLL_S
        while (backup := self.get(name)).state == api.BACKUP_STATE_CREATING:
            if self._calls.clock() + pause > deadline:
                raise DeadlineExceededError("The backup did not end in time.", hint="It goes on; look again.")
            self._calls.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_POLL_S)
        if backup.state == api.BACKUP_STATE_FAILED:
            raise BackupFailedError(backup.failure_message or "The backup failed.", reason=backup.failure_reason)
        return backup

    def verify(self, name: str, *, timeout_s: float = _BACKUP_BUDGET_S) -> api.Backup:
        """Read a backup back from its target and check every byte, hash and signature.

        Raises:
            BackupFailedError: it is broken.
        """
        request = api.VerifyBackupRequest(name=top_level_name("backups", name))
        backup = (self._calls.unary(request, api.VerifyBackupResponse, timeout_s=timeout_s)).backup
        if backup.state == api.BACKUP_STATE_FAILED:
            raise BackupFailedError(backup.failure_message or "The backup is broken.", reason=backup.failure_reason)
        return backup
