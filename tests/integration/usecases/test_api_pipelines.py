"""Pipelines over real gRPC on both engines: checked when declared, run by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.running_vault import Tenant
from strongroom import (
    AlreadyExistsError,
    ConflictError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
)
from strongroom.api.v1 import analysis_service_pb2 as api

STEPS = ["correct", "match", "segment"]


def declare(tenant: Tenant, name: str = "nightly", **more: object) -> api.Pipeline:
    return tenant.analyst.pipelines.create(name, STEPS, options={"segment": {"max_segments": 4}}, seed=7, **more)  # type: ignore[arg-type]  # keyword arguments of create


def every(interval_s: int = 3600, **more: object) -> api.PipelineSchedule:
    return api.PipelineSchedule(interval_s=interval_s, **more)  # type: ignore[arg-type]  # fields of the message


def test_run_of_a_pipeline_is_what_was_declared_and_remembers_it(acme: Tenant) -> None:
    pipeline = declare(acme)
    run = acme.analyst.analysis.start(pipeline="nightly")
    assert (run.pipeline, run.purpose, run.seed) == (pipeline.name, pipeline.purpose, 7)
    assert list(run.steps) == list(pipeline.steps)
    assert acme.analyst.analysis.start(pipeline=pipeline.name, seed=9).seed == 9
    acme.analyst.pipelines.delete("nightly")
    assert acme.analyst.analysis.get(run.name).pipeline == pipeline.name
    with pytest.raises(NotFoundError):
        acme.analyst.analysis.start(pipeline="nightly")


def test_pipelines_are_created_read_replaced_and_removed(acme: Tenant) -> None:
    made = declare(acme, description="cleaning", request_id="p1")
    assert declare(acme, description="cleaning", request_id="p1") == made
    with pytest.raises(AlreadyExistsError):
        declare(acme)
    assert acme.analyst.pipelines.get("nightly") == made
    declare(acme, "a-first")
    assert [one.name for one in acme.auditor.pipelines.list()] == [f"{acme.name}/pipelines/a-first", made.name]
    wanted = api.Pipeline()
    wanted.CopyFrom(made)
    wanted.steps[2].options["max_segments"] = 5
    changed = acme.analyst.pipelines.update(wanted)
    assert changed.steps[2].options["max_segments"] == 5
    assert (changed.create_time, changed.etag != made.etag) == (made.create_time, True)
    with pytest.raises(ConflictError):
        acme.analyst.pipelines.update(wanted)
    acme.analyst.pipelines.delete("nightly", request_id="d1")
    acme.analyst.pipelines.delete("nightly", request_id="d1")
    for refusal in (lambda: acme.analyst.pipelines.delete("nightly"), lambda: acme.analyst.pipelines.update(wanted)):
        with pytest.raises(NotFoundError):
            refusal()


@pytest.mark.parametrize(
    ("steps", "options", "reason", "place"),
    [
        (["match"], {"match": {"foo": 1}}, "INVALID_OPTIONS", "match.foo"),
        (["match", "segment"], {"segment": {"max_segments": "many"}}, "INVALID_OPTIONS", "segment.max_segments"),
        (["segment"], {"segment": {"max_segments": 2.5}}, "INVALID_OPTIONS", "segment.max_segments"),
        (["segment"], {"segment": {"seed": 2}}, "INVALID_OPTIONS", "segment.seed"),
        (["match"], {"match": {"accept_probability": float("nan")}}, "INVALID_OPTIONS", "match"),
        (["match"], {"match": {"accept_probability": float("-inf")}}, "INVALID_OPTIONS", "match"),
        (["dance"], {}, "UNKNOWN_STEP", "steps"),
    ],
)
def test_mistake_is_told_when_it_is_made(
    acme: Tenant, steps: list[str], options: dict[str, dict[str, object]], reason: str, place: str
) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: acme.analyst.analysis.start(steps, options=options),  # type: ignore[arg-type]  # options are JSON values
        lambda: acme.analyst.pipelines.create("nightly", steps, options=options),  # type: ignore[arg-type]  # the same
        lambda: acme.analyst.pipelines.create("nightly", steps, options=options, validate_only=True),  # type: ignore[arg-type]  # the same
    )
    for call in calls:
        with pytest.raises(InvalidArgumentError) as refused:
            call()
        assert (refused.value.reason, refused.value.metadata["field"]) == (reason, place)
    assert not list(acme.analyst.analysis.list())


def test_pipeline_needs_a_purpose_that_its_maker_may_use(acme: Tenant, other: Tenant) -> None:
    with pytest.raises(NotFoundError):
        acme.analyst.pipelines.create("nightly", STEPS, purpose="nothing")
    with pytest.raises(PermissionDeniedError):
        acme.admin.pipelines.create("nightly", STEPS)
    for client in (acme.service, acme.worker, acme.operator, acme.auditor):
        with pytest.raises(PermissionDeniedError):
            client.pipelines.create("nightly", STEPS)
    pipeline = declare(acme)
    for refusal in (
        lambda: other.analyst.pipelines.get(pipeline.name),
        lambda: other.analyst.analysis.start(pipeline=pipeline.name),
        lambda: other.analyst.pipelines.update(pipeline),
        lambda: acme.service.analysis.start(pipeline=pipeline.name),
    ):
        with pytest.raises(PermissionDeniedError):
            refusal()
    with pytest.raises(InvalidArgumentError) as refused:
        acme.analyst.analysis.start(["match"], pipeline=pipeline.name)
    assert refused.value.reason == "PIPELINE_AND_STEPS"


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        (api.PipelineSchedule(), "INVALID_SCHEDULE"),
        (api.PipelineSchedule(interval_s=60, cron="0 2 * * *"), "INVALID_SCHEDULE"),
        (api.PipelineSchedule(interval_s=59), "INVALID_INTERVAL"),
        (api.PipelineSchedule(interval_s=-1), "INVALID_INTERVAL"),
        (api.PipelineSchedule(cron="0 25 * * *"), "INVALID_CRON"),
        (api.PipelineSchedule(cron="*" * 201), "INVALID_CRON"),
    ],
)
def test_time_that_cannot_be_is_refused(acme: Tenant, schedule: api.PipelineSchedule, reason: str) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        declare(acme, schedule=schedule)
    assert refused.value.reason == reason
    assert not acme.analyst.pipelines.list()


def test_plan_of_a_pipeline_keeps_nothing(acme: Tenant) -> None:
    planned = declare(acme, schedule=every(), validate_only=True)
    assert planned.schedule.interval_s == 3600
    assert not acme.analyst.pipelines.list()
    declare(acme, "one", request_id="same")
    with pytest.raises(FailedPreconditionError):
        declare(acme, "two", request_id="same")
    with pytest.raises(AlreadyExistsError) as taken:
        declare(acme, "one", validate_only=True)
    assert "--replace" in taken.value.hint
    with pytest.raises(NotFoundError):
        acme.analyst.pipelines.update(
            api.Pipeline(
                name=f"{acme.name}/pipelines/two", purpose=f"{acme.name}/purposes/analysis", steps=[api.RunStep(step="match")]
            ),
            validate_only=True,
        )
