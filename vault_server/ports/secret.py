"""A wrapper for what must never be seen: passphrases, private keys, tokens.

Its repr and str are masked, it refuses pickling and copying, compares in constant time, and hands out its content only
through `reveal`, so that every use is easy to find in review.
"""

from __future__ import annotations

import hmac
from typing import NoReturn, Self


class Secret:
    """Bytes that do not print.

    Attributes:
        size_bytes: how long the content is, which is not secret.
    """

    __slots__ = ("_content",)

    def __init__(self, content: bytes) -> None:
        self._content = content

    @classmethod
    def of_text(cls, text: str) -> Self:
        return cls(text.encode())

    @property
    def size_bytes(self) -> int:
        return len(self._content)

    def reveal(self) -> bytes:
        return self._content

    def reveal_text(self) -> str:
        """The content as UTF-8; bytes that are none are replaced, because a decoding error would carry the content."""
        return self._content.decode(errors="replace")

    def __repr__(self) -> str:
        return "Secret(****)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._content, other._content)

    __hash__ = None  # type: ignore[assignment]  # a hash would leak equality into dict order; there is no reason to key by a secret

    def __bool__(self) -> bool:
        return bool(self._content)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied")
