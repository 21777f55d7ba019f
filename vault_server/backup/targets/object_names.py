"""Names of objects: checked before they become paths or keys of a target."""

from __future__ import annotations

import re

from vault_server.errors import InvalidArgumentError

_SEGMENT = "[a-z0-9][a-z0-9-]{0,99}"
_NAME = re.compile(rf"{_SEGMENT}(/{_SEGMENT}){{0,3}}\Z")


def checked(name: str) -> str:
    """The name, if it is one of an object."""
    if not _NAME.match(name):
        raise InvalidArgumentError("this is not a name of a backup object", reason="INVALID_NAME")
    return name


def checked_prefix(prefix: str) -> str:
    """The folder that a prefix names, without its closing slash."""
    if not prefix.endswith("/"):
        raise InvalidArgumentError("a prefix of backup objects ends with /", reason="INVALID_NAME")
    return checked(prefix[:-1])
