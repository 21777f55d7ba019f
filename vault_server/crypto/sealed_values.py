"""Small values sealed directly under a tenant's KEK: page tokens and audit payload about principals.

Layout in docs/formats.md, section "Sealed value". Tenant, purpose of the value and the caller's context are associated
data; the key's epoch stands in the header, so that a value stays readable until its epoch is destroyed.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidTag

from vault_server.crypto import canonical, refusals
from vault_server.crypto.batch_cipher import DataKeys, RandomSource
from vault_server.errors import IntegrityError, InvalidArgumentError, KeyUnavailableError

FORMAT_VERSION = 1
SUITE_AES_256_GCM = 1
PAGE_TOKEN_MAGIC = b"SRPT"
AUDIT_MAGIC = b"SRAU"
RUN_MAGIC = b"SRRN"
MAX_PAGE_TOKEN_CHARS = 4096
_AAD_LABEL = "strongroom/sealed-value"
_EPOCH_AT = 6
_NONCE_AT = 10
_BODY_AT = 22
_MIN_BYTES = _BODY_AT + 16


class ValueSealer:
    """Seals bytes of one sort (`magic`) under one use of a tenant's keys."""

    def __init__(self, *, magic: bytes, tenant: str, keys: DataKeys, random: RandomSource) -> None:
        self._start = magic + bytes((FORMAT_VERSION, SUITE_AES_256_GCM))
        self._tenant = tenant.encode()
        self._keys = keys
        self._random = random

    def seal(self, context: bytes, payload: bytes) -> bytes:
        key = self._keys.active()
        key.spend(1)
        header = self._start + canonical.uint32(key.epoch)
        nonce = self._random(_BODY_AT - _NONCE_AT)
        return header + nonce + key.aead.encrypt(nonce, payload, self._aad(header, context))

    def open(self, context: bytes, sealed: bytes) -> bytes:
        """Undo `seal`; raises IntegrityError for every cause alike."""
        header = sealed[:_NONCE_AT]
        if len(sealed) < _MIN_BYTES or not header.startswith(self._start):
            raise refusals.broken_ciphertext()
        try:
            key = self._keys.of_epoch(int.from_bytes(header[_EPOCH_AT:], "big"))
            return key.aead.decrypt(sealed[_NONCE_AT:_BODY_AT], sealed[_BODY_AT:], self._aad(header, context))
        except (InvalidTag, KeyUnavailableError):
            raise refusals.broken_ciphertext() from None

    def _aad(self, header: bytes, context: bytes) -> bytes:
        return canonical.encode(_AAD_LABEL, header, self._tenant, context)


class SealedAudit:
    """The `AuditSealer` of ports/sealed_values.py."""

    def __init__(self, *, tenant: str, keys: DataKeys, random: RandomSource) -> None:
        self._sealer = ValueSealer(magic=AUDIT_MAGIC, tenant=tenant, keys=keys, random=random)

    def seal(self, event_id: bytes, payload: bytes) -> bytes:
        return self._sealer.seal(event_id, payload)

    def open(self, event_id: bytes, sealed: bytes) -> bytes:
        return self._sealer.open(event_id, sealed)


class SealedPageTokens:
    """The `PageTokenSealer` of ports/sealed_values.py."""

    def __init__(self, *, tenant: str, keys: DataKeys, random: RandomSource) -> None:
        self._sealer = ValueSealer(magic=PAGE_TOKEN_MAGIC, tenant=tenant, keys=keys, random=random)

    def seal(self, context: bytes, payload: bytes) -> str:
        return _text(self._sealer.seal(context, payload))

    def open(self, context: bytes, token: str) -> bytes:
        try:
            return self._sealer.open(context, _raw(token))
        except (IntegrityError, ValueError, binascii.Error):
            raise InvalidArgumentError(
                "The page token is not valid for this query.",
                hint="Ask for the first page again, with the same filter and order as before.",
                reason="INVALID_PAGE_TOKEN",
            ) from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _raw(token: str) -> bytes:
    """Strict: one text for each value, so a token cannot be varied without breaking it."""
    if len(token) > MAX_PAGE_TOKEN_CHARS:
        raise ValueError
    raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    if _text(raw) != token:
        raise ValueError
    return raw
