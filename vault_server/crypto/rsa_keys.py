"""RSA at the top of the key hierarchy: wrapping with OAEP, signing with PSS, both with SHA-256.

Keys below 3072 bits and small public exponents are refused here, because the library still accepts them. The context of a
wrap is bound by putting its digest beside the secret inside the OAEP message, which cannot be changed without the private
key; the OAEP label would do the same, but key services and many tokens do not offer it. Layout in docs/formats.md,
section "Root wrap".
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from vault_server.crypto import refusals
from vault_server.errors import ConfigurationError, IntegrityError

MIN_BITS = 3072
SECRET_BYTES = 32
MAGIC = b"SRRW"
FORMAT_VERSION = 1
SUITE_RSA_OAEP_SHA256 = 1
HEADER = MAGIC + bytes((FORMAT_VERSION, SUITE_RSA_OAEP_SHA256))
_PUBLIC_EXPONENT = 65537
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)


def generate(bits: int = MIN_BITS) -> rsa.RSAPrivateKey:
    """A new private key; about half a second for 3072 bits.

    Raises:
        ConfigurationError: neither 3072 nor 4096 bits.
    """
    if bits not in (3072, 4096):
        raise ConfigurationError("An RSA key has 3072 or 4096 bits here.")
    return rsa.generate_private_key(_PUBLIC_EXPONENT, bits)


def checked_public(key: object, *, what: str) -> rsa.RSAPublicKey:
    """The key, if it is an RSA public key that is strong enough.

    Raises:
        ConfigurationError: it is not.
    """
    if not isinstance(key, rsa.RSAPublicKey):
        raise ConfigurationError(f"{what} is not an RSA key.")
    if key.key_size < MIN_BITS or key.public_numbers().e < _PUBLIC_EXPONENT:
        raise ConfigurationError(
            f"{what} is too weak: RSA needs at least {MIN_BITS} bits and an exponent of {_PUBLIC_EXPONENT}."
        )
    return key


def fingerprint(key: rsa.RSAPublicKey) -> str:
    """Lower-case hex of the SHA-256 of the DER SubjectPublicKeyInfo."""
    return hashlib.sha256(
        key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


class RsaWrapper:
    """The `KeyWrapper` of ports/root_keys.py: a public key that wraps."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        self._public = checked_public(public, what="The wrapping key")
        self._key_id = fingerprint(public)

    @property
    def key_id(self) -> str:
        return self._key_id

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        if len(secret) != SECRET_BYTES:
            raise refusals.key_unavailable()
        return HEADER + self._public.encrypt(secret + hashlib.sha256(context).digest(), _OAEP)


class RsaRootKey(RsaWrapper):
    """The `RootKey` of ports/root_keys.py over a private key in memory."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        super().__init__(private.public_key())
        self._private = private

    def public_wrapper(self) -> RsaWrapper:
        return RsaWrapper(self._public)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        if not wrapped.startswith(HEADER):
            raise refusals.key_unavailable()
        try:
            message = self._private.decrypt(wrapped[len(HEADER) :], _OAEP)
        except ValueError:
            raise refusals.key_unavailable() from None
        secret, bound = message[:SECRET_BYTES], message[SECRET_BYTES:]
        if not hmac.compare_digest(bound, hashlib.sha256(context).digest()):
            raise refusals.key_unavailable()
        return secret

    def __repr__(self) -> str:
        return f"RsaRootKey({self.key_id[:16]}, ****)"


class RsaVerifier:
    """The `Verifier` of ports/root_keys.py."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        self._public = checked_public(public, what="The signing key")
        self._key_id = fingerprint(public)

    @property
    def key_id(self) -> str:
        return self._key_id

    def verify(self, message: bytes, signature: bytes) -> None:
        try:
            self._public.verify(signature, message, _PSS, hashes.SHA256())
        except InvalidSignature:
            raise IntegrityError(
                "A signature does not fit what it signs.", hint="The content was changed, or another vault's key signed it."
            ) from None


class RsaSigner(RsaVerifier):
    """The `Signer` of ports/root_keys.py over a private key in memory; verifies its own signatures too."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        super().__init__(private.public_key())
        self._private = private

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message, _PSS, hashes.SHA256())

    def __repr__(self) -> str:
        return f"RsaSigner({self.key_id[:16]}, ****)"
