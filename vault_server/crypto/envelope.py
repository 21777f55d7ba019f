"""The envelope of one record: header, nonce, ciphertext. Layout in docs/formats.md, section "Record envelope".

The header (magic, format version, suite, DEK version, commitment to the DEK) is the same for everything sealed under one
DEK, so it is built once per key and compared as a whole, in constant time, before the key is used. All of it is
associated data too, together with the tenant and the record's place.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault_server.crypto import canonical

MAGIC = b"SREN"
FORMAT_VERSION = 1
SUITE_AES_256_GCM = 1
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
COMMITMENT_BYTES = 16
AAD_LABEL = "strongroom/record-envelope"

_header = struct.Struct(">4sBBI16s")
_owner = struct.Struct(">I16s")  # length of what follows, customer id
_place = struct.Struct(">I16sQI")  # kind, record id, record version, schema revision

HEADER_BYTES = _header.size
BODY_OFFSET = HEADER_BYTES + NONCE_BYTES
MIN_ENVELOPE_BYTES = BODY_OFFSET + TAG_BYTES
_PLACE_FIELD_BYTES = _owner.size - 4 + _place.size

pack_place = _place.pack

_commitment = hashlib.sha256(b"strongroom/dek-commitment/1\x00")


class HeldDek(NamedTuple):
    """A plain DEK, ready for use: what is constant for everything that it seals."""

    dek_version: int
    header: bytes
    aad_prefix: bytes
    encrypt: Callable[[bytes, bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes, bytes], bytes]

    def __repr__(self) -> str:
        return f"HeldDek(version {self.dek_version}, ****)"


def commitment(dek: bytes) -> bytes:
    """16 bytes that fix the DEK: GCM alone would let one ciphertext open under two keys (CVE-2020-8897)."""
    digest = _commitment.copy()
    digest.update(dek)
    return digest.digest()[:COMMITMENT_BYTES]


def pack_header(dek_version: int, dek_commitment: bytes) -> bytes:
    return _header.pack(MAGIC, FORMAT_VERSION, SUITE_AES_256_GCM, dek_version, dek_commitment)


def tenant_prefix(tenant: str) -> bytes:
    """The part of the associated data that is constant for a batch; the header's field follows."""
    return canonical.encode(AAD_LABEL, tenant.encode())


def hold(prefix: bytes, customer_id: bytes, dek_version: int, dek: bytes) -> HeldDek:
    """Prepare a DEK. About 3 microseconds, so once per customer and batch.

    Args:
        prefix: what `tenant_prefix` gave.
        customer_id: 16 bytes, checked by the caller.
        dek_version: 1 to 2^32 - 1.
        dek: 32 bytes.
    """
    header = pack_header(dek_version, commitment(dek))
    cipher = AESGCM(dek)
    aad_prefix = prefix + canonical.field(header) + _owner.pack(_PLACE_FIELD_BYTES, customer_id)
    return HeldDek(dek_version, header, aad_prefix, cipher.encrypt, cipher.decrypt)


def dek_version_of(envelope: bytes) -> int | None:
    """The DEK version that an envelope names, or None when it is no envelope of a known format and suite."""
    if len(envelope) < MIN_ENVELOPE_BYTES:
        return None
    magic, format_version, suite, dek_version, _ = _header.unpack_from(envelope)
    if (magic, format_version, suite) != (MAGIC, FORMAT_VERSION, SUITE_AES_256_GCM):
        return None
    return int(dek_version)
