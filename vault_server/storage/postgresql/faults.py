"""What an error of PostgreSQL means for the vault.

Rules. The server's messages quote bound values ("Key (id)=(...) already exists"), so nothing of them is kept: not in the
message, not as a cause.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from vault_server.errors import (
    AlreadyExistsError,
    ConfigurationError,
    IntegrityError,
    InvalidArgumentError,
    StorageFullError,
    UnavailableError,
    VaultError,
)

_UNIQUE = "23505"
_REPEATABLE = frozenset({"40001", "40P01"})
_FULL = frozenset({"53100", "53200"})
_DAMAGED = frozenset({"XX001", "XX002", "58030"})
_NO_SCHEMA = frozenset({"42P01", "42703", "3F000"})
_NO_ACCESS = frozenset({"28000", "28P01", "3D000", "42501"})
_GOING_DOWN = ("08", "57")


class RepeatableError(UnavailableError):
    """The transaction lost against another one; running it again is the remedy."""


class ConnectionLostError(UnavailableError):
    """The connection broke."""


def translate(error: psycopg.Error) -> VaultError:
    code = error.sqlstate or ""
    if code == _UNIQUE:
        return AlreadyExistsError("a row with this key exists")
    if code in _REPEATABLE:
        return RepeatableError("the transaction lost against another one", hint="try again")
    if code in _FULL:
        return StorageFullError("the disk of the database is full", hint="free disk space; nothing of the call was kept")
    if code in _DAMAGED:
        return IntegrityError("the database says that it is damaged", hint="check the database server, restore if needed")
    if code in _NO_SCHEMA:
        return ConfigurationError("the database lacks a table of this program", hint="run `strongroom-server migrate`")
    if code in _NO_ACCESS:
        return ConfigurationError("the database refuses this user or has no such database", hint="check the URL and its rights")
    if code.startswith("22"):
        return InvalidArgumentError("a value cannot be stored as text or number")
    if not code or code.startswith(_GOING_DOWN):
        return ConnectionLostError("the database cannot be reached", hint="try again; check the database server")
    return UnavailableError(f"the database refused a statement (SQLSTATE {code})", reason="STORAGE_FAULT")


@contextmanager
def translating() -> Iterator[None]:
    try:
        yield
    except psycopg.DataError:
        raise InvalidArgumentError("a value cannot be stored as text or number") from None
    except psycopg.Error as error:
        raise translate(error) from None
