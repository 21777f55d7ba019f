"""What the use cases and the transport ask of access: who calls, may they, and is it written down.

Rules. An `Identity` is made by an `Authenticator` and by nobody else. A method without a rule is refused. An audit event is
durable when `AuditLog.append` returns, or the call that it belongs to is refused. Everything here is safe for several threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from strongroom.api.v1.audit_service_pb2 import AuditEvent
from vault_server.ports.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who calls, proven.

    Attributes:
        tenant: id of the one tenant that the principal belongs to.
        principal: the principal's id within the tenant.
        roles: numbers of `strongroom.api.v1.Role`.
        credential: how it was proven: `token` or `certificate`.
    """

    tenant: str
    principal: str
    roles: frozenset[int]
    credential: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a caller presented, unproven.

    Attributes:
        token: the bearer token, or None.
        certificate_names: SPIFFE URIs and DNS names of the client certificate that the TLS handshake verified.
    """

    token: Secret | None = None
    certificate_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodRule:
    """Who may call one method.

    Attributes:
        method: short name for audit and errors, such as `CustomerService/GetCustomer`.
        roles: numbers of the roles that may call it.
        any_principal: whether every authenticated principal may.
        mutation: whether the call changes something and is audited as a change.
    """

    method: str
    roles: frozenset[int]
    any_principal: bool
    mutation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerification:
    """What a check of the audit log found; `findings` is empty exactly when the log is whole."""

    events: int
    writers: int
    heads: int
    findings: tuple[str, ...]

    @property
    def valid(self) -> bool:
        return not self.findings


class Authenticator(Protocol):
    """Turns what was presented into who calls."""

    def authenticate(self, credentials: Credentials) -> Identity:
        """A presented token decides alone; certificate names count only where there is no token.

        Raises:
            UnauthenticatedError: unknown, expired, revoked, disabled or malformed; which of them is not said.
        """
        ...

    def forget(self, token_id: str) -> None:
        """Drop what is cached about a token: call it after the revocation is stored, and it holds at once in this process."""
        ...

    def forget_all(self) -> None:
        """Drop everything cached: call it after a principal was changed."""
        ...


class Policy(Protocol):
    """The table of methods and roles, read from the API's own options."""

    def rule(self, method: str) -> MethodRule | None:
        """The rule of a full method name such as `/strongroom.api.v1.CustomerService/GetCustomer`; None if it has none."""
        ...

    def require(self, identity: Identity, method: str) -> MethodRule:
        """The rule, if the identity may call the method.

        Raises:
            PermissionDeniedError: the method has no rule, or none of the identity's roles may call it.
        """
        ...


class AuditLog(Protocol):
    """An append-only, hash-chained log."""

    def append(self, events: Sequence[AuditEvent]) -> None:
        """Write events in order; durable on return. Callers at the same time share one storage write.

        `writer`, `sequence` and `hash` are set by the log, `time` too where it is unset. The events are not changed.

        Raises:
            UnavailableError: nothing is written; the call that the events belong to must be refused.
        """
        ...

    def verify(self) -> AuditVerification:
        """Recompute every hash of every chain and check every signed head."""
        ...

    def close(self) -> None:
        """Write what waits, sign the head, stop. Idempotent; `append` raises UnavailableError from then on."""
        ...
