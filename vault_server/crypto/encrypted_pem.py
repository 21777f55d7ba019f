"""Writes a private key as an encrypted PEM whose passphrase is stretched with scrypt (PKCS #8, PBES2, RFC 7914).

The library's own "best available" encryption uses PBKDF2 with 2,048 rounds (seen in version 50), which a graphics card
tries millions of times a second. The format written here is standard: OpenSSL 1.1 and the library read it. The structure
is small and fixed, so it is encoded here; reading stays with the library.
"""

from __future__ import annotations

import base64
import os
import textwrap
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7

from vault_server.errors import ConfigurationError
from vault_server.ports.secret import Secret

SCRYPT_COST = 2**14  # 16 MiB, the most that the openssl program reads; five lanes, as OWASP advises for it; about 0.2 s
SCRYPT_BLOCK_SIZE = 8
SCRYPT_LANES = 5
_OID_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_OID_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_OID_AES_256_CBC = bytes.fromhex("060960864801650304012a")
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04
_SHORT_FORM = 0x80


def encrypt_pkcs8(key_der: bytes, passphrase: Secret, *, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """An "ENCRYPTED PRIVATE KEY" PEM of an unencrypted PKCS #8 structure.

    Raises:
        ConfigurationError: the passphrase is empty.
    """
    if not passphrase:
        raise ConfigurationError("A private key file needs a passphrase that is not empty.")
    salt, initial_vector = random(16), random(16)
    key = Scrypt(salt=salt, length=32, n=SCRYPT_COST, r=SCRYPT_BLOCK_SIZE, p=SCRYPT_LANES).derive(passphrase.reveal())
    padder = PKCS7(128).padder()
    padded = padder.update(key_der) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(initial_vector)).encryptor()
    sealed = encryptor.update(padded) + encryptor.finalize()
    return _pem(_element(_SEQUENCE, _algorithm(salt, initial_vector), _element(_OCTETS, sealed)))


def _algorithm(salt: bytes, initial_vector: bytes) -> bytes:
    costs = (_integer(SCRYPT_COST), _integer(SCRYPT_BLOCK_SIZE), _integer(SCRYPT_LANES), _integer(32))
    derivation = _element(_SEQUENCE, _OID_SCRYPT, _element(_SEQUENCE, _element(_OCTETS, salt), *costs))
    cipher = _element(_SEQUENCE, _OID_AES_256_CBC, _element(_OCTETS, initial_vector))
    return _element(_SEQUENCE, _OID_PBES2, _element(_SEQUENCE, derivation, cipher))


def _element(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    length = len(content)
    if length < _SHORT_FORM:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, _SHORT_FORM | len(octets))) + octets + content


def _integer(number: int) -> bytes:
    return _element(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _pem(der: bytes) -> bytes:
    lines = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{lines}\n-----END ENCRYPTED PRIVATE KEY-----\n".encode("ascii")
