"""Root, signing and recovery keys as files: private ones encrypted, 0600 and strong, or the vault does not start.

Every refusal is one line of `ConfigurationError` that names the file and never the passphrase. A public key lies beside
each private one (`root.pem`, `root.pub.pem`), because backups need recovery keys whose private half is elsewhere.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from vault_server.crypto import encrypted_pem, private_files, rsa_keys
from vault_server.crypto.rsa_keys import RsaRootKey, RsaSigner, RsaVerifier, RsaWrapper
from vault_server.errors import ConfigurationError
from vault_server.ports.secret import Secret


def create_root_key(path: Path, passphrase: Secret, *, bits: int = rsa_keys.MIN_BITS) -> RsaRootKey:
    """Make a root or recovery key and write it, with its public half beside it. Never overwrites.

    Raises:
        ConfigurationError: the file exists, cannot be written, or the passphrase is empty.
    """
    return RsaRootKey(_create(path, passphrase, bits))


def create_signing_key(path: Path, passphrase: Secret, *, bits: int = rsa_keys.MIN_BITS) -> RsaSigner:
    """`create_root_key` for a key that signs."""
    return RsaSigner(_create(path, passphrase, bits))


def load_root_key(path: Path, passphrase: Secret) -> RsaRootKey:
    """The root key, or a recovery key at a restore.

    Raises:
        ConfigurationError: missing, open to others, not encrypted, wrong passphrase, not RSA, or too weak.
    """
    return RsaRootKey(_load(path, passphrase))


def load_signing_key(path: Path, passphrase: Secret) -> RsaSigner:
    """`load_root_key` for a key that signs."""
    return RsaSigner(_load(path, passphrase))


def load_recovery_key(path: Path) -> RsaWrapper:
    """The public half of an offline recovery key.

    Raises:
        ConfigurationError: missing, not an RSA public key, or too weak.
    """
    return RsaWrapper(_load_public(path))


def load_verifier(path: Path) -> RsaVerifier:
    """The public half of a signing key."""
    return RsaVerifier(_load_public(path))


def create_passphrase(path: Path, *, random: Callable[[int], bytes] = os.urandom) -> Secret:
    """Make a passphrase of 256 random bits and write it; for a developer's folder or a secrets directory. Never overwrites."""
    text = base64.b32encode(random(32)).decode("ascii").rstrip("=").lower()
    private_files.write_private(path, f"{text}\n".encode("ascii"))
    return Secret.of_text(text)


def load_passphrase(path: Path) -> Secret:
    """A passphrase from a private file; one line end at its end does not count.

    Raises:
        ConfigurationError: missing, open to others, or empty.
    """
    passphrase = Secret(private_files.read_private(path).removesuffix(b"\n").removesuffix(b"\r"))
    if not passphrase:
        raise ConfigurationError(f"The passphrase file {path} is empty.")
    return passphrase


def public_path(private_path: Path) -> Path:
    """Where the public half of `root.pem` lies: `root.pub.pem`."""
    return private_path.with_suffix(".pub" + private_path.suffix)


def _create(path: Path, passphrase: Secret, bits: int) -> rsa.RSAPrivateKey:
    key = rsa_keys.generate(bits)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private_files.write_private(path, encrypted_pem.encrypt_pkcs8(der, passphrase))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private_files.write_private(public_path(path), public, replace=True, public=True)
    return key


def _load(path: Path, passphrase: Secret) -> rsa.RSAPrivateKey:
    pem = private_files.read_private(path)
    if b"ENCRYPTED PRIVATE KEY-----" not in pem:
        raise ConfigurationError(
            f"The key file {path} is not an encrypted private key.", hint="Encrypt it: openssl pkcs8 -topk8 -scrypt"
        )
    try:
        key = serialization.load_pem_private_key(pem, passphrase.reveal())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigurationError(f"The key file {path} does not open: wrong passphrase or damaged file.") from None
    rsa_keys.checked_public(key.public_key(), what=f"The key in {path}")
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(f"The key in {path} is not an RSA key.")
    return key


def _load_public(path: Path) -> rsa.RSAPublicKey:
    pem = private_files.read_public(path)
    if b"PRIVATE KEY-----" in pem:
        raise ConfigurationError(
            f"The file {path} holds a private key.", hint="Give the public half; keep the private half offline."
        )
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(f"The file {path} is not a public key in PEM form.") from None
    return rsa_keys.checked_public(key, what=f"The key in {path}")
