"""Every table of the vault, declared.

Who needs the schema as a whole (migrations, restores, checks) takes it from here: the metadata of `storage.columns` knows only
what was imported.
"""

from __future__ import annotations

from vault_server.storage import columns, review_tables, run_tables, tables

ROOMS = (tables, run_tables, review_tables)
metadata = columns.metadata
