"""Tokens of leases: who holds a run, and for how long without a sign of life. Kept is only a token's digest."""

from __future__ import annotations

import base64
import hashlib
import hmac

from vault_server.ports.runs import RunRow


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
