"""What alembic runs: the migrations on the connection that `storage.migrating` hands over, in one transaction."""

from __future__ import annotations

from alembic import context

from vault_server.storage.whole_schema import metadata


def _run() -> None:
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


_run()
