"""What access knows about API tokens: how one is made, named and recognised. The vault stores only the digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vault_server.ports.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """A new API token: shown to its owner once, stored only as a digest.

    Attributes:
        token_id: public part, 16 lower-case base32 characters; names the token in lists, logs and audit.
        secret: the whole token `srt_<token_id>_<secret>`.
        digest: 32 bytes to store.
    """

    token_id: str
    secret: Secret
    digest: bytes


class ApiTokens(Protocol):
    """Makes API tokens and compares presented ones with what is stored."""

    def issue(self) -> IssuedToken: ...

    def parse_id(self, presented: Secret) -> str:
        """The public part of a presented token, to look its row up.

        Raises:
            UnauthenticatedError: not a token of this product; the same error as for an unknown one.
        """
        ...

    def verify(self, presented: Secret, digest: bytes) -> None:
        """Return if the token has this digest; compares in constant time.

        Raises:
            UnauthenticatedError: it has not.
        """
        ...
