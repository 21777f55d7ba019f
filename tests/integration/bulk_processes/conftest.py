"""A vault of its own with a bulk process, on both engines."""

from helpers.postgres import postgres_server
from helpers.running_vault import vault, vault_template

__all__ = ["postgres_server", "vault", "vault_template"]
