"""Runs over real gRPC on both engines: one worker at a time, all results together or none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from google.protobuf.struct_pb2 import Struct

from helpers.running_vault import Tenant
from strongroom import (
    AlreadyExistsError,
    ConflictError,
    Customer,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
)
from strongroom.api.v1 import analysis_worker_service_pb2 as api
from strongroom.api.v1.analysis_service_pb2 import (
    RUN_STATE_CANCELLED,
    RUN_STATE_FAILED,
    RUN_STATE_QUEUED,
    RUN_STATE_RUNNING,
    RUN_STATE_SUCCEEDED,
    Run,
)
from strongroom.api.v1.customer_pb2 import Correction, DerivedData, EntityAssignment
from vault_server.usecases import names
from vault_server.usecases.worker_runs import CLAIM_PAGE, MAX_ATTEMPTS

STEPS = ["correct", "match", "impute", "segment"]


class Lease:
    """A claimed run."""

    def __init__(self, tenant: Tenant, *, steps: list[str] | None = None) -> None:
        self.tenant = tenant
        self.worker = tenant.worker.worker
        answer = self.worker.claim(steps or STEPS, lease_s=60)
        self.run: Run = answer.run
        self.token = answer.lease_token
        self.previous = answer.previous if answer.HasField("previous") else None

    def rows(self, *fields: str) -> list[tuple[bytes, Customer]]:
        """Row ids and records that the run may see."""
        reader = self.tenant.worker.read("analysis", fields=fields, run=self.run.name, lease_token=self.token)
        records = [row.customer for row in reader]
        assert all(one.name.startswith("rows/") and not one.etag and not one.create_time.seconds for one in records)
        return [(bytes.fromhex(one.name.removeprefix("rows/")), one) for one in records]

    def write(self, results: list[api.RowResult], *, offset: int = 0, step: str = "match") -> api.WriteResultsResponse:
        request = api.WriteResultsRequest(name=self.run.name, lease_token=self.token, step=step, offset=offset, results=results)
        return self.tenant.worker.calls.unary(request, api.WriteResultsResponse)

    def commit(self, *, figures: Mapping[str, float] | None = None, **offsets: int) -> Run:
        return self.worker.commit(
            self.run.name,
            self.token,
            summary=Struct(),
            expected_offsets=offsets,
            report_html=b"<p>",
            report_json=b"{}",
            figures=figures,
        )

    def expire(self) -> None:
        """As if the worker had died long ago."""
        run_id = names.parse_uuid_child(self.run.name, "runs")[1]

        def work(view: object) -> None:
            row = view.runs.lock_run(self.tenant.id, run_id)  # type: ignore[attr-defined]  # a write view
            view.runs.update_run(replace(row, lease_expires_us=1))  # type: ignore[attr-defined]  # a write view

        self.tenant.vault.store.write(work)


def entity(row_id: bytes) -> api.RowResult:
    return api.RowResult(row_id=row_id, derived=DerivedData(entity=EntityAssignment(entity=row_id.hex())))


@pytest.fixture
def people(acme: Tenant) -> list[str]:
    return [acme.admin.customers.create(Customer(given_name=f"Ada{n}")).name for n in range(3)]


def start(tenant: Tenant, *steps: str) -> Run:
    return tenant.analyst.analysis.start(list(steps) or ["match"])


def test_results_appear_together_at_the_commit_and_not_before(acme: Tenant, people: list[str]) -> None:
    run = start(acme)
    lease = Lease(acme)
    assert lease.run.name == run.name
    assert acme.analyst.analysis.get(run.name).state == RUN_STATE_RUNNING
    ids = [row_id for row_id, _ in lease.rows("given_name")]
    assert lease.write([entity(one) for one in ids]).next_offset == 3
    assert not acme.analyst.customers.get_full(people[0]).derived.HasField("entity")
    with pytest.raises(FailedPreconditionError):
        list(acme.analyst.analysis.results(run.name))
    with pytest.raises(FailedPreconditionError) as refused:
        lease.commit(match=2)
    assert refused.value.reason == "RESULTS_INCOMPLETE"
    assert lease.commit(match=3).state == RUN_STATE_SUCCEEDED
    assert lease.commit(match=3).state == RUN_STATE_SUCCEEDED
    derived = acme.analyst.customers.get_full(people[0]).derived
    assert derived.entity.entity
    assert derived.entity_origin.run == run.name
    assert {one.customer for one in acme.analyst.analysis.results(run.name)} == set(people)
    assert acme.analyst.analysis.report(run.name, format="json") == b"{}"
    assert acme.analyst.analysis.wait(run.name).has_report


@pytest.mark.usefixtures("people")
def test_claim_tells_the_newest_run_of_the_purpose_that_stands(acme: Tenant) -> None:
    for rows in (3.0, 4.0):
        start(acme)
        lease = Lease(acme)
        lease.commit(match=0, figures={"Customer records": rows})
    start(acme)
    following = Lease(acme)
    assert following.previous is not None
    assert (following.previous.name, dict(following.previous.figures)) == (lease.run.name, {"Customer records": 4.0})
    acme.analyst.analysis.undo(lease.run.name)
    following.expire()
    again = Lease(acme)
    assert again.previous is not None
    assert dict(again.previous.figures) == {"Customer records": 3.0}


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("figures", [{"a": math.inf}, {"a": math.nan}, {"a" * 201: 1.0}, {str(n): 1.0 for n in range(201)}])
def test_figures_that_cannot_be_compared_are_refused(acme: Tenant, figures: Mapping[str, float]) -> None:
    start(acme)
    lease = Lease(acme)
    assert lease.previous is None
    with pytest.raises(InvalidArgumentError) as refused:
        lease.commit(match=0, figures=figures)
    assert refused.value.reason == "INVALID_FIGURES"
    assert lease.commit(match=0).state == RUN_STATE_SUCCEEDED


def test_row_ids_of_a_run_are_pseudonyms_of_that_run_only(acme: Tenant, people: list[str]) -> None:
    start(acme)
    first = Lease(acme)
    ids = {row_id for row_id, _ in first.rows("given_name")}
    plain = {names.parse_customer(one).customer_id for one in people}
    assert not ids & plain
    start(acme)
    second = Lease(acme)
    other_ids = {row_id for row_id, _ in second.rows("given_name")}
    assert not ids & other_ids
    with pytest.raises(InvalidArgumentError):
        second.write([entity(next(iter(ids)))])
    with pytest.raises(InvalidArgumentError):
        second.write([entity(next(iter(plain)))])
    with pytest.raises(InvalidArgumentError):
        second.write([entity(b"short")])


def test_golden_records_of_earlier_runs_name_no_customer_to_a_worker(acme: Tenant, people: list[str]) -> None:
    start(acme)
    first = Lease(acme)
    ids = [row_id for row_id, _ in first.rows("given_name")]
    results = [entity(one) for one in ids]
    for one in results:
        one.derived.entity.golden.add(field="emails", customer=ids[0].hex(), rule="newest")
    first.write(results)
    first.commit(match=len(ids))
    assert acme.analyst.customers.get_full(people[0]).derived.entity.golden[0].customer in people
    run = start(acme)
    token = acme.worker.worker.claim(STEPS, lease_s=60).lease_token
    rows = list(acme.worker.read("analysis", fields=["entity"], run=run.name, lease_token=token))
    assert len(rows) == len(people)
    assert all(row.derived is not None and row.derived.entity.entity and not row.derived.entity.golden for row in rows)


def test_field_that_no_step_declares_is_refused(acme: Tenant, people: list[str]) -> None:
    start(acme, "segment")
    lease = Lease(acme)
    for fields in (["emails"], ["given_name"], ["external_ids"], ["unparsed"], []):
        with pytest.raises(PermissionDeniedError) as refused:
            lease.rows(*fields)
        assert refused.value.reason == "FIELD_NOT_DECLARED"
    assert len(lease.rows("income")) == len(people)


def test_worker_without_a_run_reads_nothing(acme: Tenant, people: list[str]) -> None:
    assert people
    with pytest.raises(PermissionDeniedError):
        acme.worker.read("analysis", fields=["given_name"])


def test_many_workers_never_hold_one_run(acme: Tenant) -> None:
    for _ in range(3):
        start(acme)
    with ThreadPoolExecutor(8) as pool:
        claimed = [one.run.name for one in pool.map(lambda _: acme.worker.worker.claim(STEPS, lease_s=60), range(16))]
    taken = [name for name in claimed if name]
    assert len(taken) == len(set(taken)) == 3


def test_worker_takes_only_what_it_can_do_the_oldest_first(acme: Tenant) -> None:
    runs = [start(acme, "match"), start(acme, "segment"), start(acme, "segment")]
    assert Lease(acme, steps=["segment", "impute"]).run.name == runs[1].name
    assert not Lease(acme, steps=["impute"]).run.name


def test_worker_of_few_steps_does_not_starve_behind_runs_that_need_others(acme: Tenant) -> None:
    for _ in range(CLAIM_PAGE + 3):
        start(acme, "match")
    own = start(acme, "segment")
    assert Lease(acme, steps=["segment"]).run.name == own.name
    assert not Lease(acme, steps=["segment"]).run.name


def test_holder_of_a_cancelled_run_is_told_and_nobody_else_is(acme: Tenant) -> None:
    run = start(acme)
    lease = Lease(acme)
    assert not lease.worker.heartbeat(run.name, lease.token).cancelled
    acme.analyst.analysis.cancel(run.name)
    assert lease.worker.heartbeat(run.name, lease.token).cancelled
    with pytest.raises(ConflictError) as refused:
        lease.worker.heartbeat(run.name, lease.token[:-1] + "x")
    assert refused.value.reason == "LEASE_LOST"


def test_worker_that_lost_its_lease_can_do_nothing_more(acme: Tenant, people: list[str]) -> None:
    start(acme)
    old = Lease(acme)
    ids = [row_id for row_id, _ in old.rows("given_name")]
    old.write([entity(ids[0])])
    old.worker.save_checkpoint(old.run.name, old.token, step="match", data=b"x" * (3 << 20))
    old.expire()
    new = Lease(acme)
    assert (new.run.name, new.run.attempts) == (old.run.name, 2)
    for refusal in (
        lambda: old.worker.heartbeat(old.run.name, old.token),
        lambda: old.write([entity(ids[1])], offset=1),
        lambda: old.worker.save_checkpoint(old.run.name, old.token, step="match", data=b"y"),
        lambda: old.commit(match=1),
        lambda: old.worker.release(old.run.name, old.token, failed=True, reason="X"),
        lambda: old.rows("given_name"),
        lambda: new.worker.heartbeat(new.run.name, old.token),
        lambda: new.worker.heartbeat(new.run.name, ""),
    ):
        with pytest.raises(ConflictError) as refused:
            refusal()
        assert refused.value.reason == "LEASE_LOST"
    kept = new.worker.list_checkpoints(new.run.name, new.token)
    assert dict(kept.next_offsets) == {"match": 1}
    assert new.worker.read_checkpoint(new.run.name, new.token, checkpoint=kept.checkpoints[0]) == b"x" * (3 << 20)
    assert {row_id for row_id, _ in new.rows("given_name")} == set(ids)
    new.write([entity(one) for one in ids[1:]], offset=1)
    assert new.commit(match=len(people)).state == RUN_STATE_SUCCEEDED


def test_offsets_keep_results_in_order_and_once(acme: Tenant, people: list[str]) -> None:
    assert people
    start(acme)
    lease = Lease(acme)
    ids = [row_id for row_id, _ in lease.rows("given_name")]
    lease.write([entity(ids[0])])
    with pytest.raises(AlreadyExistsError):
        lease.write([entity(ids[0])])
    with pytest.raises(OutOfRangeError):
        lease.write([entity(ids[1])], offset=5)
    with pytest.raises(AlreadyExistsError):
        lease.write([entity(ids[0])], offset=1)
    assert lease.write([entity(ids[1])], offset=1).next_offset == 2


def test_step_writes_only_its_own_part(acme: Tenant, people: list[str]) -> None:
    assert people
    start(acme)
    lease = Lease(acme)
    [row_id, *_] = [row_id for row_id, _ in lease.rows("given_name")]
    foreign = api.RowResult(row_id=row_id, derived=DerivedData(corrections=[Correction(field="given_name")]))
    with pytest.raises(InvalidArgumentError) as refused:
        lease.write([foreign])
    assert refused.value.reason == "FIELD_NOT_OF_STEP"
    with pytest.raises(InvalidArgumentError):
        lease.write([entity(row_id)], step="nothing")


def test_result_of_a_step_that_the_run_has_not_is_refused(acme: Tenant, people: list[str]) -> None:
    assert people
    start(acme, "correct")
    lease = Lease(acme)
    [row_id, *_] = [row_id for row_id, _ in lease.rows("given_name")]
    with pytest.raises(InvalidArgumentError) as refused:
        lease.write([entity(row_id)], step="match")
    assert refused.value.reason == "STEP_NOT_OF_RUN"


def test_customer_erased_during_a_run_gets_no_results(acme: Tenant, people: list[str]) -> None:
    start(acme)
    lease = Lease(acme)
    ids = [row_id for row_id, _ in lease.rows("given_name")]
    acme.admin.customers.erase(people[0])
    assert lease.write([entity(one) for one in ids]).next_offset == 3
    acme.admin.customers.erase(people[1])
    lease.commit(match=3)
    assert [one.customer for one in acme.analyst.analysis.results(lease.run.name)] == [people[2]]


def test_cancelled_run_keeps_nothing_and_stays_cancelled(acme: Tenant, people: list[str]) -> None:
    run = start(acme)
    lease = Lease(acme)
    lease.write([entity(row_id) for row_id, _ in lease.rows("given_name")])
    assert acme.analyst.analysis.cancel(run.name).state == RUN_STATE_CANCELLED
    assert acme.analyst.analysis.cancel(run.name).state == RUN_STATE_CANCELLED
    with pytest.raises(ConflictError):
        lease.commit(match=3)
    assert not Lease(acme).run.name
    assert not acme.analyst.customers.get_full(people[0]).derived.HasField("entity")
    with pytest.raises(NotFoundError):
        acme.analyst.analysis.report(run.name)


def test_released_run_is_queued_again_and_a_failed_one_has_ended(acme: Tenant) -> None:
    run = start(acme)
    lease = Lease(acme)
    lease.worker.release(run.name, lease.token, failed=False, reason="STOPPING")
    assert acme.analyst.analysis.get(run.name).state == RUN_STATE_QUEUED
    again = Lease(acme)
    again.worker.release(run.name, again.token, failed=True, reason="not a reason: ada@example.com", message="no rows")
    ended = acme.analyst.analysis.get(run.name)
    assert (ended.state, ended.failure_reason, ended.failure_message) == (RUN_STATE_FAILED, "RELEASED", "no rows")


def test_run_that_kills_its_workers_ends_as_failed(acme: Tenant) -> None:
    run = start(acme)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        lease = Lease(acme)
        assert lease.run.attempts == attempt
        lease.expire()
    assert not Lease(acme).run.name
    assert acme.analyst.analysis.get(run.name).failure_reason == "TOO_MANY_ATTEMPTS"


@pytest.mark.parametrize("steps", [[], ["nothing"], ["match", "match"]])
def test_steps_that_cannot_be_are_refused(acme: Tenant, steps: list[str]) -> None:
    with pytest.raises(InvalidArgumentError):
        acme.analyst.analysis.start(steps)


def test_one_day_is_given_to_every_step_that_looks_at_purchases(acme: Tenant) -> None:
    run = acme.analyst.analysis.start(
        ["match", "value", "segment"], as_of=date(1998, 6, 30), options={"value": {"as_of": "1998-06-01", "horizon_days": 90}}
    )
    assert [dict(step.options) for step in run.steps] == [
        {},
        {"as_of": "1998-06-30", "horizon_days": 90.0},
        {"as_of": "1998-06-30"},
    ]
    for steps, as_of in ((["match"], "1998-06-30"), (["value"], "30.6.1998"), (["value"], datetime(1998, 6, 30, tzinfo=UTC))):
        with pytest.raises(InvalidArgumentError) as refused:
            acme.analyst.analysis.start(steps, as_of=as_of)
        assert refused.value.reason == "INVALID_AS_OF"


def test_start_needs_a_grant_and_is_repeatable(acme: Tenant, other: Tenant) -> None:
    with pytest.raises(PermissionDeniedError):
        acme.service.analysis.start(["match"])
    first = acme.analyst.analysis.start(["match"], request_id="r1")
    assert acme.analyst.analysis.start(["match"], request_id="r1").name == first.name
    acme.analyst.analysis.start(["match"], validate_only=True)
    assert [one.name for one in acme.analyst.analysis.list()] == [first.name]
    for refusal in (lambda: other.analyst.analysis.get(first.name), lambda: list(other.analyst.analysis.watch(first.name))):
        with pytest.raises(PermissionDeniedError):
            refusal()
