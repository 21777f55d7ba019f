"""The audit log as auditors see it."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.audit_service_pb2 import (
    AuditEvent,
    ListAuditEventsRequest,
    ListAuditEventsResponse,
    VerifyAuditLogResponse,
)
from vault_server.errors import InvalidArgumentError
from vault_server.ports.access import AuditLog
from vault_server.ports.audit import AuditRow
from vault_server.usecases import names
from vault_server.usecases.call import Call
from vault_server.usecases.paging import Pages
from vault_server.usecases.vault import Vault

MAX_EVENTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReading:
    """Lists and verifies."""

    vault: Vault
    log: AuditLog

    def events(self, call: Call, request: ListAuditEventsRequest) -> ListAuditEventsResponse:
        """A tenant's events, the newest first; only those that touched `resource` if one is given."""
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        if request.resource and not names.is_resource(request.resource, tenant):
            raise InvalidArgumentError("resource is no resource name", reason="INVALID_NAME", metadata={"field": "resource"})
        pages = Pages(self.vault, tenant, f"audit:{request.resource}")
        limit = pages.size(request.page_size, default=100, most=MAX_EVENTS)
        before = _unpacked(pages.start(request.page_token))
        with self.vault.store.read() as view:
            rows = view.audit.latest(tenant, before=before, limit=limit + 1, resource=request.resource)
        call.audit([request.resource or request.parent], records=min(len(rows), limit))
        token = pages.token(_packed(rows[limit - 1])) if len(rows) > limit else ""
        return ListAuditEventsResponse(events=[as_event(row) for row in rows[:limit]], next_page_token=token)

    def verify(self, call: Call) -> VerifyAuditLogResponse:
        """Recompute every hash, check every signature."""
        call.audit()
        found = self.log.verify()
        return VerifyAuditLogResponse(
            valid=found.valid, events=found.events, writers=found.writers, heads=found.heads, findings=found.findings[:100]
        )


def as_event(row: AuditRow) -> AuditEvent:
    event = AuditEvent.FromString(row.payload)
    event.writer, event.sequence, event.hash = row.writer, row.sequence, row.hash
    return event


def _packed(row: AuditRow) -> bytes:
    return f"{row.time_us}\n{row.writer}\n{row.sequence}".encode()


def _unpacked(key: bytes) -> tuple[int, str, int] | None:
    if not key:
        return None
    time_us, writer, sequence = key.decode().split("\n")
    return int(time_us), writer, int(sequence)
