"""Bringing a database to the schema of this program.

The order of every migration: a cheap look at the version; the engine's session lock; the look again (another process may have
been faster); refuse a schema that is newer than the program; call `before_change` (a backup) when there is data; migrate in one
transaction. Ten processes started at once: one migrates, the others wait and find nothing to do.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, select

from vault_server.errors import ConfigurationError
from vault_server.storage.schema_version import HEAD
from vault_server.storage.tables import change_epoch, vault

if TYPE_CHECKING:
    from alembic.config import Config

BeforeChange = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationReport:
    """What a migration did.

    Attributes:
        before: the version that was found, "" for an empty database.
        after: the version now.
    """

    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def version_on(connection: Connection) -> str:
    """The schema version of a database, "" if it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").fetchone()
    return "" if row is None else str(row[0])


def migrate_locked(connection: Connection, before_change: BeforeChange | None) -> MigrationReport:
    """Migrates on a connection whose engine lock is held; leaves the commit to the caller."""
    before = version_on(connection)
    if before == HEAD:
        return MigrationReport(before=before, after=HEAD)
    require_known(before)
    if before and before_change is not None:
        before_change(before)
    upgrade_schema(connection)
    return MigrationReport(before=before, after=HEAD)


def upgrade_schema(connection: Connection) -> None:
    from alembic import command  # late: a database that is up to date needs none of it, and it takes 0.15 s to load

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


def require_known(version: str) -> None:
    """Raises ConfigurationError if a newer program has migrated this database."""
    if not version:
        return
    from alembic.script import ScriptDirectory  # late, as above

    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if version not in known:
        raise ConfigurationError(
            f"the database has schema {version}, which is newer than this program knows ({HEAD})",
            hint="start the newer program",
        )


def put_identity(connection: Connection) -> None:
    """A new vault's id and change epoch, unless they are there."""
    if connection.execute(select(vault.c.id)).first() is None:
        connection.execute(vault.insert().values(id=1, vault_id=secrets.token_hex(16), created_us=time.time_ns() // 1000))
    if connection.execute(select(change_epoch.c.id)).first() is None:
        put_epoch(connection)


def put_epoch(connection: Connection) -> None:
    """A new epoch: change positions from before mean nothing in it."""
    connection.execute(change_epoch.insert().values(id=1, epoch=secrets.token_hex(16), counter=1))


def _config() -> Config:
    from alembic.config import Config  # late, as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
