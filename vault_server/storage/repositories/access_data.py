"""Tenants, tokens, certificates, sessions, the ledgers of requests and chunks: `ports.access_data` on a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import bindparam, delete, func, literal, select, update

from vault_server.errors import AlreadyExistsError, NotFoundError
from vault_server.ports.access_data import SessionRow, TokenRow
from vault_server.storage.session import Row, Session
from vault_server.storage.statements import insert_new, portable_insert, upsert
from vault_server.storage.tables import api_tokens, certificates, import_chunks, read_sessions, requests, tenants

_TENANTS = select(tenants.c.id).order_by(tenants.c.id)
_ADD_TENANT = (
    portable_insert(tenants)
    .from_select(
        ["tenant_key", "id", "fence", "position"],
        select(
            func.coalesce(func.max(tenants.c.tenant_key), 0) + 1,
            bindparam("id", type_=tenants.c.id.type),
            literal(0),
            bindparam("position", type_=tenants.c.position.type),
        ).where(literal(1) == literal(1)),
    )
    .on_conflict_do_nothing()
)
_TOKEN_COLUMNS = (
    api_tokens.c.token_id,
    api_tokens.c.tenant,
    api_tokens.c.principal,
    api_tokens.c.digest,
    api_tokens.c.created_us,
    api_tokens.c.expires_us,
    api_tokens.c.revoked,
)
_TOKEN = select(*_TOKEN_COLUMNS).where(api_tokens.c.token_id == bindparam("token_id"))
_TOKENS = (
    select(*_TOKEN_COLUMNS)
    .where(api_tokens.c.tenant == bindparam("tenant"))
    .order_by(api_tokens.c.created_us.desc(), api_tokens.c.token_id)
)
_PUT_TOKEN = upsert(api_tokens)
_REVOKE = (
    update(api_tokens)
    .where(api_tokens.c.tenant == bindparam("of_tenant"), api_tokens.c.token_id == bindparam("of_token"))
    .values(revoked=1, position=bindparam("new_position"))
)
_OF_CERTIFICATE = select(certificates.c.tenant, certificates.c.principal).where(certificates.c.name == bindparam("name"))
_DROP_CERTIFICATES = delete(certificates).where(
    certificates.c.tenant == bindparam("tenant"), certificates.c.principal == bindparam("principal")
)
_PUT_CERTIFICATE = insert_new(certificates)
_SESSION = select(
    read_sessions.c.session_id,
    read_sessions.c.tenant,
    read_sessions.c.principal,
    read_sessions.c.expires_us,
    read_sessions.c.payload,
).where(read_sessions.c.session_id == bindparam("session_id"))
_PUT_SESSION = upsert(read_sessions)
_DROP_SESSIONS = delete(read_sessions).where(read_sessions.c.expires_us <= bindparam("now_us"))
_REQUEST = select(requests.c.digest, requests.c.name).where(
    requests.c.tenant == bindparam("tenant"),
    requests.c.principal == bindparam("principal"),
    requests.c.request_id == bindparam("request_id"),
)
_PUT_REQUEST = insert_new(requests)
_DROP_REQUESTS = delete(requests).where(requests.c.time_us < bindparam("time_us"))
_CHUNK = select(import_chunks.c.digest, import_chunks.c.response).where(
    import_chunks.c.tenant == bindparam("tenant"),
    import_chunks.c.import_id == bindparam("import_id"),
    import_chunks.c.chunk == bindparam("chunk"),
)
_PUT_CHUNK = insert_new(import_chunks)
_ATTEMPTS = 20


class SqlAccess:
    """`ports.access_data.AccessRepository` on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tenants(self) -> list[str]:
        return [cast("str", row[0]) for row in self._session.rows(_TENANTS)]

    def add_tenant(self, tenant: str) -> None:
        # Another process may take the next number at the same moment; then this statement touches nothing.
        for _ in range(_ATTEMPTS):
            if self._session.tenant_key(tenant) is not None:
                return
            self._session.run(_ADD_TENANT, id=tenant, position=self._session.position())

    def token(self, token_id: str) -> TokenRow | None:
        rows = self._session.rows(_TOKEN, token_id=token_id)
        return _token_row(rows[0]) if rows else None

    def tokens(self, tenant: str) -> list[TokenRow]:
        return [_token_row(row) for row in self._session.rows(_TOKENS, tenant=tenant)]

    def put_token(self, row: TokenRow) -> None:
        values = row._asdict() | {"revoked": int(row.revoked)}
        self._session.run(_PUT_TOKEN, **values, position=self._session.position())

    def revoke_token(self, tenant: str, token_id: str) -> TokenRow:
        changed = self._session.run(_REVOKE, of_tenant=tenant, of_token=token_id, new_position=self._session.position())
        found = self.token(token_id) if changed else None
        if found is None:
            raise NotFoundError("there is no such token")
        return found

    def principal_of_certificate(self, name: str) -> tuple[str, str] | None:
        rows = self._session.rows(_OF_CERTIFICATE, name=name)
        return cast("tuple[str, str]", rows[0]) if rows else None

    def map_certificates(self, tenant: str, principal: str, names: Sequence[str]) -> None:
        self._session.run(_DROP_CERTIFICATES, tenant=tenant, principal=principal)
        position = self._session.position()
        for name in dict.fromkeys(names):
            if not self._session.run(_PUT_CERTIFICATE, name=name, tenant=tenant, principal=principal, position=position):
                raise AlreadyExistsError("another principal has this certificate name", reason="DUPLICATE_CERTIFICATE")

    def session(self, session_id: bytes) -> SessionRow | None:
        rows = self._session.rows(_SESSION, session_id=session_id)
        return SessionRow._make(rows[0]) if rows else None

    def put_session(self, row: SessionRow) -> None:
        self._session.run(_PUT_SESSION, **row._asdict())

    def drop_expired_sessions(self, now_us: int) -> int:
        return self._session.run(_DROP_SESSIONS, now_us=now_us)

    def request(self, tenant: str, principal: str, request_id: str) -> tuple[bytes, str] | None:
        rows = self._session.rows(_REQUEST, tenant=tenant, principal=principal, request_id=request_id)
        return cast("tuple[bytes, str]", rows[0]) if rows else None

    def put_request(self, tenant: str, principal: str, request_id: str, *, digest: bytes, name: str, now_us: int) -> None:
        key = {"tenant": tenant, "principal": principal, "request_id": request_id}
        if not self._session.run(_PUT_REQUEST, **key, digest=digest, name=name, time_us=now_us):
            raise AlreadyExistsError("this request id was used before", reason="DUPLICATE_REQUEST")

    def drop_requests_before(self, time_us: int) -> int:
        return self._session.run(_DROP_REQUESTS, time_us=time_us)

    def import_chunk(self, tenant: str, import_id: str, chunk: int) -> tuple[bytes, bytes] | None:
        rows = self._session.rows(_CHUNK, tenant=tenant, import_id=import_id, chunk=chunk)
        return cast("tuple[bytes, bytes]", rows[0]) if rows else None

    def put_import_chunk(self, tenant: str, import_id: str, chunk: int, digest: bytes, response: bytes) -> None:
        key = {"tenant": tenant, "import_id": import_id, "chunk": chunk}
        if not self._session.run(_PUT_CHUNK, **key, digest=digest, response=response):
            raise AlreadyExistsError("this chunk was stored before", reason="DUPLICATE_CHUNK")


def _token_row(row: Row) -> TokenRow:
    return TokenRow._make((*row[:6], bool(row[6])))
