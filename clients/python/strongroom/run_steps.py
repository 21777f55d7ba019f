"""Steps of a run as messages, the states in which a run has ended, and counts of comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from google.protobuf.struct_pb2 import Struct

from strongroom.api.v1.analysis_service_pb2 import (
    RUN_STATE_CANCELLED,
    RUN_STATE_FAILED,
    RUN_STATE_SUCCEEDED,
    PartCounts,
    RunStep,
)
from strongroom.errors import InvalidArgumentError

ENDED = frozenset({RUN_STATE_SUCCEEDED, RUN_STATE_FAILED, RUN_STATE_CANCELLED})
StepOption = str | float | bool | date | None | Sequence[str]
StepOptions = Mapping[str, StepOption]


def run_steps(names: Sequence[str], options: Mapping[str, StepOptions]) -> list[RunStep]:
    """Return one message for each name.

    Raises:
        InvalidArgumentError: options for a step that is not run.
    """
    if unknown := set(options) - set(names):
        raise InvalidArgumentError(
            f"Options are given for steps that are not run: {', '.join(sorted(unknown))}.", reason="UNKNOWN_STEP"
        )
    return [RunStep(step=name, options=_struct(options.get(name, {}))) for name in names]


def add_counts(total: PartCounts, more: PartCounts) -> None:
    """Add the counts of one page of a comparison to those of the pages before."""
    total.added += more.added
    total.removed += more.removed
    total.changed += more.changed
    total.same += more.same


def _struct(options: Mapping[str, StepOption]) -> Struct | None:
    if not options:
        return None
    struct = Struct()
    struct.update({key: _plain(value) for key, value in options.items()})
    return struct


def _plain(value: StepOption) -> str | float | bool | list[str] | None:
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) or value is None else list(value)
