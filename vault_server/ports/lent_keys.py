"""Keys that the vault's process lends to another process of its own for one page of rows, or one chunk of an import.

Rules. Only keys of one tenant that are unwrapped already: DATA keys, a run's pseudonym key for a page, index keys for a chunk;
never a root key, never a wrapped key. They are lent anew for every page and chunk, after the fence was asked, so a destroyed
key is not lent again. The borrower drops them with the page or the chunk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vault_server.ports.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class LentKeys:
    """What opens one page.

    Attributes:
        data: the tenant's unwrapped DATA keys by epoch.
        pseudonyms: the key of a run's row ids; None outside a run.
    """

    data: tuple[tuple[int, Secret], ...]
    pseudonyms: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LentForImport:
    """What one chunk is sealed and made searchable with.

    Attributes:
        data: the tenant's unwrapped DATA keys by epoch; the last one wraps new keys.
        index: the live keys of the blind index by version, newest first.
    """

    data: tuple[tuple[int, Secret], ...]
    index: tuple[tuple[int, Secret], ...]


class KeyLender(Protocol):
    """The part of the keyring that bulk processes see."""

    def lend(self, tenant: str, *, run_id: bytes = b"", sealed_key: bytes = b"") -> LentKeys:
        """The keys for one page, of a run if `run_id` is given; `sealed_key` is its sealed pseudonym key.

        Raises:
            KeyUnavailableError: a key was destroyed or does not unwrap.
            IntegrityError: the pseudonym key is changed, or of another run.
        """
        ...

    def lend_for_import(self, tenant: str, rows: int) -> LentForImport:
        """The keys for one chunk. Counts as many encryptions under the active DATA key as the chunk has rows.

        Raises:
            KeyUnavailableError: a key was destroyed or does not unwrap.
        """
        ...
