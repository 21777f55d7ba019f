"""Connections to PostgreSQL: SQLAlchemy's pool, psycopg's connections, and what a broken one does to the pool."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool, PoolProxiedConnection

from vault_server.errors import UnavailableError, VaultError
from vault_server.storage.postgresql.faults import ConnectionLostError, translate

_WAIT_S = 10
_RECYCLE_S = 1800
_DRIVER = "postgresql+psycopg"


def dialect() -> PGDialect_psycopg:
    return PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def pooled_engine(url: URL, *, pool_size: int) -> Engine:
    return create_engine(
        url.set(drivername=_DRIVER),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_WAIT_S,
        pool_recycle=_RECYCLE_S,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={"connect_timeout": _WAIT_S, "application_name": "strongroom"},
    )


def single_engine(url: URL) -> Engine:
    """Connections of their own, for schema work and restores."""
    return create_engine(url.set(drivername=_DRIVER), poolclass=NullPool, hide_parameters=True)


@contextmanager
def borrowed(engine: Engine) -> Iterator[psycopg.Connection]:
    """A connection of the pool; rolled back when it returns, thrown away when it broke."""
    proxied, connection = _checked_out(engine)
    while _was_cut(connection):
        proxied.invalidate()
        proxied.close()
        proxied, connection = _checked_out(engine)
    try:
        yield connection
    except ConnectionLostError:
        # The server went away: the connections that wait in the pool are as dead as this one.
        engine.dispose()
        raise
    finally:
        if connection.broken or connection.closed:
            proxied.invalidate()
        proxied.close()


def _checked_out(engine: Engine) -> tuple[PoolProxiedConnection, psycopg.Connection]:
    try:
        proxied = engine.raw_connection()
    except PoolTimeoutError:
        raise UnavailableError("all connections to the database are in use", hint="try again") from None
    except (SQLAlchemyError, psycopg.Error) as error:
        raise fault_of(error) from None
    return proxied, cast("psycopg.Connection", proxied.driver_connection)


def _was_cut(connection: psycopg.Connection) -> bool:
    """Whether an idle connection has something to say: nobody asked it anything, so the server is gone (2 microseconds)."""
    if connection.closed:
        return True
    idle = select.poll()
    idle.register(connection.fileno(), select.POLLIN)
    return bool(idle.poll(0))


def fault_of(error: Exception) -> VaultError:
    """The vault's error of a SQLAlchemy or driver error."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg.Error):
        return translate(original)
    return UnavailableError("the database cannot be used", reason="STORAGE_FAULT")
