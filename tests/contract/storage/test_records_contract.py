from __future__ import annotations

import pytest

from helpers.stored_rows import TENANT, a_dek, a_result, a_row, a_search_token, a_token, an_id, new_customers, put_customers
from vault_server.errors import AlreadyExistsError, ConflictError, ErasedError, InvalidArgumentError, NotFoundError
from vault_server.ports.records import ConsentRow, RecordKind, RowState
from vault_server.ports.store import Store, WriteView

CUSTOMER, TRANSACTION, NEED = RecordKind.CUSTOMER, RecordKind.TRANSACTION, RecordKind.NEED
LAST = b"\xff" * 16


def test_get_returns_rows_in_the_order_asked_for_and_leaves_absent_ids_out(store: Store) -> None:
    first, second, third = new_customers(store, 3)
    with store.read() as view:
        rows = view.records.get(TENANT, CUSTOMER, [third, an_id(), first])
        one = view.records.get(TENANT, CUSTOMER, [second])
        none = view.records.get(TENANT, CUSTOMER, [])
    assert [row.record_id for row in rows] == [third, first]
    assert rows[0]._replace(position=0) == a_row(third)
    assert [row.sealed for row in one] == [b"sealed-" + second]
    assert none == []


@pytest.mark.parametrize("kind", [TRANSACTION, NEED])
def test_child_records_are_found_by_their_own_id(store: Store, kind: RecordKind) -> None:
    (customer,) = new_customers(store, 1)
    children = [an_id() for _ in range(20)]
    store.write(lambda view: view.records.insert(TENANT, kind, [a_row(customer, each) for each in children]))
    with store.read() as view:
        rows = view.records.get(TENANT, kind, children[:2])
        assert [row.record_id for row in rows] == children[:2]
        assert {row.customer_id for row in rows} == {customer}
        assert view.records.count(TENANT, kind) == 20


def test_tenants_never_see_each_others_rows(store: Store) -> None:
    store.write(lambda view: view.access.add_tenant("globex"))
    (customer,) = new_customers(store, 1)
    with store.read() as view:
        assert view.records.get("globex", CUSTOMER, [customer]) == []
        assert view.records.deks("globex", [customer]) == []
        assert view.records.page("globex", CUSTOMER, after_id=b"", limit=5) == []
        assert view.records.count("nobody", CUSTOMER) == 0


def test_write_to_an_unknown_tenant_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError):
        store.write(lambda view: put_customers(view, [an_id()], tenant="nobody"))


@pytest.mark.parametrize("count", [1, 40])
def test_inserting_an_id_twice_is_refused_and_keeps_nothing_of_the_call(store: Store, count: int) -> None:
    (customer,) = new_customers(store, 1)
    fresh = [an_id() for _ in range(count)]
    with pytest.raises(AlreadyExistsError):
        store.write(lambda view: put_customers(view, [*fresh, customer]))
    with store.read() as view:
        assert view.records.count(TENANT, CUSTOMER) == 1


def test_rows_of_any_size_come_back_as_they_went_in(store: Store) -> None:
    ids = [an_id() for _ in range(50)]
    rows = [a_row(each, sealed=bytes([size % 256]) * (1 + size * 37)) for size, each in enumerate(ids)]
    store.write(lambda view: view.records.insert(TENANT, CUSTOMER, rows))
    with store.read() as view:
        found = view.records.get(TENANT, CUSTOMER, ids)
    assert [row._replace(position=0) for row in found] == rows


def test_rows_with_different_times_and_versions_go_in_together(store: Store) -> None:
    ids = [an_id() for _ in range(60)]
    rows = [a_row(each, version=1 + n % 5)._replace(created_us=n, updated_us=n * 2) for n, each in enumerate(ids)]
    store.write(lambda view: view.records.insert(TENANT, CUSTOMER, rows))
    with store.read() as view:
        assert [row._replace(position=0) for row in view.records.get(TENANT, CUSTOMER, ids)] == rows


def test_update_goes_only_over_the_version_before(store: Store) -> None:
    first, second = new_customers(store, 2)
    store.write(lambda view: view.records.update(TENANT, CUSTOMER, [a_row(first, version=2, sealed=b"new")]))
    with pytest.raises(ConflictError) as caught:
        store.write(lambda view: view.records.update(TENANT, CUSTOMER, [a_row(second, version=2), a_row(first, version=2)]))
    assert caught.value.reason == "ETAG_MISMATCH"
    with store.read() as view:
        rows = view.records.get(TENANT, CUSTOMER, [first, second])
    assert [(row.version, row.sealed) for row in rows] == [(2, b"new"), (1, b"sealed-" + second)]


