"""Unwrapped KEKs of one tenant, as the cache holds them for at most a minute.

`TenantKeys` is a snapshot of the tenant's KEK rows; a key is unwrapped (milliseconds) when it is first asked for. A budget
counts what a key may still encrypt before more is reserved in the store; it outlives the snapshot, so that a cache that
expires every minute does not reserve every minute.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault_server.crypto import refusals
from vault_server.ports.keks import KekState, KeyUse, WrappedKek

Unwrap = Callable[[WrappedKek], bytes]


class WrapBudget:
    """How many encryptions are still reserved for one key in this process. May go below zero within one batch."""

    def __init__(self) -> None:
        self.remaining = 0
        self._lock = threading.Lock()

    def change(self, by: int) -> None:
        with self._lock:
            self.remaining += by


class EpochKey:
    """One unwrapped KEK. `aead` for what it wraps, `secret` for the index use."""

    __slots__ = ("_budget", "aead", "epoch", "kek_id", "secret")

    def __init__(self, *, kek_id: bytes, epoch: int, secret: bytes, budget: WrapBudget) -> None:
        self.kek_id = kek_id
        self.epoch = epoch
        self.secret = secret
        self.aead = AESGCM(secret)
        self._budget = budget

    def spend(self, encryptions: int) -> None:
        """Count encryptions. Never blocks on the store: what goes over is settled when the next batch is opened."""
        self._budget.change(-encryptions)

    def __repr__(self) -> str:
        return f"EpochKey(epoch {self.epoch}, ****)"


class TenantKeys:
    """All epochs of all uses of one tenant, read at one moment. Safe for several threads."""

    def __init__(self, *, fence: int, loaded_at_s: float, unwrap: Unwrap, budget: Callable[[bytes], WrapBudget]) -> None:
        self.fence = fence
        self.loaded_at_s = loaded_at_s
        self.lock = threading.RLock()
        self._unwrap = unwrap
        self._budget = budget
        self._rows: dict[KeyUse, tuple[WrappedKek, ...]] = {}
        self._plain: dict[tuple[KeyUse, int], EpochKey] = {}

    def rows(self, use: KeyUse) -> tuple[WrappedKek, ...] | None:
        """The rows of one use, oldest first; None when they have not been read yet."""
        return self._rows.get(use)

    def put_rows(self, use: KeyUse, rows: Sequence[WrappedKek]) -> None:
        self._rows[use] = tuple(sorted(rows, key=lambda row: row.epoch))

    def held(self, use: KeyUse) -> list[EpochKey]:
        """The keys of one use that are unwrapped already, oldest first."""
        return [key for (of, _), key in sorted(self._plain.items()) if of is use]

    def newest_active(self, use: KeyUse) -> WrappedKek | None:
        active = [row for row in self._rows.get(use, ()) if row.state is KekState.ACTIVE]
        return active[-1] if active else None

    def key(self, use: KeyUse, epoch: int) -> EpochKey:
        """One unwrapped key.

        Raises:
            KeyUnavailableError: no such epoch here, destroyed, or it does not unwrap.
        """
        found = self._plain.get((use, epoch))
        if found is not None:
            return found
        with self.lock:
            for row in self._rows.get(use, ()):
                if row.epoch == epoch and row.state is not KekState.DESTROYED:
                    key = EpochKey(kek_id=row.id, epoch=epoch, secret=self._unwrap(row), budget=self._budget(row.id))
                    return self._plain.setdefault((use, epoch), key)
        raise refusals.key_unavailable()
