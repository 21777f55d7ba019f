"""Imports over real gRPC on both engines: nothing acknowledged is lost, nothing appears twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from helpers.running_vault import Tenant
from strongroom import (
    AlreadyExistsError,
    Customer,
    ExternalId,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    Transaction,
)
from strongroom.api.v1 import import_service_pb2 as api
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER, RECORD_KIND_TRANSACTION, RecordKind
from strongroom.api.v1.customer_pb2 import AttributeValue
from strongroom.api.v1.import_service_pb2 import (
    ROW_OUTCOME_CREATED,
    ROW_OUTCOME_REJECTED,
    ROW_OUTCOME_UNCHANGED,
    ROW_OUTCOME_UPDATED,
)
from strongroom.api.v1.transaction_pb2 import TRANSACTION_KIND_PURCHASE


def row(line: int, number: str, **fields: object) -> api.ImportRow:
    made = Customer(given_name="Ada", external_ids=[ExternalId(source="crm", id=number)])
    made.MergeFrom(Customer(**fields))  # type: ignore[arg-type]  # fields by name, as the test needs them
    return api.ImportRow(line=line, customer=made)


def sale(line: int, number: str, customer: str, **fields: object) -> api.ImportRow:
    made = Transaction(kind=TRANSACTION_KIND_PURCHASE, currency="EUR", external_id=ExternalId(source="crm", id=number))
    made.time.seconds = 1_700_000_000
    made.MergeFrom(Transaction(**fields))  # type: ignore[arg-type]  # fields by name, as the test needs them
    return api.ImportRow(line=line, transaction=made, customer_key=ExternalId(id=customer))


class Importing:
    """One import, chunk by chunk, as a client without the SDK's care would send it."""

    def __init__(
        self, tenant: Tenant, import_id: str = "i1", kind: RecordKind.ValueType = RECORD_KIND_CUSTOMER, source: str = "crm"
    ) -> None:
        self.calls = tenant.service.calls
        request = api.CreateImportRequest(parent=tenant.name, import_id=import_id, kind=kind, source=source)
        self.name = getattr(self.calls.unary(request, api.CreateImportResponse), "import").name

    def send(self, *chunks: tuple[int, Sequence[api.ImportRow]], validate_only: bool = False) -> list[api.ImportRowsResponse]:
        stream = self.calls.exchange(api.ImportRowsRequest, api.ImportRowsResponse, timeout_s=30)
        answers = []
        try:
            for number, rows in chunks:
                stream.send(api.ImportRowsRequest(name=self.name, chunk=number, rows=rows, validate_only=validate_only))
                answer = stream.receive()
                assert answer is not None
                answers.append(answer)
        finally:
            stream.finish()
        assert stream.receive() is None
        return answers

    def send_without_waiting(self, *chunks: tuple[int, Sequence[api.ImportRow]]) -> list[api.ImportRowsResponse]:
        stream = self.calls.exchange(api.ImportRowsRequest, api.ImportRowsResponse, timeout_s=30)
        for number, rows in chunks:
            stream.send(api.ImportRowsRequest(name=self.name, chunk=number, rows=rows))
        stream.finish()
        return list(iter(stream.receive, None))

    def finish(self) -> api.Import:
        return self._import(api.FinishImportRequest(name=self.name), api.FinishImportResponse)

    def get(self) -> api.Import:
        return self._import(api.GetImportRequest(name=self.name), api.GetImportResponse)

    def _import(self, request: object, answer: type) -> api.Import:
        found: api.Import = getattr(self.calls.unary(request, answer), "import")  # type: ignore[arg-type]  # one of the two pairs above
        return found


def outcomes(answer: api.ImportRowsResponse) -> list[int]:
    return list(answer.outcomes)


def reasons(answers: Iterable[api.ImportRowsResponse]) -> list[tuple[int, str, bool]]:
    return [(issue.line, issue.reason, issue.fatal) for answer in answers for issue in answer.issues]


def names_of(tenant: Tenant) -> list[str]:
    return [one.external_ids[0].id for one in tenant.service.customers.list()]


def test_every_row_has_an_outcome_and_an_id(acme: Tenant) -> None:
    importing = Importing(acme)
    [answer] = importing.send((0, [row(1, "a"), row(2, "b")]))
    assert outcomes(answer) == [ROW_OUTCOME_CREATED] * 2
    assert len(answer.record_ids) == 32
    assert names_of(acme) == ["a", "b"]
    found = acme.service.customers.search(external_id=("crm", "b"))[0]
    assert (found.provenance.source, found.provenance.import_batch, found.provenance.line) == ("crm", importing.name, 2)


