"""What a store says about itself."""

from __future__ import annotations

from typing import cast

from sqlalchemy import select

from vault_server.storage.schema_version import schema_version_of
from vault_server.storage.session import Session
from vault_server.storage.tables import vault

_VAULT_ID = select(vault.c.vault_id)


def vault_id_of(session: Session) -> str:
    rows = session.rows(_VAULT_ID)
    return cast("str", rows[0][0]) if rows else ""


def described(session: Session, *, engine_version: str) -> dict[str, str]:
    return {
        "engine": session.engine,
        "engine_version": engine_version,
        "schema_version": schema_version_of(session),
        "vault_id": vault_id_of(session),
    }
