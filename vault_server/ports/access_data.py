"""What access decisions are made from: tenants, tokens, certificates, sessions, the ledger of requests and chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class TokenRow(NamedTuple):
    """An API token as stored; `principal` is the principal's id within the tenant."""

    token_id: str
    tenant: str
    principal: str
    digest: bytes
    created_us: int
    expires_us: int
    revoked: bool


class SessionRow(NamedTuple):
    """An open read session; `payload` is its serialised decision (see usecases.read_sessions)."""

    session_id: bytes
    tenant: str
    principal: str
    expires_us: int
    payload: bytes


class AccessRepository(Protocol):
    """Tokens, sessions, the request ledger and import chunks."""

    def tenants(self) -> list[str]: ...

    def add_tenant(self, tenant: str) -> None:
        """Idempotent."""
        ...

    def token(self, token_id: str) -> TokenRow | None: ...

    def tokens(self, tenant: str) -> list[TokenRow]:
        """Newest first."""
        ...

    def put_token(self, row: TokenRow) -> None: ...

    def revoke_token(self, tenant: str, token_id: str) -> TokenRow:
        """Raises NotFoundError."""
        ...

    def principal_of_certificate(self, name: str) -> tuple[str, str] | None:
        """(tenant, principal id) of a certificate name."""
        ...

    def map_certificates(self, tenant: str, principal: str, names: Sequence[str]) -> None:
        """Replaces the principal's certificate names. Raises AlreadyExistsError if another principal has one of them."""
        ...

    def session(self, session_id: bytes) -> SessionRow | None: ...

    def put_session(self, row: SessionRow) -> None: ...

    def drop_expired_sessions(self, now_us: int) -> int: ...

    def request(self, tenant: str, principal: str, request_id: str) -> tuple[bytes, str] | None:
        """(hash of the request, resource name) of a mutation that was done."""
        ...

    def put_request(self, tenant: str, principal: str, request_id: str, *, digest: bytes, name: str, now_us: int) -> None:
        """Raises AlreadyExistsError if the id is taken: a twin was faster, read it and answer from it."""
        ...

    def drop_requests_before(self, time_us: int) -> int: ...

    def import_chunk(self, tenant: str, import_id: str, chunk: int) -> tuple[bytes, bytes] | None:
        """(hash of the chunk, its serialised ImportRowsResponse)."""
        ...

    def put_import_chunk(self, tenant: str, import_id: str, chunk: int, digest: bytes, response: bytes) -> None:
        """Raises AlreadyExistsError."""
        ...