def test_update_gives_the_row_a_later_position(store: Store) -> None:
    (customer,) = new_customers(store, 1)
    with store.read() as view:
        before = view.records.get(TENANT, CUSTOMER, [customer])[0]
        assert 0 < before.position <= view.watermark()
    store.write(lambda view: view.records.update(TENANT, CUSTOMER, [a_row(customer, version=2)]))
    with store.read() as view:
        after = view.records.get(TENANT, CUSTOMER, [customer])[0]
        assert before.position < after.position <= view.watermark()


def test_deleted_rows_are_got_but_neither_listed_nor_counted_nor_scanned(store: Store) -> None:
    first, second = new_customers(store, 2)
    gone = a_row(first, version=2, state=RowState.DELETED)
    store.write(lambda view: view.records.update(TENANT, CUSTOMER, [gone]))
    with store.read() as view:
        reader = view.records
        assert reader.get(TENANT, CUSTOMER, [first])[0].state == RowState.DELETED
        assert [row.record_id for row in reader.page(TENANT, CUSTOMER, after_id=b"", limit=9)] == [second]
        assert len(reader.page(TENANT, CUSTOMER, after_id=b"", limit=9, show_deleted=True)) == 2
        assert reader.count(TENANT, CUSTOMER) == 1
        assert reader.count(TENANT, CUSTOMER, show_deleted=True) == 2
        scanned = reader.scan(TENANT, CUSTOMER, after=(b"", b""), through_customer=LAST, max_position=view.watermark(), limit=9)
        assert [row.record_id for row, _ in scanned] == [second]


def test_pages_follow_each_other_without_gap_or_repeat(store: Store) -> None:
    ids = new_customers(store, 25)
    seen: list[bytes] = []
    with store.read() as view:
        while rows := view.records.page(TENANT, CUSTOMER, after_id=seen[-1] if seen else b"", limit=10):
            seen += [row.record_id for row in rows]
    assert seen == ids


def test_page_of_one_customer_holds_only_its_records(store: Store) -> None:
    first, second = new_customers(store, 2)
    own, other = [an_id(), an_id()], an_id()
    rows = [a_row(first, own[0]), a_row(second, other), a_row(first, own[1])]
    store.write(lambda view: view.records.insert(TENANT, TRANSACTION, rows))
    with store.read() as view:
        page = view.records.page(TENANT, TRANSACTION, after_id=b"", limit=9, customer_id=first)
    assert [row.record_id for row in page] == own


def test_scan_joins_the_newest_key_and_resumes_behind_the_last_row(store: Store) -> None:
    first, second = new_customers(store, 2)
    children = [an_id() for _ in range(6)]
    rows = [a_row(second if n % 2 else first, each) for n, each in enumerate(children)]
    store.write(lambda view: view.records.insert(TENANT, TRANSACTION, rows))
    store.write(lambda view: view.records.insert_deks(TENANT, [a_dek(first, version=2)]))
    seen = []
    after = (b"", b"")
    with store.read() as view:
        top = view.watermark()
        while batch := view.records.scan(TENANT, TRANSACTION, after=after, through_customer=LAST, max_position=top, limit=2):
            seen += [(row.record_id, dek.dek_version) for row, dek in batch]
            after = (batch[-1][0].customer_id, batch[-1][0].record_id)
        keys = view.records.deks(TENANT, [first, second])
    assert seen == [(each, 2) for each in children[::2]] + [(each, 1) for each in children[1::2]]
    assert keys == [a_dek(first), a_dek(first, version=2), a_dek(second)]


def test_scan_stops_at_the_customer_and_position_given(store: Store) -> None:
    early = new_customers(store, 3)
    with store.read() as view:
        top = view.watermark()
    late = new_customers(store, 1)
    with store.read() as view:
        scan = view.records.scan
        by_position = scan(TENANT, CUSTOMER, after=(b"", b""), through_customer=LAST, max_position=top, limit=9)
        by_customer = scan(
            TENANT, CUSTOMER, after=(b"", b""), through_customer=early[1], max_position=view.watermark(), limit=9
        )
    assert [row.record_id for row, _ in by_position] == early
    assert [row.record_id for row, _ in by_customer] == early[:2]
    assert late


