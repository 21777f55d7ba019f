"""Leases: who holds a run, and for how long without a sign of life. Kept is only a token's digest."""

from __future__ import annotations

import base64
import hashlib
import hmac

from strongroom.api.v1.analysis_service_pb2 import RunState
from vault_server.errors import ConflictError
from vault_server.ports.runs import RunRow
from vault_server.usecases.runs import missing_run


def lease_token(secret: bytes, lease_s: int) -> str:
    """The token says how long the lease holds without a heartbeat; its digest covers that too."""
    return f"srl_{lease_s}_{base64.urlsafe_b64encode(secret).rstrip(b'=').decode()}"


def lease_s_of(token: str) -> int:
    """Of a token whose digest was compared before."""
    return int(token.split("_", 2)[1])


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def token_matches(row: RunRow, token: str) -> bool:
    return hmac.compare_digest(digest_of(token), row.lease_digest)


def led(row: RunRow, now_us: int) -> bool:
    """Whether somebody holds the run's lease."""
    return row.state == RunState.RUN_STATE_RUNNING and row.lease_expires_us > now_us


def leased(row: RunRow | None, token: str, now_us: int) -> RunRow:
    """The row, if the token is the one of its present lease.

    Raises:
        NotFoundError: no such run.
        ConflictError: LEASE_LOST, the run has moved on: cancelled, taken by another worker, ended, or the lease ran out.
    """
    if row is None:
        raise missing_run()
    if not led(row, now_us) or not token_matches(row, token):
        raise lease_is_lost()
    return row


def lease_is_lost() -> ConflictError:
    return ConflictError("the lease of this run is gone", reason="LEASE_LOST", hint="stop working on it and claim again")