def test_bad_row_is_reported_and_stops_no_other(acme: Tenant) -> None:
    bad_date = row(2, "bad", birth_date="1980-02-31")
    no_id = api.ImportRow(line=3, customer=Customer(given_name="Eve"))
    not_a_customer = api.ImportRow(line=4, transaction=Transaction())
    nothing = api.ImportRow(line=5)
    importing = Importing(acme)
    [answer] = importing.send((0, [row(1, "a"), bad_date, no_id, not_a_customer, nothing, row(6, "z")]))
    assert outcomes(answer) == [ROW_OUTCOME_CREATED, *[ROW_OUTCOME_REJECTED] * 4, ROW_OUTCOME_CREATED]
    assert {line for line, _, fatal in reasons([answer]) if fatal} == {2, 3, 4, 5}
    assert names_of(acme) == ["a", "z"]
    counts = importing.finish()
    assert (counts.created, counts.rejected) == (2, 4)


def test_chunk_sent_again_is_answered_the_same_and_stored_once(acme: Tenant) -> None:
    importing = Importing(acme)
    first = importing.send((0, [row(1, "a")]), (1, [row(2, "b")]))
    again = importing.send((0, [row(1, "a")]), (1, [row(2, "b")]))
    assert again == first
    assert names_of(acme) == ["a", "b"]
    assert importing.get().created == 2


def test_chunk_sent_again_with_other_rows_is_refused(acme: Tenant) -> None:
    importing = Importing(acme)
    importing.send((0, [row(1, "a")]))
    with pytest.raises(FailedPreconditionError) as refused:
        importing.send((0, [row(1, "other")]))
    assert refused.value.reason == "CHUNK_REUSED"
    assert names_of(acme) == ["a"]


def test_chunk_out_of_order_is_refused_and_says_which_comes_next(acme: Tenant) -> None:
    importing = Importing(acme)
    importing.send((0, [row(1, "a")]))
    with pytest.raises(OutOfRangeError) as refused:
        importing.send((2, [row(3, "c")]))
    assert refused.value.metadata["next_chunk"] == "1"
    assert names_of(acme) == ["a"]


def test_finished_import_takes_no_more_and_still_answers_what_it_took(acme: Tenant) -> None:
    importing = Importing(acme)
    first = importing.send((0, [row(1, "a")]))
    assert importing.finish() == importing.finish()
    assert importing.send((0, [row(1, "a")])) == first
    with pytest.raises(FailedPreconditionError) as refused:
        importing.send((1, [row(2, "b")]))
    assert refused.value.reason == "IMPORT_FINISHED"


def test_stream_without_a_chunk_is_harmless(acme: Tenant) -> None:
    assert Importing(acme).send() == []


def test_import_that_was_not_created_takes_nothing(acme: Tenant) -> None:
    importing = Importing(acme)
    importing.name = f"{acme.name}/imports/nobody"
    with pytest.raises(NotFoundError):
        importing.send((0, [row(1, "a")]))


def test_import_id_belongs_to_one_kind_and_source(acme: Tenant) -> None:
    assert Importing(acme).name == Importing(acme).name
    with pytest.raises(AlreadyExistsError):
        Importing(acme, source="shop")
    with pytest.raises(AlreadyExistsError):
        Importing(acme, kind=RECORD_KIND_TRANSACTION)


def test_twin_row_in_a_chunk_counts_once_and_a_contradicting_one_is_refused(acme: Tenant) -> None:
    [answer] = Importing(acme).send((0, [row(1, "a"), row(2, "a"), row(3, "a", job_title="Smith")]))
    assert outcomes(answer) == [ROW_OUTCOME_CREATED, ROW_OUTCOME_UNCHANGED, ROW_OUTCOME_REJECTED]
    assert reasons([answer]) == [(3, "DUPLICATE_EXTERNAL_ID", True)]


def test_twin_row_has_the_id_of_the_record_it_stands_for(acme: Tenant) -> None:
    [answer] = Importing(acme).send((0, [row(1, "a"), row(2, "a")]))
    assert answer.record_ids[:16] == answer.record_ids[16:]


def test_contradicting_row_in_a_later_chunk_is_refused(acme: Tenant) -> None:
    answers = Importing(acme).send((0, [row(1, "a")]), (1, [row(2, "a"), row(3, "a", job_title="Smith")]))
    assert outcomes(answers[1]) == [ROW_OUTCOME_UNCHANGED, ROW_OUTCOME_REJECTED]
    answers = Importing(acme, "i2").send((0, [row(1, "b")]), (1, [row(3, "b", job_title="Smith")]))
    assert reasons(answers) == [(3, "DUPLICATE_EXTERNAL_ID", True)]
    assert acme.service.customers.search(external_id=("crm", "b"))[0].job_title == ""


