"""Opening a PostgreSQL store: a pool, and a look at the schema."""

from __future__ import annotations

from sqlalchemy import URL

from vault_server.storage.postgresql.connecting import pooled_engine
from vault_server.storage.postgresql.schema import faults_translated, present_version
from vault_server.storage.postgresql.store import PostgresqlStore
from vault_server.storage.schema_version import require_head


def open_postgresql(url: URL, *, pool_size: int) -> PostgresqlStore:
    engine = pooled_engine(url, pool_size=pool_size)
    try:
        with faults_translated():
            require_head(present_version(engine))
    except BaseException:
        engine.dispose()
        raise
    return PostgresqlStore(engine)
