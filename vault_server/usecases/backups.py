"""Backups: started, listed, proven. One backup of a vault is made at a time, by whichever process has the lease for it.

`create` answers at once; the work goes to the background. The maker renews its lease while it works. An entry that says
CREATING while nobody holds the lease was left by a process that died: it becomes COMPLETE if its manifest was published, else
FAILED.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from strongroom.api.v1.backup_service_pb2 import Backup, BackupState, CreateBackupRequest
from vault_server.errors import ConflictError, FailedPreconditionError, IntegrityError, VaultError
from vault_server.ports.backup import BackupEngine, BackupRecord
from vault_server.ports.runtime import new_ids
from vault_server.ports.store import WriteView
from vault_server.usecases import backup_catalogue as catalogue
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.replay import Replay, replay_of
from vault_server.usecases.vault import Vault

LEASE = "backup"
LEASE_TTL_S = 120.0  # longer than copying an embedded database into a snapshot may keep the maker from renewing
RENEW_S = 20.0
MAX_LISTED = 100

_log = logging.getLogger(__name__)


class Backups:
    """The use cases of BackupService, and the job `backup`.

    Args:
        background: runs a function soon, on another thread.
        holder: who this process is for leases; on an embedded database always the same name, because there is one process.
        stopping: whether the process is shutting down; a backup that is being made then ends as FAILED.
    """

    def __init__(
        self,
        *,
        vault: Vault,
        engine: BackupEngine,
        background: Callable[[Callable[[], None]], None],
        holder: str,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._vault = vault
        self._engine = engine
        self._background = background
        self._holder = holder
        self._stopping = stopping
        self._turn = threading.Lock()

    def create(self, call: Call, request: CreateBackupRequest) -> Backup:
        """Start a backup and return its entry, CREATING.

        Raises:
            FailedPreconditionError: another backup is being made (reason BACKUP_RUNNING).
        """
        call.require_home()
        replay = replay_of(self._vault, call, request.request_id, b"")
        if replay.done is not None:
            return self.get(call, replay.done)
        backup_id, backup = self._begin(call, replay)
        try:
            self._background(lambda: self._finish_unwatched(backup_id))
        except BaseException:  # nobody will make it: the turn must not stay taken
            self._give_up(backup_id)
            raise
        return backup

    def run(self, call: Call, active: Callable[[], bool]) -> Backup:
        """Make a backup on this thread: the job of a schedule.

        Raises:
            FailedPreconditionError: another backup is being made.
            ConflictError: it ended as FAILED; the entry says why.
        """
        call.require_home()
        backup_id, _ = self._begin(call, None)
        backup = self._finish(backup_id, active)
        if backup.state == BackupState.BACKUP_STATE_FAILED:
            raise ConflictError("the scheduled backup failed", reason=backup.failure_reason)
        return backup

    def get(self, call: Call, name: str) -> Backup:
        call.require_home()
        with self._vault.store.read() as view:
            backup = catalogue.require(view, name)
        call.audit([name])
        return backup

    def list(self, call: Call, page_size: int) -> list[Backup]:
        call.require_home()
        limit = min(page_size, MAX_LISTED) if page_size > 0 else MAX_LISTED
        with self._vault.store.read() as view:
            backups = catalogue.newest(view, limit)
        call.audit(["backups"], records=len(backups))
        return backups

    def verify(self, call: Call, name: str) -> Backup:
        """Read a backup back; a broken one becomes FAILED and its entry says what is broken.

        Raises:
            FailedPreconditionError: it is being made, or never was.
            KeyUnavailableError: no key that opens it is held here.
        """
        call.require_home()
        with self._vault.store.read() as view:
            backup = catalogue.require(view, name)
        if backup.state == BackupState.BACKUP_STATE_CREATING or not backup.HasField("complete_time"):
            raise FailedPreconditionError(
                "this backup was not completed", reason="BACKUP_NOT_COMPLETE", hint="Verify another one."
            )
        call.audit([name])
        try:
            self._engine.verify(_backup_id(name), active=lambda: call.active() and not self._stopping())
        except IntegrityError as error:
            _log.error("backup.broken", extra={"backup": name, "reason": error.reason})
            broken = error
            return catalogue.change(self._vault.store, name, lambda entry: catalogue.fail(entry, broken.reason, broken.message))
        return catalogue.change(self._vault.store, name, self._mark_verified)

    def settle(self) -> None:
        """Decide what became of backups whose maker died. Called at start; does nothing while another process makes one."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._hold_lease():
                self._settle_others("")
                self._vault.store.write(self._release)
        finally:
            self._turn.release()

    def _begin(self, call: Call, replay: Replay | None) -> tuple[bytes, Backup]:
        """Take the turn and the lease and write the entry; from then on `_finish` or `_give_up` must be called."""
        [backup_id] = new_ids(self._vault.runtime, 1)
        now_us = self._vault.runtime.now_us()
        backup = Backup(
            name=catalogue.backup_name(backup_id),
            state=BackupState.BACKUP_STATE_CREATING,
            create_time=timestamp(now_us),
            origin=call.identity.principal,
        )
        call.audit([backup.name])

        def work(view: WriteView) -> None:
            if view.scheduling.acquire(LEASE, self._holder, LEASE_TTL_S) is None:
                raise _running()
            catalogue.insert(view, backup)
            if replay is not None:
                replay.record(view, backup.name, now_us)

        if not self._turn.acquire(blocking=False):
            raise _running()
        try:
            self._vault.store.write(work)
        except BaseException:  # the turn goes back whatever happened
            self._turn.release()
            raise
        return backup_id, backup

    def _finish(self, backup_id: bytes, active: Callable[[], bool]) -> Backup:
        name = catalogue.backup_name(backup_id)
        try:
            self._settle_others(name)
            outcome = self._make(backup_id, self._renewing(active))
            backup = catalogue.change(self._vault.store, name, outcome)
            self._vault.store.write(self._release)
        finally:
            self._turn.release()
        _log.info(
            "backup.finished", extra={"backup": name, "state": BackupState.Name(backup.state), "reason": backup.failure_reason}
        )
        return backup

    def _finish_unwatched(self, backup_id: bytes) -> None:
        try:
            self._finish(backup_id, lambda: True)
        except Exception as error:  # outermost of the background thread; `settle` decides about the entry later
            _log.error("backup.not_settled", extra={"backup": catalogue.backup_name(backup_id), "error": type(error).__name__})

    def _make(self, backup_id: bytes, active: Callable[[], bool]) -> Callable[[Backup], None]:
        try:
            record = self._engine.create(backup_id, active=active)
        except VaultError as error:
            reason, message = error.reason, error.message
            return lambda entry: catalogue.fail(entry, reason, message)
        except Exception as error:  # outermost of the background: the entry must not stay CREATING
            _log.error("backup.crashed", extra={"backup": catalogue.backup_name(backup_id), "error": type(error).__name__})
            return lambda entry: catalogue.fail(entry, "INTERNAL", "an unexpected error; the server's log has more")
        return lambda entry: catalogue.complete(entry, record)

    def _give_up(self, backup_id: bytes) -> None:
        try:
            name = catalogue.backup_name(backup_id)
            catalogue.change(
                self._vault.store, name, lambda entry: catalogue.fail(entry, "UNAVAILABLE", "the server was stopping")
            )
            self._vault.store.write(self._release)
        finally:
            self._turn.release()

    def _settle_others(self, own: str) -> None:
        """With the lease held, whoever else is CREATING is dead."""
        with self._vault.store.read() as view:
            left = [name for name in catalogue.left_creating(view) if name != own]
        for name in left:
            record = self._found(name)
            _log.warning("backup.settled", extra={"backup": name, "published": record is not None})
            catalogue.change(self._vault.store, name, _settled(record))

    def _found(self, name: str) -> BackupRecord | None:
        try:
            return self._engine.find(_backup_id(name))
        except VaultError:
            return None  # a target that cannot be read has no backup to offer now; `verify` would say the same

    def _renewing(self, active: Callable[[], bool]) -> Callable[[], bool]:
        """`active`, renewing the lease now and then on the way."""
        monotonic_s = self._vault.runtime.monotonic_s
        renewed_s = monotonic_s()

        def still() -> bool:
            nonlocal renewed_s
            if self._stopping() or not active():
                return False
            if monotonic_s() - renewed_s < RENEW_S:
                return True
            renewed_s = monotonic_s()
            return self._hold_lease()

        return still

    def _hold_lease(self) -> bool:
        return self._vault.store.write(lambda view: view.scheduling.acquire(LEASE, self._holder, LEASE_TTL_S)) is not None

    def _release(self, view: WriteView) -> None:
        view.scheduling.release(LEASE, self._holder)

    def _mark_verified(self, backup: Backup) -> None:
        backup.state = BackupState.BACKUP_STATE_VERIFIED
        backup.verify_time.CopyFrom(timestamp(self._vault.runtime.now_us()))
        backup.ClearField("failure_reason")
        backup.ClearField("failure_message")


def _settled(record: BackupRecord | None) -> Callable[[Backup], None]:
    if record is None:
        return lambda entry: catalogue.fail(entry, "INTERRUPTED", "the server that made it ended before it was published")
    return lambda entry: catalogue.complete(entry, record)


def _backup_id(name: str) -> bytes:
    return names.uuid_bytes(names.parse_root(name, "backups"))


def _running() -> FailedPreconditionError:
    return FailedPreconditionError("another backup is being made", reason="BACKUP_RUNNING", hint="Wait until it is finished.")
