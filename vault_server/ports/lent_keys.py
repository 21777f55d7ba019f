"""Keys that the vault's process lends to another process of its own for one page of rows.

Rules. Only DATA keys of one tenant that are unwrapped already, and a run's pseudonym key; never a root key, never a wrapped
key. They are lent anew for every page, after the fence was asked, so a destroyed key is not lent again. The borrower drops
them with the page.
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


class KeyLender(Protocol):
    """The part of the keyring that page processes see."""

    def lend(self, tenant: str, *, run_id: bytes = b"", sealed_key: bytes = b"") -> LentKeys:
        """The keys for one page, of a run if `run_id` is given; `sealed_key` is its sealed pseudonym key.

        Raises:
            KeyUnavailableError: a key was destroyed or does not unwrap.
            IntegrityError: the pseudonym key is changed, or of another run.
        """
        ...
