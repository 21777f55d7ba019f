"""Tokens, certificate names and principals in memory, as the authenticator sees them."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager, nullcontext

from strongroom.api.v1.access_service_pb2 import Principal
from vault_server.errors import UnauthenticatedError
from vault_server.ports.access_data import TokenRow
from vault_server.ports.api_tokens import IssuedToken
from vault_server.ports.resources import Resource, ResourceKind
from vault_server.ports.secret import Secret


class MemoryAccess:
    """A store and its view in one.

    Attributes:
        reads: how often a token row was read.
    """

    def __init__(self) -> None:
        self.rows: dict[str, TokenRow] = {}
        self.certificates: dict[str, tuple[str, str]] = {}
        self.principals: dict[tuple[str, str], bytes] = {}
        self.reads = 0

    def read(self) -> AbstractContextManager[MemoryAccess]:
        return nullcontext(self)

    @property
    def access(self) -> MemoryAccess:
        return self

    @property
    def resources(self) -> MemoryAccess:
        return self

    def token(self, token_id: str) -> TokenRow | None:
        self.reads += 1
        return self.rows.get(token_id)

    def principal_of_certificate(self, name: str) -> tuple[str, str] | None:
        return self.certificates.get(name)

    def get(self, tenant: str, kind: ResourceKind, resource_id: str) -> Resource | None:
        payload = self.principals.get((tenant, resource_id))
        return None if payload is None or kind is not ResourceKind.PRINCIPAL else Resource(resource_id, 1, payload)

    def put_principal(self, tenant: str, principal: str, *roles: int, disabled: bool = False) -> None:
        stored = Principal(name=f"tenants/{tenant}/principals/{principal}", disabled=disabled)
        stored.roles.extend(roles)  # type: ignore[arg-type]  # role numbers
        self.principals[tenant, principal] = stored.SerializeToString()


class PlainTokens:
    """Tokens of the form `ID:SECRET`, digests without salt."""

    def issue(self) -> IssuedToken:
        secret = Secret.of_text("issued:secret")
        return IssuedToken(token_id="issued", secret=secret, digest=digest_of(secret))

    def parse_id(self, presented: Secret) -> str:
        token_id, colon, _ = presented.reveal_text().partition(":")
        if not colon:
            raise UnauthenticatedError("malformed token")
        return token_id

    def verify(self, presented: Secret, digest: bytes) -> None:
        if digest_of(presented) != digest:
            raise UnauthenticatedError("wrong secret")


def digest_of(presented: Secret) -> bytes:
    return hashlib.sha256(presented.reveal()).digest()
