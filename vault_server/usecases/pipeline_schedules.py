"""Schedules of pipelines as rows of the vault, so that the scheduler reads those of all tenants at once.

Whoever writes a pipeline owns its schedule: its runs are started in their name. So nobody can change what is run in the name of
somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator

from strongroom.api.v1.analysis_service_pb2 import PipelineSchedule
from vault_server.errors import InvalidArgumentError
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import names
from vault_server.usecases.backup_catalogue import VAULT
from vault_server.usecases.call import microseconds, timestamp
from vault_server.usecases.slot_times import At, Every, Timing, cron_times

MIN_INTERVAL_S = 60
MAX_INTERVAL_S = 366 * 24 * 3600
MAX_CRON_CHARS = 200


def checked(asked: PipelineSchedule, *, principal: str, now_us: int) -> PipelineSchedule:
    """The schedule to keep, without what the vault says about it.

    Raises:
        InvalidArgumentError: INVALID_SCHEDULE, INVALID_INTERVAL, INVALID_CRON.
    """
    if bool(asked.cron) == bool(asked.interval_s):
        raise InvalidArgumentError(
            "a schedule has either an interval or a cron line", reason="INVALID_SCHEDULE", metadata={"field": "schedule"}
        )
    if asked.interval_s and not MIN_INTERVAL_S <= asked.interval_s <= MAX_INTERVAL_S:
        raise InvalidArgumentError(
            f"interval_s must be between {MIN_INTERVAL_S} and {MAX_INTERVAL_S}",
            reason="INVALID_INTERVAL",
            metadata={"field": "schedule.interval_s"},
        )
    if len(asked.cron) > MAX_CRON_CHARS:
        raise InvalidArgumentError(
            f"a cron line has at most {MAX_CRON_CHARS} characters",
            reason="INVALID_CRON",
            metadata={"field": "schedule.cron"},
        )
    kept = PipelineSchedule(
        interval_s=asked.interval_s,
        cron=" ".join(asked.cron.split()),
        disabled=asked.disabled,
        principal=principal,
        set_time=timestamp(now_us),
    )
    timing_of(kept)
    return kept


def timing_of(schedule: PipelineSchedule) -> Timing:
    if schedule.cron:
        return At(cron_times(schedule.cron), microseconds(schedule.set_time))
    return Every(schedule.interval_s * 1_000_000)


def put(view: WriteView, name: str, schedule: PipelineSchedule | None) -> None:
    """Keep, or with None remove, the schedule of a pipeline."""
    if schedule is None:
        view.resources.delete(VAULT, ResourceKind.PIPELINE_SCHEDULE, name)
    else:
        payload = schedule.SerializeToString(deterministic=True)
        view.resources.put(VAULT, ResourceKind.PIPELINE_SCHEDULE, name, payload)


def stored(view: ReadView | WriteView, name: str) -> PipelineSchedule | None:
    """The schedule of a pipeline, without what became of its slots."""
    row = view.resources.get(VAULT, ResourceKind.PIPELINE_SCHEDULE, name)
    return None if row is None else PipelineSchedule.FromString(row.payload)


def all_stored(view: ReadView | WriteView) -> Iterator[tuple[str, PipelineSchedule]]:
    """Name of the pipeline and schedule, of all tenants."""
    for row in view.resources.list(VAULT, ResourceKind.PIPELINE_SCHEDULE):
        yield row.id, PipelineSchedule.FromString(row.payload)


def shown(view: ReadView | WriteView, name: str, schedule: PipelineSchedule) -> PipelineSchedule:
    """The schedule with what became of its newest slot, and when the next is due."""
    told = PipelineSchedule()
    told.CopyFrom(schedule)
    last = view.scheduling.last_slot(name)
    if last is not None:
        told.last_slot.CopyFrom(timestamp(last[0]))
        told.last_outcome, _, detail = last[1].partition(" ")
        if detail.startswith(names.tenant_name("")):
            told.last_run = detail
        else:
            told.last_reason = detail
    if not schedule.disabled:
        due_us = timing_of(schedule).next(None if last is None else last[0], view.now_us())
        if due_us is not None:
            told.next_slot.CopyFrom(timestamp(due_us))
    return told
