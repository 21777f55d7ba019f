"""What a run keeps for itself: the pseudonyms that its workers see, and a sealer for its checkpoints and reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Pseudonyms(Protocol):
    """Row ids of one run: a keyed permutation of record ids, so the vault alone can turn one back into a record."""

    def encode_many(self, record_ids: Sequence[bytes]) -> list[bytes]:
        """16 bytes each, in order; equal ids give equal pseudonyms within the run. The bulk path."""
        ...

    def decode_many(self, row_ids: Sequence[bytes]) -> list[bytes]:
        """Undo `encode_many`. A forged row id decodes to an id that does not exist.

        Raises:
            InvalidArgumentError: reason INVALID_ROW_ID, a row id that is not 16 bytes.
        """
        ...


class RunSecrets(Protocol):
    """What a run keeps besides derived rows: its pseudonym key, checkpoints and reports, sealed under the tenant's RUN key."""

    def new_pseudonym_key(self, run_id: bytes) -> bytes:
        """A fresh key, sealed for this run."""
        ...

    def pseudonyms(self, run_id: bytes, sealed_key: bytes) -> Pseudonyms:
        """Raises IntegrityError: the key is changed, or of another run."""
        ...

    def seal(self, run_id: bytes, what: str, payload: bytes) -> bytes: ...

    def open(self, run_id: bytes, what: str, sealed: bytes) -> bytes:
        """Undo `seal`.

        Raises:
            IntegrityError: changed, or moved from another run or place.
        """
        ...
