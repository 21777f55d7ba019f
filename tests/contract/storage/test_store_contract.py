from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpers.stored_rows import QUEUED, RUNNING, TENANT, a_row, a_run, an_id, new_customers, put_customers
from vault_server.errors import ConflictError, ErasedError, UnavailableError
from vault_server.ports.records import RecordKind
from vault_server.ports.store import Store, WriteView
from vault_server.storage.opening import open_store
from vault_server.storage.schema_version import HEAD

CUSTOMER, TRANSACTION = RecordKind.CUSTOMER, RecordKind.TRANSACTION


class PlannedError(Exception):
    """Raised by a job on purpose."""


def test_what_a_job_raises_rolls_all_of_it_back(store: Store) -> None:
    def work(view: WriteView) -> None:
        put_customers(view, [an_id()])
        raise PlannedError

    with pytest.raises(PlannedError):
        store.write(work)
    with store.read() as view:
        assert view.records.count(TENANT, CUSTOMER) == 0


def test_a_job_reads_its_own_writes(store: Store) -> None:
    customer = an_id()

    def work(view: WriteView) -> int:
        put_customers(view, [customer])
        return len(view.records.get(TENANT, CUSTOMER, [customer]))

    assert store.write(work) == 1


def test_a_read_view_does_not_see_what_is_committed_after_it_began(store: Store) -> None:
    with store.read() as view:
        top = view.watermark()
        new_customers(store, 3)
        assert view.records.count(TENANT, CUSTOMER) == 0
        assert view.watermark() == top
    with store.read() as view:
        assert view.records.count(TENANT, CUSTOMER) == 3
        assert view.watermark() > top


def test_jobs_beside_a_failing_one_are_kept(store: Store) -> None:
    ids = [an_id() for _ in range(40)]

    def work(number: int) -> None:
        def job(view: WriteView) -> None:
            put_customers(view, [ids[number]])
            if number % 2:
                raise PlannedError

        store.write(job)

    with ThreadPoolExecutor(16) as pool:
        outcomes = [pool.submit(work, number) for number in range(len(ids))]
    failed = [isinstance(each.exception(), PlannedError) for each in outcomes]
    assert failed == [bool(number % 2) for number in range(len(ids))]
    with store.read() as view:
        found = view.records.get(TENANT, CUSTOMER, ids)
    assert [row.record_id for row in found] == ids[::2]


def test_of_two_writers_to_one_row_exactly_one_wins(store: Store) -> None:
    (customer,) = new_customers(store, 1)
    together = threading.Barrier(2)

    def change() -> None:
        together.wait()
        store.write(lambda view: view.records.update(TENANT, CUSTOMER, [a_row(customer, version=2)]))

    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(change) for _ in range(2)]
    errors = [each.exception() for each in outcomes]
    assert sorted(type(each).__name__ for each in errors) == ["ConflictError", "NoneType"]


def test_a_run_is_claimed_by_one_of_many_workers(store: Store) -> None:
    runs = [a_run(an_id()) for _ in range(6)]
    for row in runs:
        store.write(lambda view, row=row: view.runs.insert_run(row))  # type: ignore[misc]  # bound per round

    def claim() -> bytes | None:
        def job(view: WriteView) -> bytes | None:
            found = view.runs.claimable(TENANT, queued_state=QUEUED, running_state=RUNNING, now_us=1, limit=1)
            if not found or view.runs.lock_run(TENANT, found[0].run_id) != found[0]:
                return None
            view.runs.update_run(a_run(found[0].run_id, state=RUNNING, lease_expires_us=10))
            return found[0].run_id

        return store.write(job)

    with ThreadPoolExecutor(6) as pool:
        claimed = [each for each in pool.map(lambda _: claim(), range(30)) if each is not None]
    assert sorted(claimed) == [row.run_id for row in runs]


def test_nothing_of_a_customer_appears_behind_a_concurrent_erasure(store: Store) -> None:
    customers = new_customers(store, 12)

    def insert(customer: bytes) -> None:
        try:
            store.write(lambda view: view.records.insert(TENANT, TRANSACTION, [a_row(customer, an_id()) for _ in range(10)]))
        except ErasedError:
            return

    def erase(customer: bytes) -> None:
        store.write(lambda view: view.records.erase(TENANT, customer, 1))

    with ThreadPoolExecutor(4) as pool:
        for customer in customers:
            pool.submit(insert, customer)
            pool.submit(erase, customer)
    with store.read() as view:
        assert view.records.erased(TENANT, customers) == set(customers)
        assert view.records.count(TENANT, TRANSACTION, show_deleted=True) == 0


def test_watermarks_are_complete_while_others_write(store: Store) -> None:
    """Whatever lies at or below a watermark is there when the watermark is read, and nothing joins it later."""
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            new_customers(store, 2)

    def rows_below(top: int) -> int:
        with store.read() as view:
            rows = view.records.page(TENANT, CUSTOMER, after_id=b"", limit=100_000)
        return sum(row.position <= top for row in rows)

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write) for _ in range(3)]
        seen = []
        for _ in range(20):
            with store.read() as view:
                top = view.watermark()
                rows = view.records.page(TENANT, CUSTOMER, after_id=b"", limit=100_000)
                seen.append((top, sum(row.position <= top for row in rows)))
        ended.set()
        for each in writers:
            each.result()
    assert [count for _, count in seen] == [rows_below(top) for top, _ in seen]


def test_the_store_describes_itself(store: Store) -> None:
    facts = store.describe()
    assert facts["engine"] == store.engine
    assert facts["schema_version"] == HEAD
    assert len(facts["vault_id"]) == 32
    assert facts["engine_version"]


def test_a_closed_store_refuses(store_url: str) -> None:
    store = open_store(store_url)
    store.close()
    store.close()
    with pytest.raises(UnavailableError):
        store.write(lambda view: view.now_us())
    with pytest.raises(UnavailableError), store.read():
        pass


def test_what_was_written_is_there_after_reopening(store_url: str) -> None:
    store = open_store(store_url)
    store.write(lambda view: view.access.add_tenant(TENANT))
    ids = new_customers(store, 5)
    with store.read() as view:
        top = view.watermark()
    store.close()
    again = open_store(store_url)
    try:
        new_customers(again, 1)
        with again.read() as view:
            assert view.records.count(TENANT, CUSTOMER) == len(ids) + 1
            assert view.watermark() > top
    finally:
        again.close()


def test_errors_carry_neither_values_nor_statements(store: Store) -> None:
    secret = b"marker-in-a-sealed-row-0123"
    (customer,) = new_customers(store, 1)
    with pytest.raises(ConflictError) as conflict:
        store.write(lambda view: view.records.update(TENANT, CUSTOMER, [a_row(customer, version=9, sealed=secret)]))
    with pytest.raises(Exception) as duplicate:  # noqa: PT011 - its text is what is looked at
        store.write(lambda view: view.records.insert(TENANT, CUSTOMER, [a_row(customer, sealed=secret)] * 20))
    for caught in (conflict, duplicate):
        chain: BaseException | None = caught.value
        while chain is not None:
            assert "marker" not in repr(chain)
            assert "INSERT" not in str(chain).upper()
            assert customer.hex() not in repr(chain)
            chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