@pytest.mark.parametrize(("rows", "parts"), [(0, 4), (3, 8), (40, 4), (41, 1)])
def test_split_cuts_all_rows_into_disjoint_parts(store: Store, rows: int, parts: int) -> None:
    ids = new_customers(store, rows) if rows else []
    with store.read() as view:
        uppers = view.records.split(TENANT, CUSTOMER, parts)
    assert uppers[-1] == LAST
    assert uppers == sorted(set(uppers))
    assert len(uppers) <= parts
    lower, sizes = b"", []
    for upper in uppers:
        sizes.append(len([each for each in ids if lower < each <= upper]))
        lower = upper
    assert sum(sizes) == rows
    assert max(sizes) <= -(-rows // parts)


def test_erase_removes_everything_of_the_customer_and_nothing_else(store: Store) -> None:
    gone, stays = new_customers(store, 2)
    run_id = an_id()

    def fill(view: WriteView) -> None:
        for customer in (gone, stays):
            transaction = an_id()
            view.records.insert(TENANT, TRANSACTION, [a_row(customer, transaction), a_row(customer, an_id())])
            view.records.insert(TENANT, NEED, [a_row(customer, an_id())])
            view.records.put_tokens(
                TENANT, [a_search_token("mail", customer), a_search_token("order", transaction, customer_id=customer)]
            )
            view.records.put_tokens(TENANT, [], unique=[a_search_token(customer.hex()[8:18], customer, field=9)])
            view.records.put_consent(TENANT, ConsentRow(customer, "p", True, 1))
        view.runs.append_results(TENANT, run_id, "segment", offset=0, rows=[a_result(gone, run_id), a_result(stays, run_id)])
        view.runs.make_current(TENANT, run_id, ["segment"])

    store.write(fill)
    fence = store.fence.number(TENANT)
    counts = store.write(lambda view: view.records.erase(TENANT, gone, 99))
    again = store.write(lambda view: view.records.erase(TENANT, gone, 100))
    assert counts == (2, 1, 1)
    assert again == (0, 0, 0)
    assert store.fence.number(TENANT) > fence
    with store.read() as view:
        reader = view.records
        assert reader.erased(TENANT, [gone, stays]) == {gone}
        for kind, left in ((CUSTOMER, 1), (TRANSACTION, 2), (NEED, 1)):
            assert {row.customer_id for row in reader.page(TENANT, kind, after_id=b"", limit=9)} == {stays}
            assert reader.count(TENANT, kind, show_deleted=True) == left
        assert [dek.customer_id for dek in reader.deks(TENANT, [gone, stays])] == [stays]
        assert [row.customer_id for row in reader.derived(TENANT, [gone, stays])] == [stays]
        assert [row.customer_id for row in reader.consents(TENANT, [gone, stays])] == [stays]
        for value in ("mail", "order"):
            found = reader.find_tokens(TENANT, 7, [a_token(value)], limit=9)
            assert [token.customer_id for token in found] == [stays]
        assert reader.match_unique(TENANT, 9, [a_token(gone.hex()[8:18])]) == {}


def test_erased_customers_take_no_new_rows_keys_or_consents(store: Store) -> None:
    gone, stays = new_customers(store, 2)
    store.write(lambda view: view.records.erase(TENANT, gone, 1))
    with pytest.raises(ErasedError):
        store.write(lambda view: view.records.insert(TENANT, CUSTOMER, [a_row(gone)]))
    with pytest.raises(ErasedError):
        store.write(lambda view: view.records.insert(TENANT, TRANSACTION, [a_row(stays, an_id()), a_row(gone, an_id())]))
    with pytest.raises(ErasedError):
        store.write(lambda view: view.records.insert_deks(TENANT, [a_dek(gone)]))
    with pytest.raises(ErasedError):
        store.write(lambda view: view.records.put_consent(TENANT, ConsentRow(gone, "p", True, 1)))
    with pytest.raises(ConflictError):
        store.write(lambda view: view.records.update(TENANT, CUSTOMER, [a_row(gone, version=2)]))


def test_erasing_whom_nobody_knows_is_not_found(store: Store) -> None:
    fence = store.fence.number(TENANT)
    with pytest.raises(NotFoundError):
        store.write(lambda view: view.records.erase(TENANT, an_id(), 1))
    assert store.fence.number(TENANT) == fence


def test_the_newest_word_on_a_purpose_counts_whatever_the_order_of_arrival(store: Store) -> None:
    first, second = new_customers(store, 2)

    def words(view: WriteView) -> None:
        for word in (
            ConsentRow(first, "ads", True, 10),
            ConsentRow(first, "ads", False, 20),
            ConsentRow(first, "ads", True, 15),
            ConsentRow(second, "ads", True, 5),
        ):
            view.records.put_consent(TENANT, word)

    store.write(words)
    with store.read() as view:
        assert view.records.consented(TENANT, "ads", [first, second]) == {second}
        assert view.records.consented(TENANT, "other", [first, second]) == frozenset()
        assert view.records.consents(TENANT, [first]) == [ConsentRow(first, "ads", False, 20)]


def test_derived_kinds_have_no_record_table(store: Store) -> None:
    with store.read() as view, pytest.raises(InvalidArgumentError):
        view.records.get(TENANT, RecordKind.DERIVED, [an_id()])
