"""Imports of which a bulk process prepares a part: what is stored is the same, through whatever happens to the process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence

import pytest

from helpers.bulk import helpers_of, ready, without_helper
from helpers.running_vault import Tenant, VaultUnderTest
from strongroom import Customer, ExternalId, Transaction
from strongroom.api.v1 import import_service_pb2 as api
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER, RECORD_KIND_TRANSACTION, RecordKind
from strongroom.api.v1.customer_pb2 import AttributeValue
from strongroom.api.v1.import_service_pb2 import (
    ROW_OUTCOME_CREATED,
    ROW_OUTCOME_REJECTED,
    ROW_OUTCOME_UNCHANGED,
    ROW_OUTCOME_UPDATED,
    ImportRow,
)
from strongroom.api.v1.transaction_pb2 import TRANSACTION_KIND_PURCHASE

CHUNKS, ROWS = 12, 40


@pytest.fixture
def tenant(vault: VaultUnderTest) -> Iterator[Tenant]:
    yield (made := vault.tenant())
    helpers_of(made)._not_before_s = 0.0  # a pause after a lost process ends with its test


def person(number: int, **fields: object) -> Customer:
    made = Customer(
        given_name=f"Ada{number}",
        emails=[f"a{number}@example.com"],
        phones=[f"020 7946 {number:04}"],
        external_ids=[ExternalId(source="crm", id=str(number))],
    )
    made.MergeFrom(Customer(**fields))  # type: ignore[arg-type]  # fields by name, as the test needs them
    return made


def chunks_of(customers: Sequence[Customer], size: int = ROWS) -> list[list[ImportRow]]:
    rows = [ImportRow(line=line, customer=one) for line, one in enumerate(customers, start=1)]
    return [rows[at : at + size] for at in range(0, len(rows), size)]


class Sent:
    """An import whose chunks are sent at once."""

    def __init__(self, tenant: Tenant, import_id: str, kind: RecordKind.ValueType = RECORD_KIND_CUSTOMER) -> None:
        self._calls = tenant.service.calls
        request = api.CreateImportRequest(parent=tenant.name, import_id=import_id, kind=kind, source="crm")
        self._name = getattr(self._calls.unary(request, api.CreateImportResponse), "import").name

    def all(self, chunks: Sequence[Sequence[ImportRow]], *, validate_only: bool = False) -> list[api.ImportRowsResponse]:
        return list(self.answers(chunks, validate_only=validate_only))

    def answers(
        self, chunks: Sequence[Sequence[ImportRow]], *, validate_only: bool = False
    ) -> Iterator[api.ImportRowsResponse]:
        stream = self._calls.exchange(api.ImportRowsRequest, api.ImportRowsResponse, timeout_s=60)

        def send() -> None:
            for number, rows in enumerate(chunks):
                stream.send(api.ImportRowsRequest(name=self._name, chunk=number, rows=rows, validate_only=validate_only))
            stream.finish()

        sender = threading.Thread(target=send)
        sender.start()
        yield from iter(stream.receive, None)
        sender.join(60)


def outcomes(answers: Sequence[api.ImportRowsResponse]) -> list[int]:
    return [outcome for one in answers for outcome in one.outcomes]


def contents(tenant: Tenant) -> dict[str, bytes]:
    """Every customer by its id in the source, without what differs from import to import."""
    found = {}
    for one in tenant.admin.customers.list(page_size=1000):
        plain = Customer()
        plain.CopyFrom(one)
        for output in ("name", "etag", "version", "state", "create_time", "update_time", "provenance"):
            plain.ClearField(output)
        found[one.external_ids[0].id] = plain.SerializeToString(deterministic=True)
    return found


def test_helper_prepares_chunks_and_the_same_is_stored_and_found(tenant: Tenant, vault: VaultUnderTest) -> None:
    customers = [person(number) for number in range(CHUNKS * ROWS)]
    helpers = ready(tenant)
    before = helpers.chunks_made
    answers = Sent(tenant, "with").all(chunks_of(customers))
    assert helpers.chunks_made > before
    assert set(outcomes(answers)) == {ROW_OUTCOME_CREATED}
    alone = vault.tenant()
    with without_helper(tenant):
        Sent(alone, "without").all(chunks_of(customers))
    assert contents(tenant) == contents(alone)
    for number in range(0, CHUNKS * ROWS, 37):
        [found] = tenant.service.customers.search(email=f"a{number}@example.com")
        assert found.given_name == f"Ada{number}"
        [found] = tenant.service.customers.search(external_id=("crm", str(number)))
        assert found.given_name == f"Ada{number}"


def test_rows_of_the_same_keys_in_neighbouring_chunks_update_one_record_in_order(tenant: Tenant) -> None:
    ready(tenant)
    chunks = [[ImportRow(line=1, customer=person(7)), *chunks_of([person(100 + at)])[0]] for at in range(CHUNKS)]
    answers = Sent(tenant, "same").all(chunks)
    firsts = [one.outcomes[0] for one in answers]
    assert firsts == [ROW_OUTCOME_CREATED] + [ROW_OUTCOME_UNCHANGED] * (CHUNKS - 1)
    [found] = tenant.service.customers.search(external_id=("crm", "7"))
    assert len({bytes(one.record_ids[:16]) for one in answers}) == 1
    assert found.given_name == "Ada7"
    assert len(contents(tenant)) == CHUNKS + 1


def test_known_rows_are_updated_or_left_as_they_are(tenant: Tenant) -> None:
    ready(tenant)
    customers = [person(number) for number in range(CHUNKS * ROWS)]
    Sent(tenant, "first").all(chunks_of(customers))
    helpers = helpers_of(tenant)
    before = helpers.chunks_made
    changed = [person(number, family_name="New") if number % 2 else one for number, one in enumerate(customers)]
    answers = Sent(tenant, "second").all(chunks_of(changed))
    assert helpers.chunks_made > before
    expected = [ROW_OUTCOME_UPDATED if number % 2 else ROW_OUTCOME_UNCHANGED for number in range(CHUNKS * ROWS)]
    assert outcomes(answers) == expected
    assert contents(tenant) == {one.external_ids[0].id: one.SerializeToString(deterministic=True) for one in changed}


def test_bad_rows_are_reported_by_line_whoever_prepares_them(tenant: Tenant) -> None:
    ready(tenant)
    customers = [person(number) for number in range(CHUNKS * ROWS)]
    for number in range(0, len(customers), ROWS):
        customers[number].attributes["unknown"].CopyFrom(AttributeValue(string_value="x"))
    answers = Sent(tenant, "bad").all(chunks_of(customers))
    lines = {issue.line for one in answers for issue in one.issues if issue.fatal}
    assert lines == set(range(1, CHUNKS * ROWS, ROWS))
    assert outcomes(answers).count(ROW_OUTCOME_REJECTED) == CHUNKS
    assert len(contents(tenant)) == CHUNKS * (ROWS - 1)


def test_dry_run_writes_nothing(tenant: Tenant) -> None:
    ready(tenant)
    answers = Sent(tenant, "dry").all(chunks_of([person(number) for number in range(CHUNKS * ROWS)]), validate_only=True)
    assert set(outcomes(answers)) == {ROW_OUTCOME_CREATED}
    assert contents(tenant) == {}


def test_transactions_are_prepared_with_their_customers_keys(tenant: Tenant) -> None:
    helpers = ready(tenant)
    Sent(tenant, "people").all(chunks_of([person(number) for number in range(ROWS)]))
    before, chunks = helpers.chunks_made, []
    for at in range(CHUNKS):
        rows = []
        for line in range(at * ROWS, (at + 1) * ROWS):
            sale = Transaction(
                kind=TRANSACTION_KIND_PURCHASE,
                currency="EUR",
                total_minor=line,
                external_id=ExternalId(source="crm", id=f"s{line}"),
            )
            sale.time.seconds = 1_700_000_000
            rows.append(ImportRow(line=line + 1, transaction=sale, customer_key=ExternalId(id=str(line % ROWS))))
        chunks.append(rows)
    answers = Sent(tenant, "sales", RECORD_KIND_TRANSACTION).all(chunks)
    assert set(outcomes(answers)) == {ROW_OUTCOME_CREATED}
    assert helpers.chunks_made > before
    [owner] = tenant.service.customers.search(external_id=("crm", "3"))
    found = tenant.service.transactions.list(customer=owner.name)
    assert sorted(one.total_minor for one in found) == [at * ROWS + 3 for at in range(CHUNKS)]


def test_process_killed_in_the_middle_of_an_import_loses_and_repeats_nothing(tenant: Tenant) -> None:
    [pid] = ready(tenant).pids()
    customers = [person(number) for number in range(CHUNKS * ROWS)]
    sending = Sent(tenant, "killed").answers(chunks_of(customers))
    answers = [next(sending)]
    os.kill(pid, signal.SIGKILL)
    answers += sending
    assert [one.chunk for one in answers] == list(range(CHUNKS))
    assert set(outcomes(answers)) == {ROW_OUTCOME_CREATED}
    assert contents(tenant) == {one.external_ids[0].id: one.SerializeToString(deterministic=True) for one in customers}


def test_broken_stream_gives_the_process_back(tenant: Tenant) -> None:
    [pid] = ready(tenant).pids()
    sending = Sent(tenant, "broken").answers(chunks_of([person(number) for number in range(CHUNKS * ROWS)]))
    next(sending)
    sending.close()  # type: ignore[attr-defined]  # a generator
    answers = Sent(tenant, "after").all(chunks_of([person(10_000 + number) for number in range(CHUNKS * ROWS)]))
    assert set(outcomes(answers)) == {ROW_OUTCOME_CREATED}
    assert ready(tenant).pids() == [pid]
