"""Limits of the wire: sizes, calls in flight, callers who do not wait. What is refused harms nobody else."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from helpers.raw_calls import answer_of, bearer, call
from helpers.running_vault import Tenant, running_vault
from strongroom.api.v1.analysis_service_pb2 import WatchRunRequest, WatchRunResponse
from strongroom.api.v1.analysis_service_pb2_grpc import AnalysisServiceStub
from strongroom.api.v1.customer_pb2 import Customer
from strongroom.api.v1.customer_service_pb2 import CreateCustomerRequest

CREATE = "/strongroom.api.v1.CustomerService/CreateCustomer"
GET = "/strongroom.api.v1.CustomerService/GetCustomer"
WATCH = "/strongroom.api.v1.AnalysisService/WatchRun"


@pytest.fixture(scope="module")
def narrow(vault_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    """A vault that lets one principal have two streams."""
    folder = tmp_path_factory.mktemp("narrow")
    with running_vault(vault_template, folder, streams_per_principal=2) as vault:
        yield vault.tenant("main")


def test_request_over_four_mebibytes_is_refused_and_the_next_one_served(acme: Tenant) -> None:
    large = CreateCustomerRequest(parent=f"tenants/{acme.name}", customer=Customer(tags=["x" * 100] * 50_000))
    with acme.vault.channel() as channel:
        answer = call(channel, CREATE, large.SerializeToString(), metadata=bearer(acme.token("service")))
        assert answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert acme.service.customers.create(Customer(given_name="Ada")).version == 1


def test_bytes_that_are_no_message_are_refused_without_a_trace_of_them(acme: Tenant) -> None:
    with acme.vault.channel() as channel:
        answer = call(channel, GET, b"\xff\xffcanary-no-message", metadata=bearer(acme.token("service")))
    assert answer.code is not grpc.StatusCode.OK
    assert "canary" not in answer.details


def test_metadata_beyond_the_limit_is_refused(acme: Tenant) -> None:
    with acme.vault.channel() as channel:
        answer = call(channel, GET, metadata=[*bearer(acme.token("service")), ("x-large", "y" * 100_000)])
    assert answer.code is not grpc.StatusCode.OK
    assert list(acme.service.customers.list()) == []


def test_a_principal_with_too_many_streams_is_told_to_wait_and_others_are_not(narrow: Tenant) -> None:
    run = narrow.analyst.analysis.start(steps=["match"]).name
    with narrow.vault.channel() as channel:
        streams = [_watch(channel, narrow, "analyst", run) for _ in range(2)]
        for stream in streams:
            next(iter(stream))
        with pytest.raises(grpc.RpcError) as refused:
            next(iter(_watch(channel, narrow, "analyst", run)))
        assert answer_of(refused.value).reason == "TOO_MANY_CALLS"
        assert next(iter(_watch(channel, narrow, "admin", run))).run.name == run
    narrow.analyst.analysis.cancel(run)


def test_a_caller_who_leaves_frees_the_place_of_the_call(narrow: Tenant) -> None:
    run = narrow.analyst.analysis.start(steps=["match"]).name
    for _ in range(6):
        with narrow.vault.channel() as channel:
            _first_when_admitted(channel, narrow, run)
    narrow.analyst.analysis.cancel(run)


def test_deadline_of_the_client_ends_a_stream_that_would_go_on(acme: Tenant) -> None:
    run = acme.analyst.analysis.start(steps=["match"])
    before = threading.active_count()
    with acme.vault.channel() as channel:
        answer = call(
            channel,
            WATCH,
            WatchRunRequest(name=run.name).SerializeToString(),
            metadata=bearer(acme.token("analyst")),
            server_stream=True,
            timeout_s=0.5,
        )
    assert answer.code is grpc.StatusCode.DEADLINE_EXCEEDED
    acme.analyst.analysis.cancel(run.name)
    assert threading.active_count() <= before + 8


def _watch(channel: grpc.Channel, tenant: Tenant, principal: str, run: str) -> Iterator[WatchRunResponse]:
    """The bare stream: the SDK would try again."""
    return AnalysisServiceStub(channel).WatchRun(
        WatchRunRequest(name=run), metadata=tuple(bearer(tenant.token(principal))), timeout=30
    )


def _first_when_admitted(channel: grpc.Channel, tenant: Tenant, run: str) -> None:
    """The first message; the place of a call that was just left may take a moment to be free."""
    deadline = time.monotonic() + 10
    while True:
        try:
            next(iter(_watch(channel, tenant, "analyst", run)))
        except grpc.RpcError as error:
            if answer_of(error).reason != "TOO_MANY_CALLS" or time.monotonic() > deadline:
                raise
        else:
            return
