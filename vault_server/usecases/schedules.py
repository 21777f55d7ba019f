"""Schedules: recurring work as plain rows, read by whoever holds the scheduler's lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.api.v1.system_service_pb2 import PutScheduleRequest, Schedule
from vault_server.errors import InvalidArgumentError
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import names
from vault_server.usecases.backup_catalogue import VAULT
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.schedule_slots import next_slot
from vault_server.usecases.vault import Vault

MIN_INTERVAL_S = 10
MAX_INTERVAL_S = 366 * 24 * 3600
JOBS = ("backup",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """Lists and puts schedules."""

    vault: Vault
    jobs: Sequence[str] = JOBS

    def list(self, call: Call) -> list[Schedule]:
        call.require_home()
        with self.vault.store.read() as view:
            schedules = [_with_slots(view, schedule) for schedule in stored(view)]
        call.audit(["schedules"], records=len(schedules))
        return schedules

    def put(self, call: Call, request: PutScheduleRequest) -> Schedule:
        """Create a schedule or replace it whole; the slots it had stay.

        Raises:
            InvalidArgumentError: no such job, or an interval out of bounds.
        """
        call.require_home()
        asked = request.schedule
        schedule_id = names.require_slug(names.parse_root(asked.name, "schedules"), "schedule")
        self._check(asked)
        kept = Schedule(name=asked.name, job=asked.job, interval_s=asked.interval_s, disabled=asked.disabled)
        call.audit([kept.name])

        def work(view: WriteView) -> Schedule:
            view.resources.put(VAULT, ResourceKind.SCHEDULE, schedule_id, kept.SerializeToString(deterministic=True))
            return _with_slots(view, kept)

        return self.vault.store.write(work)

    def _check(self, schedule: Schedule) -> None:
        if schedule.job not in self.jobs:
            raise InvalidArgumentError(
                "there is no such job",
                reason="UNKNOWN_JOB",
                hint=f"Jobs are: {', '.join(self.jobs)}.",
                metadata={"field": "job"},
            )
        if not MIN_INTERVAL_S <= schedule.interval_s <= MAX_INTERVAL_S:
            raise InvalidArgumentError(
                f"interval_s must be between {MIN_INTERVAL_S} and {MAX_INTERVAL_S}",
                reason="INVALID_INTERVAL",
                metadata={"field": "interval_s"},
            )


def stored(view: ReadView | WriteView) -> list[Schedule]:
    """All schedules as they were put, by name."""
    return [Schedule.FromString(row.payload) for row in view.resources.list(VAULT, ResourceKind.SCHEDULE)]


def _with_slots(view: ReadView | WriteView, schedule: Schedule) -> Schedule:
    shown = Schedule()
    shown.CopyFrom(schedule)
    last = view.scheduling.last_slot(schedule.name)
    if last is not None:
        shown.last_slot.CopyFrom(timestamp(last[0]))
        shown.last_outcome = last[1].partition(" ")[0]
    if not schedule.disabled:
        due_us = next_slot(None if last is None else last[0], schedule.interval_s * 1_000_000, view.now_us())
        shown.next_slot.CopyFrom(timestamp(due_us))
    return shown
