"""The vault as a system: what runs, which keys there are, what it holds in numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from strongroom.api.v1.backup_service_pb2 import Backup, BackupState
from strongroom.api.v1.key_service_pb2 import Key, KeyState
from strongroom.api.v1.key_service_pb2 import KeyUse as ApiKeyUse
from strongroom.api.v1.system_service_pb2 import GetContentDigestResponse, GetSystemInfoResponse
from vault_server.ports.keks import KeyUse
from vault_server.ports.resources import ResourceKind
from vault_server.usecases import names
from vault_server.usecases.call import Call, microseconds, timestamp
from vault_server.usecases.vault import Vault

DONE = frozenset({BackupState.BACKUP_STATE_COMPLETE, BackupState.BACKUP_STATE_VERIFIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Facts about this vault.

    Attributes:
        version: version of the server.
        backup_target: where backups go, without secrets; "" if nowhere.
        digest: counts and digests the logical content.
    """

    vault: Vault
    version: str
    backup_target: str
    digest: Callable[[], GetContentDigestResponse]

    def info(self, call: Call) -> GetSystemInfoResponse:
        facts = self.vault.store.describe()
        with self.vault.store.read() as view:
            position = view.watermark()
            backups = [Backup.FromString(row.payload) for row in view.resources.list("", ResourceKind.BACKUP)]
        call.audit()
        times = [microseconds(backup.complete_time) for backup in backups if backup.state in DONE]
        return GetSystemInfoResponse(
            version=self.version,
            engine=facts["engine"],
            engine_version=facts["engine_version"],
            schema_version=facts["schema_version"],
            vault_id=facts["vault_id"],
            server_time=timestamp(self.vault.runtime.now_us()),
            position=position,
            last_backup_time=timestamp(max(times)) if times else None,
            backup_target=self.backup_target,
        )

    def content_digest(self, call: Call) -> GetContentDigestResponse:
        call.require_home()
        call.audit()
        return self.digest()

    def keys(self, call: Call, parent: str) -> list[Key]:
        """Every key-encryption key of a tenant, by use and epoch; never its bytes."""
        tenant = call.require_tenant(names.parse_tenant(parent))
        rows = [kek for use in KeyUse for kek in self.vault.store.keks.list_keks(tenant, use)]
        call.audit([parent], records=len(rows))
        return [
            Key(
                name=names.child_name(tenant, "keys", kek.id.hex()),
                use=ApiKeyUse.Value(f"KEY_USE_{kek.use.value}"),
                epoch=kek.epoch,
                state=KeyState.Value(f"KEY_STATE_{kek.state.value}"),
                root_key_id=kek.root_key_id,
                wraps=kek.wraps,
                create_time=timestamp(int(kek.created_at.timestamp() * 1_000_000)),
            )
            for kek in rows
        ]
