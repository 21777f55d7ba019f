"""Makes a repeated mutation harmless: the ledger keeps a keyed hash of the request and the name of what it made.

A repeat with the same id and the same content is answered by reading that resource again; the same id with another content
is refused. The ledger never holds a reply.
"""

from __future__ import annotations

from dataclasses import dataclass

from vault_server.errors import FailedPreconditionError, InvalidArgumentError
from vault_server.ports.store import WriteView
from vault_server.usecases.call import Call
from vault_server.usecases.vault import Vault

LEDGER_FIELD = 0
MAX_REQUEST_ID_CHARS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One mutation's place in the ledger; `done` is the name of what an earlier twin made."""

    tenant: str
    principal: str
    request_id: str
    digest: bytes
    done: str | None

    def record(self, view: WriteView, name: str, now_us: int) -> None:
        """Write the ledger entry in the mutation's own transaction."""
        if self.request_id:
            view.access.put_request(self.tenant, self.principal, self.request_id, digest=self.digest, name=name, now_us=now_us)

    def done_meanwhile(self, vault: Vault) -> str | None:
        """The name of what a twin has made since the request was looked up; None if there is no twin.

        Raises:
            FailedPreconditionError: the id was used for another request meanwhile.
        """
        if not self.request_id:
            return None
        # In a transaction of its own, because a twin's may still be waiting for the disk and readers do not see it yet.
        found = vault.store.write(lambda view: view.access.request(self.tenant, self.principal, self.request_id))
        return _done(found, self.digest)


def replay_of(vault: Vault, call: Call, request_id: str, content: bytes) -> Replay:
    """Look the request up.

    Raises:
        InvalidArgumentError: the request id is too long or not printable.
        FailedPreconditionError: the id was used for another request.
    """
    tenant, principal = call.identity.tenant, call.identity.principal
    if not request_id:
        return Replay(tenant=tenant, principal=principal, request_id="", digest=b"", done=None)
    require_request_id(request_id)
    digest = vault.keyring.blind_index(tenant).token(LEDGER_FIELD, call.method.encode() + b"\0" + content)
    with vault.store.read() as view:
        found = view.access.request(tenant, principal, request_id)
    return Replay(tenant=tenant, principal=principal, request_id=request_id, digest=digest, done=_done(found, digest))


def require_request_id(request_id: str) -> None:
    """Raises InvalidArgumentError: too long or not printable."""
    if len(request_id) > MAX_REQUEST_ID_CHARS or not request_id.isprintable():
        raise InvalidArgumentError(
            f"request_id must be printable and at most {MAX_REQUEST_ID_CHARS} characters", reason="INVALID_REQUEST_ID"
        )


def _done(found: tuple[bytes, str] | None, digest: bytes) -> str | None:
    if found is None:
        return None
    if found[0] != digest:
        raise FailedPreconditionError(
            "this request_id was used for another request",
            reason="REQUEST_ID_REUSED",
            hint="use a new request_id for each new request",
        )
    return found[1]
