"""Reads chains out of the audit tables page by page, so that a log of any length is verified in little memory."""

from __future__ import annotations

from collections.abc import Iterator

from vault_server.ports.audit import AuditRepository, AuditRow

_PAGE_ROWS = 1000


def read_chain(audit: AuditRepository, writer: str) -> Iterator[AuditRow]:
    """Every event of a chain in the order of their numbers."""
    after = 0
    while page := audit.events(writer, after=after, limit=_PAGE_ROWS):
        yield from page
        after = max(row.sequence for row in page)
