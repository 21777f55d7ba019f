"""Principals, their tokens, their grants."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.access_service_pb2 import (
    CreateGrantRequest,
    Grant,
    IssueTokenRequest,
    IssueTokenResponse,
    Principal,
    Token,
)
from strongroom.api.v1.rules_pb2 import Role
from vault_server.errors import AlreadyExistsError, FailedPreconditionError, InvalidArgumentError, NotFoundError
from vault_server.ports.access import Authenticator
from vault_server.ports.access_data import TokenRow
from vault_server.ports.api_tokens import ApiTokens
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.replay import require_request_id
from vault_server.usecases.vault import Vault

DAY_S = 24 * 3600
DEFAULT_TOKEN_S, MAX_TOKEN_S = 90 * DAY_S, 400 * DAY_S
MAX_CERTIFICATES = 20
MAX_NAME_CHARS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Principals:
    """The use cases of access."""

    vault: Vault
    tokens: ApiTokens
    authenticator: Authenticator

    def put(self, call: Call, principal: Principal) -> Principal:
        """Create a principal, or change its roles, certificates or state.

        Raises:
            InvalidArgumentError: an unknown role.
            AlreadyExistsError: another principal has one of the certificate names.
        """
        tenant, principal_id = self._parse(call, principal.name, "principals")
        checked_principal(principal)
        call.audit([principal.name])
        self.vault.store.write(lambda view: put_principal(view, tenant, principal_id, principal))
        self.authenticator.forget_all()
        return principal

    def list_principals(self, call: Call, parent: str) -> list[Principal]:
        tenant = call.require_tenant(names.parse_tenant(parent))
        with self.vault.store.read() as view:
            rows = view.resources.list(tenant, ResourceKind.PRINCIPAL)
        call.audit([parent], records=len(rows))
        return [Principal.FromString(row.payload) for row in rows]

    def issue_token(self, call: Call, request: IssueTokenRequest) -> IssueTokenResponse:
        """A new token; its secret is in this answer and nowhere else."""
        tenant, principal_id = self._parse(call, request.principal, "principals")
        if not 0 <= request.lifetime_s <= MAX_TOKEN_S:
            raise InvalidArgumentError(
                f"lifetime_s must be 0 to {MAX_TOKEN_S}", reason="INVALID_LIFETIME", metadata={"field": "lifetime_s"}
            )
        require_request_id(request.request_id)
        issued, now_us = self.tokens.issue(), self.vault.runtime.now_us()
        expires_us = now_us + (request.lifetime_s or DEFAULT_TOKEN_S) * 1_000_000
        row = TokenRow(issued.token_id, tenant, principal_id, issued.digest, now_us, expires_us, revoked=False)
        call.audit([request.principal, names.child_name(tenant, "tokens", issued.token_id)])

        def work(view: WriteView) -> None:
            if view.resources.get(tenant, ResourceKind.PRINCIPAL, principal_id) is None:
                raise NotFoundError("there is no such principal", hint="create the principal first")
            if request.request_id and view.access.request(tenant, call.identity.principal, request.request_id) is not None:
                raise FailedPreconditionError(
                    "a token was issued under this request_id",
                    reason="TOKEN_ISSUED",
                    hint="revoke it if its secret is lost, and issue another",
                )
            if request.request_id:
                view.access.put_request(
                    tenant,
                    call.identity.principal,
                    request.request_id,
                    digest=issued.digest,
                    name=request.principal,
                    now_us=now_us,
                )
            view.access.put_token(row)

        self.vault.store.write(work)
        return IssueTokenResponse(token=_as_token(row), secret=issued.secret.reveal_text())

    def revoke_token(self, call: Call, name: str) -> Token:
        """Make a token useless at once, here; in other processes within seconds."""
        tenant, token_id = self._parse(call, name, "tokens")
        call.audit([name])
        row = self.vault.store.write(lambda view: view.access.revoke_token(tenant, token_id))
        self.authenticator.forget(token_id)
        return _as_token(row)

    def list_tokens(self, call: Call, parent: str) -> list[Token]:
        tenant = call.require_tenant(names.parse_tenant(parent))
        with self.vault.store.read() as view:
            rows = view.access.tokens(tenant)
        call.audit([parent], records=len(rows))
        return [_as_token(row) for row in rows]

    def create_grant(self, call: Call, request: CreateGrantRequest) -> Grant:
        """Let a principal use a purpose. A principal has one grant to a purpose; a new one takes its place."""
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        _, principal_id = self._parse(call, request.grant.principal, "principals")
        _, purpose_id = self._parse(call, request.grant.purpose, "purposes")
        if request.grant.row_budget < 0:
            raise InvalidArgumentError(
                "row_budget must not be negative", reason="INVALID_ROW_BUDGET", metadata={"field": "grant.row_budget"}
            )
        grant = Grant()
        grant.CopyFrom(request.grant)
        grant.name = names.child_name(tenant, "grants", f"{principal_id}.{purpose_id}")
        call.audit([grant.name], purpose=grant.purpose)

        def work(view: WriteView) -> None:
            for kind, child in ((ResourceKind.PRINCIPAL, principal_id), (ResourceKind.PURPOSE, purpose_id)):
                if view.resources.get(tenant, kind, child) is None:
                    raise NotFoundError(f"there is no such {kind.name.lower()}")
            known = view.resources.get(tenant, ResourceKind.GRANT, f"{principal_id}.{purpose_id}")
            if known is not None and Grant.FromString(known.payload).principal != grant.principal:
                raise AlreadyExistsError("a grant to another principal has this name", reason="GRANT_EXISTS")
            put_grant(view, tenant, grant)

        self.vault.store.write(work)
        return grant

    def list_grants(self, call: Call, parent: str) -> list[Grant]:
        tenant = call.require_tenant(names.parse_tenant(parent))
        with self.vault.store.read() as view:
            rows = view.resources.list(tenant, ResourceKind.GRANT)
        call.audit([parent], records=len(rows))
        return [Grant.FromString(row.payload) for row in rows]

    def revoke_grant(self, call: Call, name: str) -> None:
        tenant, grant_id = self._parse(call, name, "grants")
        call.audit([name])
        if not self.vault.store.write(lambda view: view.resources.delete(tenant, ResourceKind.GRANT, grant_id)):
            raise NotFoundError("there is no such grant")

    @staticmethod
    def _parse(call: Call, name: str, collection: str) -> tuple[str, str]:
        tenant, child = names.parse_child(name, collection)
        return call.require_tenant(tenant), child


def checked_principal(principal: Principal) -> Principal:
    """The principal, if its roles are known and its certificate names few and short."""
    if set(principal.roles) - (set(Role.values()) - {Role.ROLE_UNSPECIFIED}):
        raise InvalidArgumentError(
            "a principal has known roles only", reason="INVALID_ROLE", metadata={"field": "principal.roles"}
        )
    if len(principal.certificate_names) > MAX_CERTIFICATES or any(
        not 0 < len(name) <= MAX_NAME_CHARS for name in principal.certificate_names
    ):
        raise InvalidArgumentError(
            f"a principal has at most {MAX_CERTIFICATES} certificate names", reason="INVALID_CERTIFICATE_NAME"
        )
    return principal


def put_principal(view: WriteView, tenant: str, principal_id: str, principal: Principal) -> None:
    view.resources.put(tenant, ResourceKind.PRINCIPAL, principal_id, principal.SerializeToString(deterministic=True))
    view.access.map_certificates(tenant, principal_id, list(principal.certificate_names))


def put_grant(view: WriteView, tenant: str, grant: Grant) -> None:
    view.resources.put(
        tenant, ResourceKind.GRANT, names.parse_child(grant.name, "grants")[1], grant.SerializeToString(deterministic=True)
    )


def _as_token(row: TokenRow) -> Token:
    return Token(
        name=names.child_name(row.tenant, "tokens", row.token_id),
        principal=names.child_name(row.tenant, "principals", row.principal),
        create_time=timestamp(row.created_us),
        expire_time=timestamp(row.expires_us),
        revoked=row.revoked,
    )
