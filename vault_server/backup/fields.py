"""Reads fields of a signed JSON body with their types; what does not fit is IntegrityError, never a ValueError."""

from __future__ import annotations

from collections.abc import Mapping

from vault_server.errors import IntegrityError


class Fields:
    """Typed access to a JSON object."""

    def __init__(self, body: object, what: str) -> None:
        if not isinstance(body, Mapping):
            raise IntegrityError(f"{what} is signed but malformed")
        self._body = body
        self._what = what

    def text(self, name: str) -> str:
        value = self._body.get(name)
        if not isinstance(value, str):
            raise self._malformed()
        return value

    def number(self, name: str) -> int:
        value = self._body.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._malformed()
        return value

    def flag(self, name: str) -> bool:
        value = self._body.get(name)
        if not isinstance(value, bool):
            raise self._malformed()
        return value

    def raw(self, name: str) -> bytes:
        """Bytes written as lower-case hex."""
        try:
            return bytes.fromhex(self.text(name))
        except ValueError:
            raise self._malformed() from None

    def texts(self, name: str) -> tuple[str, ...]:
        values = tuple(value for value in self._list(name) if isinstance(value, str))
        if len(values) != len(self._list(name)):
            raise self._malformed()
        return values

    def items(self, name: str) -> list[Fields]:
        return [Fields(value, self._what) for value in self._list(name)]

    def _list(self, name: str) -> list[object]:
        value = self._body.get(name)
        if not isinstance(value, list):
            raise self._malformed()
        return value

    def _malformed(self) -> IntegrityError:
        return IntegrityError(f"{self._what} is signed but malformed")