def test_chunks_sent_without_waiting_see_what_the_ones_before_them_wrote(acme: Tenant) -> None:
    """The second chunk is prepared while the first is written: what it found then may not be what holds."""
    Importing(acme, "first").send((0, [row(1, "a"), row(2, "b")]))
    answers = Importing(acme, "second").send_without_waiting(
        (0, [row(1, "a", given_name="Bea"), row(2, "new")]),
        (1, [row(3, "a"), row(4, "b")]),  # nothing but the look at the keys would stop line 3: it says what was stored before
        (2, [row(5, "new"), row(6, "new2"), row(7, "c")]),
        (3, [row(8, "new2", given_name="Eve")]),
    )
    assert [outcomes(answer) for answer in answers] == [
        [ROW_OUTCOME_UPDATED, ROW_OUTCOME_CREATED],
        [ROW_OUTCOME_REJECTED, ROW_OUTCOME_UNCHANGED],
        [ROW_OUTCOME_UNCHANGED, ROW_OUTCOME_CREATED, ROW_OUTCOME_CREATED],
        [ROW_OUTCOME_REJECTED],
    ]
    assert sorted(names_of(acme)) == ["a", "b", "c", "new", "new2"]
    assert acme.service.customers.search(external_id=("crm", "a"))[0].given_name == "Bea"


def test_chunk_sent_twice_without_waiting_is_stored_once(acme: Tenant) -> None:
    first, second = Importing(acme).send_without_waiting((0, [row(1, "a")]), (0, [row(1, "a")]))
    assert first == second
    assert names_of(acme) == ["a"]


def test_later_import_updates_what_it_says_and_keeps_the_rest(acme: Tenant) -> None:
    Importing(acme).send((0, [row(1, "a", job_title="Smith", emails=["ada@example.com"]), row(2, "b")]))
    second = Importing(acme, "i2")
    [answer] = second.send((0, [row(1, "a", job_title="Baker"), row(2, "b"), row(3, "c")]))
    assert outcomes(answer) == [ROW_OUTCOME_UPDATED, ROW_OUTCOME_UNCHANGED, ROW_OUTCOME_CREATED]
    after = acme.service.customers.search(email="ada@example.com")[0]
    assert (after.job_title, after.version) == ("Baker", 2)
    counts = second.finish()
    assert (counts.created, counts.updated, counts.unchanged) == (1, 1, 1)


def test_update_that_would_break_a_limit_is_refused_and_changes_nothing(acme: Tenant) -> None:
    Importing(acme).send((0, [row(1, "a", unparsed={f"c{n}": "x" for n in range(400)})]))
    [answer] = Importing(acme, "i2").send((0, [row(7, "a", unparsed={f"d{n}": "x" for n in range(400)})]))
    assert outcomes(answer) == [ROW_OUTCOME_REJECTED]
    assert reasons([answer]) == [(7, "TOO_MANY", True)]
    assert acme.service.customers.search(external_id=("crm", "a"))[0].version == 1


def test_ids_of_other_sources_stay_with_the_customer(acme: Tenant) -> None:
    Importing(acme).send((0, [row(1, "a")]))
    made = acme.service.customers.search(external_id=("crm", "a"))[0]
    made.external_ids.append(ExternalId(source="shop", id="s1"))
    acme.service.customers.update(made, fields=["external_ids"])
    Importing(acme, "i2").send((0, [row(1, "a", job_title="Baker")]))
    assert acme.service.customers.search(external_id=("shop", "s1"))[0].job_title == "Baker"


def test_row_that_brings_another_customers_id_is_refused(acme: Tenant) -> None:
    Importing(acme).send((0, [row(1, "a"), row(2, "b")]))
    thief = row(3, "c", external_ids=[ExternalId(source="shop", id="s1")])
    owner = row(4, "d", external_ids=[ExternalId(source="shop", id="s1")])
    [answer] = Importing(acme, "i2").send((0, [thief, owner]))
    assert outcomes(answer) == [ROW_OUTCOME_CREATED, ROW_OUTCOME_REJECTED]
    [answer] = Importing(acme, "i3").send((0, [owner, row(5, "e")]))
    assert outcomes(answer) == [ROW_OUTCOME_REJECTED, ROW_OUTCOME_CREATED]
    assert reasons([answer]) == [(4, "DUPLICATE_EXTERNAL_ID", True)]


