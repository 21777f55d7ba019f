"""Pipelines: steps, options and purpose under a name, run by name or by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from strongroom._sync.calls import Calls
from strongroom.api.v1 import analysis_service_pb2 as api
from strongroom.names import resource_name, tenant_name
from strongroom.run_steps import StepOptions, run_steps


class Pipelines:
    """The pipelines of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def create(
        self,
        name: str,
        steps: Sequence[str],
        *,
        purpose: str = "analysis",
        options: Mapping[str, StepOptions] | None = None,
        seed: int = 0,
        description: str = "",
        schedule: api.PipelineSchedule | None = None,
        request_id: str = "",
        validate_only: bool = False,
    ) -> api.Pipeline:
        """Declare a pipeline.

        Args:
            name: its id, such as `nightly-cleaning`.
            steps: names of steps, in order.
            purpose: why; decides what the worker may see.
            options: options of a step by its name; none are needed.
            seed: seed of everything random; 0 means 1.
            description: what it is for, in words.
            schedule: when it is run by itself, in the caller's name; None if it is not.
            request_id: makes a repeat harmless; made by the SDK if not given.
            validate_only: check everything, declare nothing.

        Raises:
            InvalidArgumentError: an unknown step, option or time; the message says where.
            AlreadyExistsError: the name is taken.
        """
        pipeline = self._pipeline(steps, purpose, options, seed, description)
        if schedule is not None:
            pipeline.schedule.CopyFrom(schedule)
        request = api.CreatePipelineRequest(
            parent=tenant_name(self._tenant),
            pipeline_id=name,
            pipeline=pipeline,
            request_id=request_id,
            validate_only=validate_only,
        )
        return (self._calls.unary(request, api.CreatePipelineResponse)).pipeline

    def update(self, pipeline: api.Pipeline, *, request_id: str = "", validate_only: bool = False) -> api.Pipeline:
        """Replace a pipeline whole by the one given; its schedule is the caller's from then on.

        Raises:
            ConflictError: it was changed since it was read.
        """
        request = api.UpdatePipelineRequest(pipeline=pipeline, request_id=request_id, validate_only=validate_only)
        return (self._calls.unary(request, api.UpdatePipelineResponse)).pipeline

    def get(self, name: str) -> api.Pipeline:
        request = api.GetPipelineRequest(name=self._name(name))
        return (self._calls.unary(request, api.GetPipelineResponse)).pipeline

    def list(self) -> Sequence[api.Pipeline]:
        """Return all of them, by name."""
        request = api.ListPipelinesRequest(parent=tenant_name(self._tenant))
        return (self._calls.unary(request, api.ListPipelinesResponse)).pipelines

    def delete(self, name: str, *, request_id: str = "") -> None:
        """Remove a pipeline and its schedule; runs that were started from it stay."""
        request = api.DeletePipelineRequest(name=self._name(name), request_id=request_id)
        self._calls.unary(request, api.DeletePipelineResponse)

    def _pipeline(
        self,
        steps: Sequence[str],
        purpose: str,
        options: Mapping[str, StepOptions] | None,
        seed: int,
        description: str,
    ) -> api.Pipeline:
        return api.Pipeline(
            purpose=resource_name(self._tenant, "purposes", purpose),
            steps=run_steps(steps, options or {}),
            seed=seed,
            description=description,
        )

    def _name(self, given: str) -> str:
        return resource_name(self._tenant, "pipelines", given)
