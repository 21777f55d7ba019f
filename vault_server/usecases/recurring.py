"""All recurring work in one list: the vault's schedules, the pipelines of its tenants, and what the vault does by itself.

Rule: a schedule that cannot be understood (an older program's, a damaged one) is left out; it must not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vault_server.errors import VaultError
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import pipeline_schedules, schedules
from vault_server.usecases.slot_times import Every, Timing

PIPELINE_JOB = "pipeline"
RETENTION_JOB = "retention"
_DAY_US = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """One piece of recurring work.

    Attributes:
        name: its slots are kept under it.
        job: what is done.
        repeatable: doing a slot twice does it once, so one whose process died is begun again.
    """

    name: str
    job: str
    timing: Timing
    disabled: bool
    repeatable: bool


RESULT_RETENTION = Recurring(
    name="results/retention", job=RETENTION_JOB, timing=Every(_DAY_US), disabled=False, repeatable=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One slot of one piece of work, begun.

    Attributes:
        active: whether to go on.
    """

    name: str
    slot_us: int
    active: Callable[[], bool]


def recurring_work(view: ReadView | WriteView) -> list[Recurring]:
    """Everything, the vault's own first."""
    return [*_of_vault(view), *_of_tenants(view), RESULT_RETENTION]


def _of_vault(view: ReadView | WriteView) -> Iterator[Recurring]:
    for one in schedules.stored(view):
        yield Recurring(
            name=one.name,
            job=one.job,
            timing=Every(one.interval_s * 1_000_000),
            disabled=one.disabled,
            repeatable=False,
        )


def _of_tenants(view: ReadView | WriteView) -> Iterator[Recurring]:
    for name, schedule in pipeline_schedules.all_stored(view):
        try:
            timing = pipeline_schedules.timing_of(schedule)
        except VaultError:
            continue
        yield Recurring(name=name, job=PIPELINE_JOB, timing=timing, disabled=schedule.disabled, repeatable=True)
