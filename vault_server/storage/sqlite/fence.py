"""The fence of a SQLite store, kept in memory.

One process owns the file and one connection writes it, so its owner knows when a fence may have moved: it counts the commits
that changed a tenant's row. Between two counts the number read last is the number stored. An erasure is acknowledged after
the count, so whoever was told of it is never answered with a key from before.
"""

from __future__ import annotations

from collections.abc import Callable

from vault_server.ports.keks import KeyFence

_TENANTS_KEPT = 10_000


class CountedFence:
    """`ports.keks.KeyFence` that asks `stored` only after a change.

    Args:
        changes: how many commits changed a tenant's row so far.
    """

    def __init__(self, stored: KeyFence, changes: Callable[[], int]) -> None:
        self._stored = stored
        self._changes = changes
        self._known: dict[str, tuple[int, int]] = {}

    def number(self, tenant: str) -> int:
        changes = self._changes()  # before the read: what changes meanwhile is read again
        known = self._known.get(tenant)
        if known is not None and known[0] == changes:
            return known[1]
        number = self._stored.number(tenant)
        if len(self._known) >= _TENANTS_KEPT:
            self._known.clear()
        self._known[tenant] = (changes, number)
        return number
