"""Undoing runs over real gRPC on both engines: every derived value comes back to the byte."""

from __future__ import annotations

import pytest

from helpers.run_making import Derive, committed, entity, imputed, people, segment
from helpers.running_vault import Tenant
from strongroom import FailedPreconditionError, NotFoundError, PermissionDeniedError
from strongroom.api.v1 import analysis_service_pb2 as api

PARTS = ["customer_id", "entity", "segment", "imputed", "corrections", "enriched", "value"]


def seen(tenant: Tenant, customers: list[str]) -> tuple[list[bytes], list[bytes]]:
    """What people see of every customer, and what an export holds, to the byte."""
    full = [tenant.analyst.customers.get_full(name).SerializeToString(deterministic=True) for name in customers]
    rows = tenant.analyst.read("analysis", fields=PARTS, allow_withheld=True)
    exported = [row.derived.SerializeToString(deterministic=True) for row in rows if row.derived is not None]
    assert len(exported) == len(customers)
    return full, exported


def some(label: str) -> Derive:
    """For every customer under 22 only."""
    return lambda row_id, customer: segment(label)(row_id, customer) if customer.stated_age < 22 else None


def test_undoing_restores_every_derived_value_to_the_byte(acme: Tenant) -> None:
    customers = people(acme, 3)
    states = [seen(acme, customers)]
    runs = []
    for steps in (
        {"match": entity, "segment": segment("loyal")},
        {"segment": some("new"), "impute": imputed},
        {"segment": segment("loyal")},
    ):
        runs.append(committed(acme, steps))
        states.append(seen(acme, customers))
    assert len({str(state) for state in states}) == 4
    for run, before in zip(reversed(runs), reversed(states[:-1]), strict=True):
        assert acme.analyst.analysis.undo(run.name).run.HasField("undo_time")
        assert seen(acme, customers) == before
    for run, after in zip(runs, states[1:], strict=True):
        assert not acme.analyst.analysis.undo(run.name, redo=True).run.HasField("undo_time")
        assert seen(acme, customers) == after


def test_run_under_another_is_not_undone_and_the_refusal_names_the_other(acme: Tenant) -> None:
    people(acme, 1)
    below = committed(acme, {"match": entity, "segment": segment("a")})
    above = committed(acme, {"segment": segment("b")})
    with pytest.raises(FailedPreconditionError) as refused:
        acme.analyst.analysis.undo(below.name)
    assert (refused.value.reason, refused.value.metadata["run"]) == ("RUN_NOT_CURRENT", above.name)
    assert above.name in refused.value.message
    acme.analyst.analysis.undo(above.name)
    acme.analyst.analysis.undo(below.name)
    newest = committed(acme, {"segment": segment("c")})
    with pytest.raises(FailedPreconditionError) as refused:
        acme.analyst.analysis.undo(above.name, redo=True)
    assert refused.value.metadata["run"] == newest.name


def test_plan_of_an_undo_says_what_would_be_seen_and_changes_nothing(acme: Tenant) -> None:
    customers = people(acme, 2)
    first = committed(acme, {"segment": segment("a")})
    second = committed(acme, {"segment": some("b"), "match": entity})
    before = seen(acme, customers)
    plan = acme.analyst.analysis.undo(second.name, validate_only=True)
    assert list(plan.steps) == [
        api.StepReturn(step="segment", run=second.name, results=2, next_run=first.name, next_results=2),
        api.StepReturn(step="match", run=second.name, results=2),
    ]
    assert seen(acme, customers) == before
    assert not acme.analyst.analysis.get(second.name).HasField("undo_time")


def test_a_repeated_undo_is_harmless_and_a_second_one_refused(acme: Tenant) -> None:
    people(acme, 1)
    run = committed(acme, {"segment": segment("a")})
    undone = acme.analyst.analysis.undo(run.name, request_id="u1").run
    assert acme.analyst.analysis.undo(run.name, request_id="u1").run == undone
    for redo, reason in ((False, "RUN_UNDONE"), (True, "")):
        if reason:
            with pytest.raises(FailedPreconditionError) as refused:
                acme.analyst.analysis.undo(run.name, redo=redo)
            assert refused.value.reason == reason
        else:
            acme.analyst.analysis.undo(run.name, redo=True)
    with pytest.raises(FailedPreconditionError) as refused:
        acme.analyst.analysis.undo(run.name, redo=True)
    assert refused.value.reason == "RUN_NOT_UNDONE"


def test_only_a_run_that_succeeded_here_can_be_undone_and_only_by_who_may(acme: Tenant, other: Tenant) -> None:
    run = acme.analyst.analysis.start(["match"])
    with pytest.raises(FailedPreconditionError) as refused:
        acme.analyst.analysis.undo(run.name)
    assert refused.value.reason == "RUN_NOT_SUCCEEDED"
    for client in (acme.service, acme.worker, acme.operator, other.analyst):
        with pytest.raises(PermissionDeniedError):
            client.analysis.undo(run.name)
    with pytest.raises(NotFoundError):
        acme.analyst.analysis.undo(run.name[:-4] + "0000")


def test_worker_sees_the_results_that_are_left_after_an_undo(acme: Tenant) -> None:
    people(acme, 1)
    committed(acme, {"segment": segment("old")})
    acme.analyst.analysis.undo(committed(acme, {"segment": segment("new")}).name)
    run = acme.analyst.analysis.start(["segment"])
    lease = acme.worker.worker.claim(["segment"], lease_s=60)
    (row,) = acme.worker.read("analysis", fields=["segment"], run=run.name, lease_token=lease.lease_token)
    assert row.derived is not None
    assert row.derived.segment.label == "old"
