"""Pipelines: steps, options and purpose under a name, checked when they are declared, run by name or by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.analysis_service_pb2 import (
    CreatePipelineRequest,
    DeletePipelineRequest,
    Pipeline,
    PipelineSchedule,
    UpdatePipelineRequest,
)
from vault_server.errors import AlreadyExistsError, ConflictError, InvalidArgumentError, NotFoundError
from vault_server.ports.resources import Resource, ResourceKind
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import names, pipeline_schedules
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.declared_steps import checked_steps
from vault_server.usecases.purposes import require_usable_purpose
from vault_server.usecases.replay import replay_of
from vault_server.usecases.vault import Vault

MAX_PIPELINES = 1000
MAX_DESCRIPTION_CHARS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipelines:
    """Declares, lists and removes pipelines."""

    vault: Vault

    def create(self, call: Call, request: CreatePipelineRequest) -> Pipeline:
        """Declare a pipeline.

        Raises:
            InvalidArgumentError: what `checked_steps` and `pipeline_schedules.checked` refuse, a bad id.
            PermissionDeniedError, NotFoundError: the purpose is not the caller's to use.
            AlreadyExistsError: the id is taken.
        """
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        name = names.child_name(tenant, "pipelines", names.require_slug(request.pipeline_id, "pipeline_id"))
        return self._write(call, name, request, expected_version=0)

    def update(self, call: Call, request: UpdatePipelineRequest) -> Pipeline:
        """Replace a pipeline whole; its schedule is the caller's from now on.

        Raises:
            NotFoundError: there is none.
            ConflictError: it has another etag.
        """
        tenant, _ = names.parse_child(request.pipeline.name, "pipelines")
        call.require_tenant(tenant)
        expected = _version_of(request.pipeline.etag) if request.pipeline.etag else None
        return self._write(call, request.pipeline.name, request, expected_version=expected)

    def get(self, call: Call, name: str) -> Pipeline:
        tenant, pipeline_id = names.parse_child(name, "pipelines")
        call.require_tenant(tenant)
        with self.vault.store.read() as view:
            pipeline = _shown(view, _require(view, tenant, pipeline_id))
        call.audit([name])
        return pipeline

    def list_pipelines(self, call: Call, parent: str) -> list[Pipeline]:
        tenant = call.require_tenant(names.parse_tenant(parent))
        with self.vault.store.read() as view:
            pipelines = [_shown(view, row) for row in view.resources.list(tenant, ResourceKind.PIPELINE)]
        call.audit([parent], records=len(pipelines))
        return pipelines

    def delete(self, call: Call, request: DeletePipelineRequest) -> None:
        """Remove a pipeline and its schedule."""
        tenant, pipeline_id = names.parse_child(request.name, "pipelines")
        call.require_tenant(tenant)
        replay = replay_of(self.vault, call, request.request_id, request.SerializeToString(deterministic=True))
        call.audit([request.name])

        def work(view: WriteView) -> None:
            if replay.done is None and not view.resources.delete(tenant, ResourceKind.PIPELINE, pipeline_id):
                raise _missing()
            pipeline_schedules.put(view, request.name, None)
            if replay.done is None:
                replay.record(view, request.name, view.now_us())

        self.vault.store.write(work)

    def _write(
        self, call: Call, name: str, request: CreatePipelineRequest | UpdatePipelineRequest, *, expected_version: int | None
    ) -> Pipeline:
        now_us = self.vault.runtime.now_us()
        pipeline, schedule = self._checked(call, request.pipeline, name, now_us)
        replay = replay_of(self.vault, call, request.request_id, request.SerializeToString(deterministic=True))
        if replay.done:
            return self.get(call, replay.done)
        call.audit([name], purpose=pipeline.purpose)
        tenant, pipeline_id = names.parse_child(name, "pipelines")

        def work(view: WriteView) -> Pipeline:
            _prepare(view, tenant, pipeline_id, pipeline, new=expected_version == 0)
            payload = pipeline.SerializeToString(deterministic=True)
            row = view.resources.put(tenant, ResourceKind.PIPELINE, pipeline_id, payload, expected_version=expected_version)
            pipeline_schedules.put(view, name, schedule)
            replay.record(view, name, now_us)
            return _shown(view, row)

        if not request.validate_only:
            return self.vault.store.write(work)
        with self.vault.store.read() as view:
            _prepare(view, tenant, pipeline_id, pipeline, new=expected_version == 0)
        if schedule is not None:
            pipeline.schedule.CopyFrom(schedule)
        return pipeline

    def _checked(self, call: Call, asked: Pipeline, name: str, now_us: int) -> tuple[Pipeline, PipelineSchedule | None]:
        """What to keep: the pipeline without its schedule, and that."""
        if len(asked.description) > MAX_DESCRIPTION_CHARS:
            raise InvalidArgumentError(
                f"a description has at most {MAX_DESCRIPTION_CHARS} characters",
                reason="INVALID_DESCRIPTION",
                metadata={"field": "description"},
            )
        purpose = require_usable_purpose(self.vault, call, asked.purpose)
        pipeline = Pipeline(
            name=name,
            description=asked.description,
            purpose=purpose.name,
            steps=checked_steps(asked.steps),
            seed=asked.seed,
            create_time=timestamp(now_us),
            update_time=timestamp(now_us),
        )
        if not asked.HasField("schedule"):
            return pipeline, None
        owner = names.child_name(call.identity.tenant, "principals", call.identity.principal)
        return pipeline, pipeline_schedules.checked(asked.schedule, principal=owner, now_us=now_us)


def stored_pipeline(view: ReadView | WriteView, name: str) -> Pipeline:
    """A pipeline without its schedule.

    Raises:
        NotFoundError: there is none.
    """
    return Pipeline.FromString(_require(view, *names.parse_child(name, "pipelines")).payload)


def _require(view: ReadView | WriteView, tenant: str, pipeline_id: str) -> Resource:
    row = view.resources.get(tenant, ResourceKind.PIPELINE, pipeline_id)
    if row is None:
        raise _missing()
    return row


def _missing() -> NotFoundError:
    return NotFoundError("there is no such pipeline", hint="`strongroom pipelines list` shows them")


def _prepare(view: ReadView | WriteView, tenant: str, pipeline_id: str, pipeline: Pipeline, *, new: bool) -> None:
    """What a pipeline has from the one that it replaces, if it may take the place.

    Raises:
        AlreadyExistsError: a new one finds another of its name.
        NotFoundError: one that should be replaced is not there.
        InvalidArgumentError: there are too many.
    """
    if not new:
        known = Pipeline.FromString(_require(view, tenant, pipeline_id).payload)
        pipeline.create_time.CopyFrom(known.create_time)
    elif view.resources.get(tenant, ResourceKind.PIPELINE, pipeline_id) is not None:
        raise AlreadyExistsError("there is a pipeline of this name", hint="`strongroom pipelines create --replace` replaces it")
    elif len(view.resources.list(tenant, ResourceKind.PIPELINE)) >= MAX_PIPELINES:
        raise InvalidArgumentError(f"a tenant has at most {MAX_PIPELINES} pipelines", reason="TOO_MANY_PIPELINES")


def _shown(view: ReadView | WriteView, row: Resource) -> Pipeline:
    pipeline = Pipeline.FromString(row.payload)
    pipeline.etag = str(row.version)
    schedule = pipeline_schedules.stored(view, pipeline.name)
    if schedule is not None:
        pipeline.schedule.CopyFrom(pipeline_schedules.shown(view, pipeline.name, schedule))
    return pipeline


def _version_of(etag: str) -> int:
    if not (etag.isascii() and etag.isdigit() and 0 < int(etag[:19]) < 1 << 62):
        raise ConflictError("the pipeline was changed meanwhile", reason="ETAG_MISMATCH", hint="read it again and repeat")
    return int(etag[:19])
