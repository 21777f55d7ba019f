"""The bulk processes of a vault under test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from helpers.running_vault import Tenant
from vault_server.bulk_processes.processes import BulkProcesses


def helpers_of(tenant: Tenant) -> BulkProcesses:
    helpers = tenant.vault.running.helpers
    assert isinstance(helpers, BulkProcesses)
    return helpers


def ready(tenant: Tenant) -> BulkProcesses:
    """The processes of the vault, one of them started and idle."""
    helpers = helpers_of(tenant)
    helpers.prepare()
    for thread in threading.enumerate():
        if thread.name == "bulk-process-start":
            thread.join(60)
    assert helpers.pids()
    return helpers


@contextmanager
def without_helper(tenant: Tenant) -> Iterator[None]:
    """Somebody else has the only process."""
    with ready(tenant).borrow("nobody", b"", b"", b"") as held:
        assert held is not None
        yield
