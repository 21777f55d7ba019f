"""What a run is to do: its steps in order, and the fields to read for all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.json_format import MessageToDict

from analysis_worker.pipeline.customers import CORRECTIONS
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.step_adapter import StepAdapter
from strongroom.api.v1.analysis_service_pb2 import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step and its options as given."""

    adapter: StepAdapter
    options: Mapping[str, object]

    @property
    def name(self) -> str:
        return self.adapter.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run, understood.

    Attributes:
        run: resource name.
        purpose: resource name.
        pipeline: id of the declared pipeline that the run was started from, "" without one.
        steps: in order.
        seed: of everything random.
        as_of: the moment that the run counts back from.
        customer_fields, transaction_fields: what is read for all steps together, sorted; corrections that stand always.
    """

    run: str
    purpose: str
    steps: tuple[PlannedStep, ...]
    seed: int
    as_of: datetime
    customer_fields: tuple[str, ...]
    transaction_fields: tuple[str, ...]
    pipeline: str = ""


def plan_run(run: Run, known: Mapping[str, StepAdapter]) -> Plan:
    """Understand a run.

    Raises:
        RunFailureError: UNKNOWN_STEP, or the run does not say for which moment it counts.
    """
    unknown = sorted({step.step for step in run.steps} - set(known))
    if unknown or not run.steps:
        raise RunFailureError("UNKNOWN_STEP", f"this worker can do {', '.join(known)}")
    if not run.HasField("as_of"):
        raise RunFailureError("NO_AS_OF", "the run does not say for which moment it counts")
    steps = tuple(PlannedStep(adapter=known[step.step], options=MessageToDict(step.options)) for step in run.steps)
    return Plan(
        run=run.name,
        purpose=run.purpose,
        pipeline=run.pipeline.rpartition("/")[2],
        steps=steps,
        seed=run.seed,
        as_of=run.as_of.ToDatetime(tzinfo=UTC),
        customer_fields=tuple(sorted(frozenset({CORRECTIONS}).union(*(step.adapter.customer_fields for step in steps)))),
        transaction_fields=tuple(sorted(frozenset[str]().union(*(step.adapter.transaction_fields for step in steps)))),
    )
