"""A credential in memory: shown as stars, refused by pickle, compared in constant time.

Rules: only `reveal` gives the text out, so a search for that word finds every place where a secret leaves its type.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Text that no log, traceback or repr may show."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret('****')"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return id(type(self))  # all secrets in one bucket: a hash of the text would be an oracle

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled")
