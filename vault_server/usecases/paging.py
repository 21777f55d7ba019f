"""Page sizes and sealed page tokens, the same for every list."""

from __future__ import annotations

from vault_server.errors import InvalidArgumentError
from vault_server.usecases.vault import Vault


class Pages:
    """The pages of one list. `query` fixes what is listed, so that a token of another list is refused."""

    def __init__(self, vault: Vault, tenant: str, query: str) -> None:
        self._sealer = vault.keyring.page_tokens(tenant)
        self._context = query.encode()

    def size(self, asked: int, *, default: int, most: int) -> int:
        """The page size to use; more than `most` is cut to it.

        Raises:
            InvalidArgumentError: negative.
        """
        if asked < 0:
            raise InvalidArgumentError(
                "page_size must not be negative", reason="INVALID_PAGE_SIZE", metadata={"field": "page_size"}
            )
        return min(asked or default, most)

    def start(self, token: str) -> bytes:
        """The key that the page starts behind; b"" for the first.

        Raises:
            InvalidArgumentError: not a token of this list.
        """
        return self._sealer.open(self._context, token) if token else b""

    def token(self, last_key: bytes) -> str:
        return self._sealer.seal(self._context, last_key)
