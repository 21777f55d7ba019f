"""Tests of what surrounds every call: who, may they, limits, errors, logs."""

from helpers.postgres import postgres_server
from helpers.running_vault import acme, other, sqlite_vault, vault, vault_template

__all__ = ["acme", "other", "postgres_server", "sqlite_vault", "vault", "vault_template"]
