import asyncio
from collections.abc import Iterator

import grpc
import pytest

import strongroom
from helpers.fake_vault import FakeVault
from strongroom import Customer, DerivedData, ExternalId, ImportRow, RetryPolicy
from strongroom.api.v1 import analysis_service_pb2 as analysis
from strongroom.api.v1.import_service_pb2 import ROW_OUTCOME_CREATED
from strongroom.chunks import chunked

QUICK = RetryPolicy(attempts=3, first_delay_s=0.001, longest_delay_s=0.002)


def people(count: int, first: int = 1) -> list[Customer]:
    ids = range(first, first + count)
    return [Customer(given_name=f"N{number}", external_ids=[ExternalId(source="crm", id=str(number))]) for number in ids]


def test_every_row_is_acknowledged_and_counted() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile) as client:
        result = client.imports.customers(people(2_500), source="crm", import_id="i1")

        assert len(result) == result.summary.created == len(vault.customers) == 2_500
        assert [len(chunk.lines) for chunk in result.chunks] == [1_000, 1_000, 500]
        assert all(row.record_id for row in result)


def test_a_broken_stream_goes_on_with_the_first_unacknowledged_chunk() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile, retry=QUICK) as client:
        vault.break_after["ImportRows"] = [1, 2]

        result = client.imports.customers(people(7_000), source="crm", import_id="i1")

        assert result.summary.created == len(vault.customers) == 7_000
        assert [row.line for row in result] == list(range(1, 7_001))
        assert len(vault.calls["ImportRows"]) == 3


def test_asyncio_import_survives_a_broken_stream() -> None:
    async def work(vault: FakeVault) -> int:
        async with strongroom.connect_async(vault.profile, retry=QUICK) as client:
            result = await client.imports.customers(people(5_000), source="crm", import_id="i1")
            return len(result)

    with FakeVault() as vault:
        vault.break_after["ImportRows"] = [1]
        assert asyncio.run(work(vault)) == len(vault.customers) == 5_000


def test_an_import_that_cannot_finish_raises_and_says_what_is_durable() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile, retry=QUICK) as client:
        vault.break_after["ImportRows"] = [1, 0, 0, 0, 0]

        with pytest.raises(strongroom.ImportIncompleteError) as caught:
            client.imports.customers(people(4_000), source="crm", import_id="i1")

        assert (caught.value.acknowledged_rows, caught.value.first_open_line) == (1_000, 1_001)
        assert "FinishImport" not in vault.calls
        again = client.imports.customers(people(4_000), source="crm", import_id="i1")
        assert again.summary.created == len(vault.customers) == 4_000


def test_a_full_disk_is_told_with_what_is_durable() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile, retry=QUICK) as client:
        vault.refuse_next("ImportRows", grpc.StatusCode.RESOURCE_EXHAUSTED, "STORAGE_FULL", "The disk is full.")

        with pytest.raises(strongroom.ImportIncompleteError, match=r"0 rows are durable.*The disk is full") as caught:
            client.imports.customers(people(5), source="crm", import_id="i1")

        assert caught.value.reason == "STORAGE_FULL"
        assert len(vault.calls["ImportRows"]) == 1


def test_a_finished_import_is_not_sent_again() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile) as client:
        client.imports.customers(people(3), source="crm", import_id="i1")

        again = client.imports.customers(people(3), source="crm", import_id="i1")

        assert again.resent
        assert again.summary.created == 3
        assert len(vault.calls["ImportRows"]) == 1


def test_rows_are_taken_lazily_within_the_window() -> None:
    taken = 0

    def source() -> Iterator[ImportRow]:
        nonlocal taken
        for number, customer in enumerate(people(20_000), 1):
            taken = number
            yield ImportRow(line=number, customer=customer)

    with FakeVault() as vault, strongroom.connect(vault.profile) as client:
        stream = iter(client.imports.stream(source(), kind=1, source="crm", import_id="i1", window=2))  # type: ignore[arg-type]  # an enum value
        assert taken == 0
        next(stream)
        assert taken <= 3_001


