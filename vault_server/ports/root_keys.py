"""The keys at the root: one pair that wraps, one that signs. They cost milliseconds and are never used per record.

Rules. Every failure to unwrap is `KeyUnavailableError`, every signature that does not hold `IntegrityError`; neither says why.
"""

from __future__ import annotations

from typing import Protocol


class KeyWrapper(Protocol):
    """The public half of a root or recovery key: wraps a secret so that only the holder of the private half unwraps it."""

    @property
    def key_id(self) -> str:
        """Fingerprint of the public key: lower-case hex of the SHA-256 of its DER SubjectPublicKeyInfo."""
        ...

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Wrap 32 bytes, bound to `context`."""
        ...


class RootKey(KeyWrapper, Protocol):
    """The root key: a file, a token or a service. Costs milliseconds; never used per record."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Undo `wrap`.

        Raises:
            KeyUnavailableError: wrong key, wrong context or damaged bytes; which of them is not said.
        """
        ...


class Signer(Protocol):
    """Signs audit heads, backup manifests and wrapped KEKs. Never the same key as the root key."""

    @property
    def key_id(self) -> str:
        """Fingerprint of the public key, as for `KeyWrapper`."""
        ...

    def sign(self, message: bytes) -> bytes:
        """RSA-PSS with SHA-256 over the whole message."""
        ...


class Verifier(Protocol):
    """Checks what a `Signer` signed."""

    @property
    def key_id(self) -> str:
        """Fingerprint of the public key, as for `KeyWrapper`."""
        ...

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return if the signature is right.

        Raises:
            IntegrityError: it is not.
        """
        ...
