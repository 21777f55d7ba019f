"""Which schema this program works with, and which one a database has."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Text, column, select, table

from vault_server.errors import ConfigurationError
from vault_server.storage.session import Session

HEAD = "0004"

_VERSION = select(column("version_num", Text())).select_from(table("alembic_version"))


def schema_version_of(session: Session) -> str:
    rows = session.rows(_VERSION)
    return cast("str", rows[0][0]) if rows else ""


def require_head(version: str) -> None:
    """Raises ConfigurationError unless the database has exactly the schema of this program."""
    if version != HEAD:
        raise ConfigurationError(
            f"the database has schema {version or 'none'}, this program needs {HEAD}", hint="run `strongroom-server migrate`"
        )
