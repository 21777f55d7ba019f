"""Tests of the server as a process."""

from helpers.running_vault import vault_template

__all__ = ["vault_template"]