def test_two_rows_of_one_record_under_two_of_its_ids_do_not_stop_the_chunk(acme: Tenant) -> None:
    Importing(acme).send((0, [row(1, "a", external_ids=[ExternalId(source="crm", id="b")])]))
    rows = [row(1, "a", job_title="Baker"), row(2, "b", job_title="Smith"), row(3, "c")]
    [answer] = Importing(acme, "i2").send((0, rows))
    assert outcomes(answer) == [ROW_OUTCOME_UPDATED, ROW_OUTCOME_REJECTED, ROW_OUTCOME_CREATED]


def test_cell_that_does_not_parse_is_kept_and_reported(acme: Tenant) -> None:
    importing = Importing(acme)
    [answer] = importing.send((0, [row(1, "a", unparsed={"birth_date": "1852-00-01"})]))
    assert outcomes(answer) == [ROW_OUTCOME_CREATED]
    assert reasons([answer]) == [(1, "UNPARSED", False)]
    assert importing.get().with_issues == 1
    made = acme.service.customers.search(external_id=("crm", "a"))[0]
    assert dict(made.unparsed) == {"birth_date": "1852-00-01"}
    Importing(acme, "i2").send((0, [row(1, "a", birth_date="1852-01-01")]))
    after = acme.service.customers.search(external_id=("crm", "a"))[0]
    assert (after.birth_date, dict(after.unparsed)) == ("1852-01-01", {})


def test_undefined_attribute_refuses_its_row_only(acme: Tenant) -> None:
    [answer] = Importing(acme).send((0, [row(1, "a", attributes={"shoe": AttributeValue(int_value=42)}), row(2, "b")]))
    assert outcomes(answer) == [ROW_OUTCOME_REJECTED, ROW_OUTCOME_CREATED]
    assert reasons([answer]) == [(1, "UNKNOWN_ATTRIBUTE", True)]


def test_dry_run_says_what_would_happen_and_stores_nothing(acme: Tenant) -> None:
    importing = Importing(acme)
    [answer] = importing.send((0, [row(1, "a"), row(2, "b", birth_date="x")]), validate_only=True)
    assert outcomes(answer) == [ROW_OUTCOME_CREATED, ROW_OUTCOME_REJECTED]
    assert names_of(acme) == []
    assert importing.get().next_chunk == 0
    importing.send((0, [row(1, "a")]))


def test_transaction_of_an_unknown_customer_is_refused_alone(acme: Tenant) -> None:
    Importing(acme).send((0, [row(1, "a")]))
    [answer] = Importing(acme, "i2", RECORD_KIND_TRANSACTION).send((0, [sale(1, "t1", "a"), sale(2, "t2", "nobody")]))
    assert outcomes(answer) == [ROW_OUTCOME_CREATED, ROW_OUTCOME_REJECTED]
    assert reasons([answer]) == [(2, "UNKNOWN_CUSTOMER", True)]
    assert len(list(acme.service.transactions.list())) == 1


def test_transaction_that_names_another_customer_than_before_is_refused(acme: Tenant) -> None:
    Importing(acme).send((0, [row(1, "a"), row(2, "b")]))
    Importing(acme, "i2", RECORD_KIND_TRANSACTION).send((0, [sale(1, "t1", "a")]))
    [answer] = Importing(acme, "i3", RECORD_KIND_TRANSACTION).send((0, [sale(1, "t1", "b", channel="web")]))
    assert reasons([answer]) == [(1, "OTHER_CUSTOMER", True)]
    [made] = acme.service.transactions.list()
    assert made.channel == ""


def test_deleted_record_is_not_written_by_an_import(acme: Tenant) -> None:
    Importing(acme).send((0, [row(1, "a")]))
    acme.service.customers.delete(acme.service.customers.search(external_id=("crm", "a"))[0].name)
    [answer] = Importing(acme, "i2").send((0, [row(1, "a", job_title="Baker")]))
    assert reasons([answer]) == [(1, "DELETED", True)]


def test_chunk_has_a_largest_number_of_rows(acme: Tenant) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        Importing(acme).send((0, [row(n, str(n)) for n in range(5001)]))
    assert refused.value.reason == "TOO_MANY_ROWS"


def test_report_of_a_chunk_fits_a_message_however_many_cells_do_not_parse(acme: Tenant) -> None:
    importing = Importing(acme)
    rows = [row(n, str(n), unparsed={f"c{cell}": "?" for cell in range(60)}) for n in range(3000)]
    [answer] = importing.send((0, rows))
    assert outcomes(answer) == [ROW_OUTCOME_CREATED] * 3000
    assert {line for line, _, _ in reasons([answer])} == set(range(3000))
    assert importing.get().with_issues == 3000
