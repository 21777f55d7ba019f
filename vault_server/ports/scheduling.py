"""Leases on the database's clock and durable schedule slots."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class LeaseRow(NamedTuple):
    """A named lease on the database's clock."""

    name: str
    holder: str
    fence: int
    expires_us: int


class SchedulingRepository(Protocol):
    """Leases and schedule slots. `acquire` reads the database's own clock."""

    def acquire(self, name: str, holder: str, ttl_s: float) -> LeaseRow | None:
        """Takes, keeps or takes over an expired lease; None when another holds it. A change of holder raises the fence."""
        ...

    def release(self, name: str, holder: str) -> None: ...

    def insert_slot(self, schedule: str, slot_us: int, fence: int) -> bool:
        """False when the slot was taken before: then its work must not be done again."""
        ...

    def finish_slot(self, schedule: str, slot_us: int, outcome: str) -> None: ...

    def last_slot(self, schedule: str) -> tuple[int, str] | None:
        """(slot, outcome or "RUNNING")."""
        ...
