"""The key of one backup: random, wrapped for everyone who may restore, sealing chunks in their place.

Layout in docs/formats.md, sections "Backup chunk" and "Root wrap". The backup's id, the chunk's role and its position are
associated data, so chunks cannot be exchanged, repeated or reordered unnoticed; that none is missing at the end is the
signed manifest's business. A commitment to the key stands in every chunk.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hmac import compare_digest
from types import TracebackType
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault_server.crypto import canonical, refusals
from vault_server.crypto.batch_cipher import RandomSource
from vault_server.errors import ConfigurationError, InvalidArgumentError, KeyUnavailableError
from vault_server.ports.backup_keys import RecipientRole, WrappedBackupKey
from vault_server.ports.keys import ID_BYTES
from vault_server.ports.root_keys import KeyWrapper, RootKey

MAGIC = b"SRBC"
FORMAT_VERSION = 1
SUITE_AES_256_GCM = 1
KEY_BYTES = 32
_AAD_LABEL = "strongroom/backup-chunk"
_CONTEXT_LABEL = "strongroom/backup-key"
_COMMITMENT_LABEL = b"strongroom/backup-key-commitment/1\x00"
_COMMITMENT_END = 6 + 16
_NONCE_END = _COMMITMENT_END + 12
_MIN_BYTES = _NONCE_END + 16
_MAX_POSITION = 2**64 - 1


class ChunkCipher:
    """The `BackupCipher` of ports/backup_keys.py over AES-256-GCM, random nonces."""

    def __init__(self, *, backup_id: bytes, key: bytes, random: RandomSource = os.urandom) -> None:
        commitment = hashlib.sha256(_COMMITMENT_LABEL + key).digest()[:16]
        self._backup_id = backup_id
        self._header = MAGIC + bytes((FORMAT_VERSION, SUITE_AES_256_GCM)) + commitment
        self._aead: AESGCM | None = AESGCM(key)
        self._random = random

    @property
    def backup_id(self) -> bytes:
        return self._backup_id

    def seal(self, role: str, position: int, plaintext: bytes) -> bytes:
        nonce = self._random(12)
        return b"".join((self._header, nonce, self._open_aead().encrypt(nonce, plaintext, self._aad(role, position))))

    def open(self, role: str, position: int, sealed: bytes) -> bytes:
        aead = self._open_aead()
        if len(sealed) < _MIN_BYTES or not compare_digest(sealed[:_COMMITMENT_END], self._header):
            raise refusals.broken_ciphertext()
        view = memoryview(sealed)
        try:
            return aead.decrypt(view[_COMMITMENT_END:_NONCE_END], view[_NONCE_END:], self._aad(role, position))
        except InvalidTag:
            raise refusals.broken_ciphertext() from None

    def _aad(self, role: str, position: int) -> bytes:
        if not 0 <= position <= _MAX_POSITION:
            raise InvalidArgumentError("A chunk's position is between 0 and 2^64 - 1.")
        return canonical.encode(_AAD_LABEL, self._header, self._backup_id, role.encode(), canonical.uint64(position))

    def _open_aead(self) -> AESGCM:
        if self._aead is None:
            raise refusals.key_unavailable()
        return self._aead

    def close(self) -> None:
        self._aead = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class RecipientBackupKeys:
    """The `BackupKeys` of ports/backup_keys.py.

    Args:
        recipients: who may open new backups, by role; at a restore it may be empty.
        holders: private keys that are here: the root key, or at a restore without the vault a recovery key.
    """

    def __init__(
        self,
        *,
        recipients: Mapping[RecipientRole, Sequence[KeyWrapper]],
        holders: Sequence[RootKey],
        random: RandomSource = os.urandom,
    ) -> None:
        self._recipients = [(role, key) for role in RecipientRole for key in recipients.get(role, ())]
        self._holders = {holder.key_id: holder for holder in holders}
        self._random = random

    def create(self, backup_id: bytes) -> tuple[ChunkCipher, tuple[WrappedBackupKey, ...]]:
        if not any(role is RecipientRole.RECOVERY for role, _ in self._recipients):
            raise ConfigurationError(
                "A backup needs an offline recovery key as a recipient.", hint="Configure the public half of at least one."
            )
        context = _context(backup_id)
        key = self._random(KEY_BYTES)
        wrapped = tuple(
            WrappedBackupKey(recipient_key_id=recipient.key_id, role=role, wrapped=recipient.wrap(key, context))
            for role, recipient in self._recipients
        )
        return ChunkCipher(backup_id=backup_id, key=key, random=self._random), wrapped

    def open(self, backup_id: bytes, wrapped: Sequence[WrappedBackupKey]) -> ChunkCipher:
        context = _context(backup_id)
        for one in wrapped:
            holder = self._holders.get(one.recipient_key_id)
            if holder is None:
                continue
            with suppress(KeyUnavailableError):  # another recipient's copy may be whole
                return ChunkCipher(backup_id=backup_id, key=holder.unwrap(one.wrapped, context), random=self._random)
        raise refusals.key_unavailable()


def _context(backup_id: bytes) -> bytes:
    if len(backup_id) != ID_BYTES:
        raise InvalidArgumentError("A backup id has 16 bytes.")
    return canonical.encode(_CONTEXT_LABEL, backup_id)
