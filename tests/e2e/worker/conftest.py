"""A vault for workers that are processes of their own."""

from helpers.running_vault import vault_template

__all__ = ["vault_template"]
