"""Processes of the vault's own that make pages of bulk reads beside it (docs/adr/0014)."""
