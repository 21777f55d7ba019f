"""The audit log: read it, prove it."""

from __future__ import annotations

from collections.abc import Iterator

from strongroom._sync.calls import Calls
from strongroom._sync.records import Page, pages
from strongroom.api.v1 import audit_service_pb2 as api
from strongroom.names import tenant_name

_VERIFY_BUDGET_S = 3600.0


class Audit:
    """The audit log as one tenant sees it."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def events(self, *, resource: str = "", page_size: int = 100) -> Iterator[api.AuditEvent]:
        """Iterate over events, the newest first; `resource` keeps only those that touched it."""

        def fetch(token: str) -> Page[api.AuditEvent]:
            request = api.ListAuditEventsRequest(
                parent=tenant_name(self._tenant), page_size=page_size, page_token=token, resource=resource
            )
            answer = self._calls.unary(request, api.ListAuditEventsResponse)
            return answer.events, answer.next_page_token

        return pages(fetch)

    def verify(self, *, timeout_s: float = _VERIFY_BUDGET_S) -> api.VerifyAuditLogResponse:
        """Recompute every hash and check every signature."""
        return self._calls.unary(api.VerifyAuditLogRequest(), api.VerifyAuditLogResponse, timeout_s=timeout_s)
