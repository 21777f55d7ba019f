"""`python -m vault_server.bulk_processes DESCRIPTOR`: started by the vault's process, never by hand."""

from __future__ import annotations

import sys

from vault_server.bulk_processes.child import run

raise SystemExit(run(int(sys.argv[1])))
