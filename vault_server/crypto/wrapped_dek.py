"""A customer's DEK under the tenant's DATA key. Layout in docs/formats.md, section "Wrapped DEK".

Wrapped keys are stored apart from what they seal, which invites swapping them (CVE-2025-14760): tenant, customer, DEK
version and KEK epoch are associated data, so a wrapped key opens in its own row only.
"""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault_server.crypto import canonical, refusals
from vault_server.ports.keys import ID_BYTES

MAGIC = b"SRDK"
FORMAT_VERSION = 1
SUITE_AES_256_GCM = 1
HEADER = MAGIC + bytes((FORMAT_VERSION, SUITE_AES_256_GCM))
AAD_LABEL = "strongroom/wrapped-dek"

_NONCE_AT = len(HEADER)
_NONCE_END = _NONCE_AT + 12
WRAPPED_BYTES = _NONCE_END + 32 + 16
_owner = struct.Struct(">I16sII")  # length of the rest, customer id, DEK version, KEK epoch
_OWNER_FIELD_BYTES = _owner.size - 4


def tenant_prefix(tenant: str) -> bytes:
    """The part of the associated data that is constant for a batch."""
    return canonical.encode(AAD_LABEL, HEADER, tenant.encode())


def wrap(kek: AESGCM, prefix: bytes, nonce: bytes, dek: bytes, customer_id: bytes, dek_version: int, kek_epoch: int) -> bytes:
    aad = prefix + _owner.pack(_OWNER_FIELD_BYTES, customer_id, dek_version, kek_epoch)
    return HEADER + nonce + kek.encrypt(nonce, dek, aad)


def unwrap(kek: AESGCM, prefix: bytes, wrapped: bytes, customer_id: bytes, dek_version: int, kek_epoch: int) -> bytes:
    """The plain DEK.

    Raises:
        KeyUnavailableError: for every cause alike.
    """
    if len(wrapped) != WRAPPED_BYTES or not wrapped.startswith(HEADER) or len(customer_id) != ID_BYTES:
        raise refusals.key_unavailable()
    try:
        aad = prefix + _owner.pack(_OWNER_FIELD_BYTES, customer_id, dek_version, kek_epoch)
        return kek.decrypt(wrapped[_NONCE_AT:_NONCE_END], wrapped[_NONCE_END:], aad)
    except (InvalidTag, struct.error):
        raise refusals.key_unavailable() from None
