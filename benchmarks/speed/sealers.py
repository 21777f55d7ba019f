"""Ways to seal one record, behind one small port, so that the loop around them is the same for all.

`TwoTierSealer` is what the vault does without its checks: a fresh data key per customer, wrapped by a key-encryption key,
both bound to the record by associated data. The others are what people use instead.
"""

import os
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_RSA_BITS = 3072


class Sealer(Protocol):
    """Turn plaintext into (wrapped key, ciphertext) and back; `aad` must be the same both times."""

    def seal(self, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]: ...

    def unseal(self, wrapped: bytes, sealed: bytes, aad: bytes) -> bytes: ...


class TwoTierSealer:
    """A fresh AES-256 key per record, wrapped by one key-encryption key; AES-256-GCM with associated data for both."""

    def __init__(self) -> None:
        self._kek = AESGCM(AESGCM.generate_key(256))

    def seal(self, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
        dek, wrap_nonce, nonce = os.urandom(32), os.urandom(_NONCE_BYTES), os.urandom(_NONCE_BYTES)
        wrapped = wrap_nonce + self._kek.encrypt(wrap_nonce, dek, aad)
        return wrapped, nonce + AESGCM(dek).encrypt(nonce, plaintext, aad)

    def unseal(self, wrapped: bytes, sealed: bytes, aad: bytes) -> bytes:
        dek = self._kek.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], aad)
        return AESGCM(dek).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)


class RsaSealer:
    """A fresh AES-256 key per record, wrapped by RSA-3072 OAEP-SHA-256: one private-key operation for every read."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        self._public = self._private.public_key()

    def seal(self, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
        dek, nonce = os.urandom(32), os.urandom(_NONCE_BYTES)
        return self._public.encrypt(dek, _oaep(aad)), nonce + AESGCM(dek).encrypt(nonce, plaintext, aad)

    def unseal(self, wrapped: bytes, sealed: bytes, aad: bytes) -> bytes:
        dek = self._private.decrypt(wrapped, _oaep(aad))
        return AESGCM(dek).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)


def _oaep(label: bytes) -> padding.OAEP:
    return padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=label)


class TinkSealer:
    """Tink's envelope AEAD with a local key-encryption key in place of a remote one; the ciphertext holds the wrapped key."""

    def __init__(self) -> None:
        import tink
        from tink import aead

        aead.register()
        template = aead.aead_key_templates.AES256_GCM
        kek = tink.new_keyset_handle(template).primitive(aead.Aead)
        self._aead = aead.KmsEnvelopeAead(template, kek)

    def seal(self, plaintext: bytes, aad: bytes) -> tuple[bytes, bytes]:
        return b"", self._aead.encrypt(plaintext, aad)

    def unseal(self, wrapped: bytes, sealed: bytes, aad: bytes) -> bytes:
        if wrapped:
            raise ValueError("Tink keeps the wrapped key inside the ciphertext")
        plaintext: bytes = self._aead.decrypt(sealed, aad)
        return plaintext
