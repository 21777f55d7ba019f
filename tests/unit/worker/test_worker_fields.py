"""The worker asks for nothing that the vault does not let the step read."""

from __future__ import annotations

import pytest

from analysis_worker.pipeline.adapters.registry import known_steps
from analysis_worker.pipeline.plan import plan_run
from strongroom.api.v1.analysis_service_pb2 import Run, RunStep
from vault_server.ports.records import RecordKind
from vault_server.usecases.declared_steps import KNOWN_STEPS
from vault_server.usecases.step_fields import STEP_FIELDS, require_step_fields


def test_worker_and_vault_know_the_same_steps() -> None:
    assert tuple(known_steps()) == KNOWN_STEPS


@pytest.mark.parametrize("name", KNOWN_STEPS)
def test_a_step_declares_only_fields_that_the_vault_allows_it(name: str) -> None:
    adapter = known_steps()[name]
    assert adapter.customer_fields <= STEP_FIELDS[name].get(RecordKind.CUSTOMER, frozenset())
    assert adapter.transaction_fields <= STEP_FIELDS[name].get(RecordKind.TRANSACTION, frozenset())


def test_the_union_of_a_plan_is_allowed_by_the_vault() -> None:
    run = Run(name="tenants/main/runs/1", steps=[RunStep(step=step) for step in KNOWN_STEPS])
    run.as_of.FromJsonString("2026-11-01T00:00:00Z")
    plan = plan_run(run, known_steps())
    require_step_fields(KNOWN_STEPS, RecordKind.CUSTOMER, plan.customer_fields)
    require_step_fields(KNOWN_STEPS, RecordKind.TRANSACTION, plan.transaction_fields)
