"""Leases on the database's clock and schedule slots: `ports.scheduling` on a session."""

from __future__ import annotations

from typing import cast

from sqlalchemy import bindparam, case, or_, select, update

from vault_server.errors import NotFoundError
from vault_server.ports.scheduling import LeaseRow
from vault_server.storage.session import Session
from vault_server.storage.statements import insert_into, insert_new
from vault_server.storage.tables import leases, schedule_slots

_RUNNING = "RUNNING"
_TAKE = insert_into(leases)
_ACQUIRE = _TAKE.on_conflict_do_update(
    index_elements=["name"],
    set_={
        "fence": case((leases.c.holder == _TAKE.excluded.holder, leases.c.fence), else_=leases.c.fence + 1),
        "holder": _TAKE.excluded.holder,
        "expires_us": _TAKE.excluded.expires_us,
    },
    where=or_(leases.c.holder == _TAKE.excluded.holder, leases.c.expires_us <= bindparam("now_us")),
)
_LEASE = select(leases.c.name, leases.c.holder, leases.c.fence, leases.c.expires_us).where(leases.c.name == bindparam("name"))
# The row stays, because its fence must never begin again.
_RELEASE = (
    update(leases)
    .where(leases.c.name == bindparam("of_name"), leases.c.holder == bindparam("of_holder"))
    .values(holder="", expires_us=0)
)
_INSERT_SLOT = insert_new(schedule_slots)
_FINISH_SLOT = (
    update(schedule_slots)
    .where(schedule_slots.c.schedule == bindparam("of_schedule"), schedule_slots.c.slot_us == bindparam("of_slot"))
    .values(outcome=bindparam("new_outcome"))
)
_LAST_SLOT = (
    select(schedule_slots.c.slot_us, schedule_slots.c.outcome)
    .where(schedule_slots.c.schedule == bindparam("schedule"))
    .order_by(schedule_slots.c.slot_us.desc())
    .limit(1)
)


class SqlScheduling:
    """`ports.scheduling.SchedulingRepository` on a session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def acquire(self, name: str, holder: str, ttl_s: float) -> LeaseRow | None:
        now_us = self._session.now_us()
        expires_us = now_us + int(ttl_s * 1_000_000)
        if not self._session.run(_ACQUIRE, name=name, holder=holder, fence=1, expires_us=expires_us, now_us=now_us):
            return None
        return LeaseRow._make(self._session.rows(_LEASE, name=name)[0])

    def release(self, name: str, holder: str) -> None:
        self._session.run(_RELEASE, of_name=name, of_holder=holder)

    def insert_slot(self, schedule: str, slot_us: int, fence: int) -> bool:
        return self._session.run(_INSERT_SLOT, schedule=schedule, slot_us=slot_us, fence=fence, outcome=_RUNNING) == 1

    def finish_slot(self, schedule: str, slot_us: int, outcome: str) -> None:
        if not self._session.run(_FINISH_SLOT, of_schedule=schedule, of_slot=slot_us, new_outcome=outcome):
            raise NotFoundError("there is no such schedule slot")

    def last_slot(self, schedule: str) -> tuple[int, str] | None:
        rows = self._session.rows(_LAST_SLOT, schedule=schedule)
        return cast("tuple[int, str]", rows[0]) if rows else None
