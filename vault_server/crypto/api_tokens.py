"""API tokens: `srt_<id>_<secret>`, of which the vault keeps the id and a digest.

The secret has 256 random bits, so one SHA-256 is enough to store it: there is nothing to guess. The prefix lets secret
scanners find a leaked token. Layout in docs/formats.md, section "API token".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re

from vault_server.crypto.batch_cipher import RandomSource
from vault_server.errors import UnauthenticatedError
from vault_server.ports.api_tokens import IssuedToken
from vault_server.ports.secret import Secret

PREFIX = "srt"
_ID_BYTES = 10
_SECRET_BYTES = 32
_SHAPE = re.compile(r"srt_([a-z2-7]{16})_[a-z2-7]{52}", re.ASCII)
_LABEL = b"strongroom/api-token/1\x00"


class HashedApiTokens:
    """The `ApiTokens` of ports/api_tokens.py."""

    def __init__(self, *, random: RandomSource = os.urandom) -> None:
        self._random = random

    def issue(self) -> IssuedToken:
        token_id, secret = _base32(self._random(_ID_BYTES)), _base32(self._random(_SECRET_BYTES))
        whole = Secret.of_text(f"{PREFIX}_{token_id}_{secret}")
        return IssuedToken(token_id=token_id, secret=whole, digest=_digest(whole))

    def parse_id(self, presented: Secret) -> str:
        shape = _SHAPE.fullmatch(presented.reveal_text())
        if shape is None:
            raise _unknown()
        return shape.group(1)

    def verify(self, presented: Secret, digest: bytes) -> None:
        if not hmac.compare_digest(_digest(presented), digest):
            raise _unknown()


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def _digest(token: Secret) -> bytes:
    return hashlib.sha256(_LABEL + token.reveal()).digest()


def _unknown() -> UnauthenticatedError:
    return UnauthenticatedError(
        "The API token is not valid.", hint="Ask an administrator for a new one.", reason="INVALID_API_TOKEN"
    )
