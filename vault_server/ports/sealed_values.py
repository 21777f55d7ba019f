"""Single values under a tenant's keys: search tokens, page tokens, audit payload. Records are sealed by `ports.keys`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class BlindIndex(Protocol):
    """Search tokens: equal values give equal tokens, and nothing else is learned without the tenant's index key."""

    @property
    def version(self) -> int:
        """The version that new tokens are written with."""
        ...

    @property
    def versions_for_search(self) -> tuple[int, ...]:
        """Every version that stored tokens may have, newest first."""
        ...

    def token(self, field: int, normalized: bytes) -> bytes:
        """16 bytes for one normalised value of one field, in the current version."""
        ...

    def tokens(self, field: int, values: Sequence[bytes]) -> list[bytes]:
        """`token` for many values of one field, in order; the bulk path."""
        ...

    def tokens_for_search(self, field: int, normalized: bytes) -> list[bytes]:
        """One token for each of `versions_for_search`, in that order."""
        ...


class PageTokenSealer(Protocol):
    """Makes page tokens that a caller can neither read, nor change, nor use for another query."""

    def seal(self, context: bytes, payload: bytes) -> str:
        """A URL-safe string without padding; `context` fixes tenant, method, filter and order, and is not stored in it."""
        ...

    def open(self, context: bytes, token: str) -> bytes:
        """The payload of a token that was sealed under the same context.

        Raises:
            InvalidArgumentError: reason INVALID_PAGE_TOKEN, whatever is wrong with it.
        """
        ...


class AuditSealer(Protocol):
    """Seals audit payload about principals (addresses, agents). Payload about a customer is sealed by its own DEK instead."""

    def seal(self, event_id: bytes, payload: bytes) -> bytes: ...

    def open(self, event_id: bytes, sealed: bytes) -> bytes:
        """Undo `seal`.

        Raises:
            IntegrityError: changed, or moved from another event.
        """
        ...
