"""One call: who makes it, and the duty to leave a trace before anything leaves the vault.

Every use case calls `audit` exactly when it knows what it touches: before a change is written, before read data is returned.
The transport refuses to answer a call that was not audited, so forgetting it is found by the first test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from google.protobuf.timestamp_pb2 import Timestamp

from strongroom.api.v1.audit_service_pb2 import AuditEvent, AuditOutcome
from vault_server.errors import PermissionDeniedError
from vault_server.ports.access import AuditLog, Identity

MAX_AUDITED_RESOURCES = 20


@dataclass(slots=True, kw_only=True)
class Call:
    """A call that passed authentication and the table of methods and roles.

    Attributes:
        identity: who calls.
        method: short name, such as `CustomerService/GetCustomer`.
        call_id: goes into errors, logs and audit alike.
        home_tenant: the tenant whose operators run the vault itself.
        active: whether somebody still waits for the answer.
        draining: whether the server wants to stop; what would go on for ever ends then.
        audited: whether the trace is durable.
    """

    identity: Identity
    method: str
    call_id: str
    home_tenant: str
    log: AuditLog
    now_us: Callable[[], int]
    active: Callable[[], bool] = field(default=lambda: True)
    draining: Callable[[], bool] = field(default=lambda: False)
    audited: bool = False

    def require_tenant(self, tenant: str) -> str:
        """The tenant, if it is the caller's own. Another tenant's names look the same as names that do not exist."""
        if tenant != self.identity.tenant:
            raise PermissionDeniedError(
                "you may not do this here",
                reason="PERMISSION_DENIED",
                hint="use names of your own tenant",
                metadata={"method": self.method},
            )
        return tenant

    def require_home(self) -> None:
        """What concerns the whole vault is for the tenant that runs it."""
        self.require_tenant(self.home_tenant)

    def audit(
        self,
        resources: Sequence[str] = (),
        *,
        records: int | None = None,
        purpose: str = "",
        fields: Sequence[str] = (),
        outcome: AuditOutcome.ValueType = AuditOutcome.AUDIT_OUTCOME_ALLOWED,
        reason: str = "",
    ) -> None:
        """Return when the event is durable.

        Raises:
            UnavailableError: it could not be made durable; the call must not go on.
        """
        event = AuditEvent(
            time=timestamp(self.now_us()),
            tenant=self.identity.tenant,
            principal=self.identity.principal,
            method=self.method,
            outcome=outcome,
            resources=resources[:MAX_AUDITED_RESOURCES],
            purpose=purpose,
            fields=fields,
            records=len(resources) if records is None else records,
            reason=reason,
            call_id=self.call_id,
        )
        self.log.append([event])
        self.audited = True


def timestamp(time_us: int) -> Timestamp:
    seconds, micros = divmod(time_us, 1_000_000)
    return Timestamp(seconds=seconds, nanos=micros * 1000)


def microseconds(time: Timestamp) -> int:
    return time.seconds * 1_000_000 + time.nanos // 1000
