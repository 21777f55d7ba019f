"""Tests of the whole API over real gRPC, on both engines."""

from helpers.postgres import postgres_server
from helpers.running_vault import acme, other, sqlite_vault, vault, vault_template

__all__ = ["acme", "other", "postgres_server", "sqlite_vault", "vault", "vault_template"]
