"""Keys, backups, schedules and the system."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1 import backup_service_pb2 as backups_pb2
from strongroom.api.v1 import key_service_pb2 as keys_pb2
from strongroom.api.v1 import system_service_pb2 as system_pb2
from vault_server.usecases.backups import Backups
from vault_server.usecases.call import Call
from vault_server.usecases.schedules import Schedules
from vault_server.usecases.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyServicer:
    """KeyService."""

    system: System

    def ListKeys(self, request: keys_pb2.ListKeysRequest, call: Call) -> keys_pb2.ListKeysResponse:
        return keys_pb2.ListKeysResponse(keys=self.system.keys(call, request.parent))


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupServicer:
    """BackupService."""

    backups: Backups

    def CreateBackup(self, request: backups_pb2.CreateBackupRequest, call: Call) -> backups_pb2.CreateBackupResponse:
        return backups_pb2.CreateBackupResponse(backup=self.backups.create(call, request))

    def GetBackup(self, request: backups_pb2.GetBackupRequest, call: Call) -> backups_pb2.GetBackupResponse:
        return backups_pb2.GetBackupResponse(backup=self.backups.get(call, request.name))

    def ListBackups(self, request: backups_pb2.ListBackupsRequest, call: Call) -> backups_pb2.ListBackupsResponse:
        return backups_pb2.ListBackupsResponse(backups=self.backups.list(call, request.page_size))

    def VerifyBackup(self, request: backups_pb2.VerifyBackupRequest, call: Call) -> backups_pb2.VerifyBackupResponse:
        return backups_pb2.VerifyBackupResponse(backup=self.backups.verify(call, request.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemServicer:
    """SystemService."""

    system: System
    schedules: Schedules

    def GetSystemInfo(self, request: system_pb2.GetSystemInfoRequest, call: Call) -> system_pb2.GetSystemInfoResponse:  # noqa: ARG002 - the request is empty
        return self.system.info(call)

    def ListSchedules(self, request: system_pb2.ListSchedulesRequest, call: Call) -> system_pb2.ListSchedulesResponse:  # noqa: ARG002 - the request is empty
        return system_pb2.ListSchedulesResponse(schedules=self.schedules.list(call))

    def PutSchedule(self, request: system_pb2.PutScheduleRequest, call: Call) -> system_pb2.PutScheduleResponse:
        return system_pb2.PutScheduleResponse(schedule=self.schedules.put(call, request))

    def GetContentDigest(
        self,
        request: system_pb2.GetContentDigestRequest,  # noqa: ARG002 - the request is empty
        call: Call,
    ) -> system_pb2.GetContentDigestResponse:
        return self.system.content_digest(call)
