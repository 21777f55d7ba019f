"""What a run keeps under the tenant's RUN key, and the pseudonyms under which a worker sees customers.

A pseudonym is the record id under AES-256 as a permutation of 16-byte blocks, one key a run. Record ids never repeat and are
no text, so the block cipher alone is the right tool: it is invertible, needs no table, and encodes a batch in one call
(2 million ids a second measured). Pseudonyms of two runs cannot be linked without both keys.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from vault_server.crypto.batch_cipher import DataKeys, RandomSource
from vault_server.crypto.sealed_values import RUN_MAGIC, ValueSealer
from vault_server.errors import InvalidArgumentError
from vault_server.ports.secret import Secret

_KEY_BYTES = 32
_ID_BYTES = 16
_PSEUDONYM_KEY = "pseudonym-key"


class BlockPseudonyms:
    """The `Pseudonyms` of ports/run_secrets.py."""

    def __init__(self, key: bytes) -> None:
        # One block each of never-repeating ids: a permutation, not a mode for messages.
        self._cipher = Cipher(algorithms.AES256(key), modes.ECB())  # noqa: S305 - see the module's docstring

    def encode_many(self, record_ids: Sequence[bytes]) -> list[bytes]:
        return _blocks(self._cipher.encryptor().update(_joined(record_ids)))

    def decode_many(self, row_ids: Sequence[bytes]) -> list[bytes]:
        return _blocks(self._cipher.decryptor().update(_joined(row_ids)))


class SealedRunSecrets:
    """The `RunSecrets` of ports/run_secrets.py."""

    def __init__(self, *, tenant: str, keys: DataKeys, random: RandomSource) -> None:
        self._sealer = ValueSealer(magic=RUN_MAGIC, tenant=tenant, keys=keys, random=random)
        self._random = random

    def new_pseudonym_key(self, run_id: bytes) -> bytes:
        return self.seal(run_id, _PSEUDONYM_KEY, self._random(_KEY_BYTES))

    def pseudonyms(self, run_id: bytes, sealed_key: bytes) -> BlockPseudonyms:
        return BlockPseudonyms(self.open(run_id, _PSEUDONYM_KEY, sealed_key))

    def lend_pseudonym_key(self, run_id: bytes, sealed_key: bytes) -> Secret:
        """The plain key, for a bulk process."""
        return Secret(self.open(run_id, _PSEUDONYM_KEY, sealed_key))

    def seal(self, run_id: bytes, what: str, payload: bytes) -> bytes:
        return self._sealer.seal(run_id + what.encode(), payload)

    def open(self, run_id: bytes, what: str, sealed: bytes) -> bytes:
        return self._sealer.open(run_id + what.encode(), sealed)


def _joined(ids: Sequence[bytes]) -> bytes:
    if any(len(one) != _ID_BYTES for one in ids):
        raise InvalidArgumentError("a row id has 16 bytes", reason="INVALID_ROW_ID", metadata={"field": "row_id"})
    return b"".join(ids)


def _blocks(raw: bytes) -> list[bytes]:
    return [raw[start : start + _ID_BYTES] for start in range(0, len(raw), _ID_BYTES)]