def test_a_refused_row_is_named_with_its_reason() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile) as client:
        bad = Customer(given_name="Reject", external_ids=[ExternalId(source="crm", id="9")])

        result = client.customers.import_rows([*people(2), bad], source="crm")

        (row,) = result.rejected
        assert (row.line, row.record_id, row.issues[0].reason) == (3, None, "VALUE_REFUSED")


def test_an_acknowledgement_for_other_rows_is_refused() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile, retry=QUICK) as client:
        client.imports.customers(people(3), source="crm", import_id="i1")
        ((_digest, answer),) = vault.chunks.values()
        answer.outcomes.append(ROW_OUTCOME_CREATED)
        vault.imports.clear()

        with pytest.raises(strongroom.ProtocolError):
            client.imports.customers(people(3), source="crm", import_id="i1")


def test_chunks_keep_within_rows_and_bytes_and_are_the_same_every_time() -> None:
    rows = [ImportRow(line=n, customer=Customer(organisation="x" * (n * 37 % 5_000))) for n in range(1, 1_500)]

    first, second = list(chunked(rows)), list(chunked(rows))

    assert first == second
    assert all(len(chunk) <= 1_000 and sum(row.ByteSize() for row in chunk) <= 1024 * 1024 for chunk in first)
    assert [row for chunk in first for row in chunk] == rows
    with pytest.raises(strongroom.InvalidArgumentError):
        list(chunked([ImportRow(line=1, customer=Customer(organisation="x" * 4_000_000))]))


def test_a_read_yields_each_record_once_over_a_broken_stream() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile, retry=QUICK) as client:
        for customer in people(10):
            vault.derived[vault.store(customer).name] = DerivedData(entity={"entity": f"e-{customer.given_name}"})  # type: ignore[arg-type]  # a mapping is taken too
        vault.break_after["ReadRows"] = [1, 1]

        rows = list(client.read("export", fields=["given_name", "entity"]))

        assert [row.customer.given_name for row in rows] == [f"N{number}" for number in range(1, 11)]
        assert rows[0].derived is not None
        assert rows[0].derived.entity.entity == "e-N1"
        assert len(vault.calls["ReadRows"]) == 3


def test_arrow_batches_come_as_one_table() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile, retry=QUICK) as client:
        for customer in people(7):
            vault.store(customer)
        vault.break_after["ReadRows"] = [1]

        table = client.read.arrow("export", fields=["given_name"]).read_all()

        assert table.column("given_name").to_pylist() == [f"N{number}" for number in range(1, 8)]


def test_a_refused_purpose_is_an_error_before_the_first_row() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile) as client, pytest.raises(strongroom.PermissionDeniedError):
        client.read("marketing")


def test_waiting_follows_a_run_over_a_broken_stream_and_raises_when_it_failed() -> None:
    def run(state: analysis.RunState.ValueType) -> analysis.Run:
        return analysis.Run(
            name="tenants/main/runs/r1", state=state, failure_reason="TOO_FEW_ROWS", failure_message="too few rows"
        )

    with FakeVault() as vault, strongroom.connect(vault.profile, retry=QUICK) as client:
        vault.runs["tenants/main/runs/r1"] = [run(analysis.RUN_STATE_RUNNING), run(analysis.RUN_STATE_SUCCEEDED)]
        vault.break_after["WatchRun"] = [1]
        assert client.analysis.wait("r1").state == analysis.RUN_STATE_SUCCEEDED

        vault.runs["tenants/main/runs/r1"] = [run(analysis.RUN_STATE_FAILED)]
        with pytest.raises(strongroom.RunFailedError, match="too few rows") as caught:
            client.analysis.wait("r1")
        assert caught.value.reason == "TOO_FEW_ROWS"


def test_a_stream_error_is_typed() -> None:
    with FakeVault() as vault, strongroom.connect(vault.profile) as client:
        vault.refuse_next("GetRunReport", grpc.StatusCode.FAILED_PRECONDITION, "NO_REPORT", "The run has no report.")

        with pytest.raises(strongroom.FailedPreconditionError):
            client.analysis.report("r1")
        assert client.analysis.report("r1", format="json") == b"<html>REPORT_FORMAT_JSON</html>"
