from __future__ import annotations

import pytest

from helpers.stored_rows import TENANT, a_search_token, a_token, an_id, new_customers
from vault_server.errors import AlreadyExistsError
from vault_server.ports.records import RecordKind
from vault_server.ports.store import Store, WriteView

CUSTOMER = RecordKind.CUSTOMER


def test_tokens_find_every_record_that_carries_them(store: Store) -> None:
    first, second, third = new_customers(store, 3)
    shared = [a_search_token("same@mail", first), a_search_token("same@mail", second), a_search_token("own", third)]
    store.write(lambda view: view.records.put_tokens(TENANT, shared))
    with store.read() as view:
        assert view.records.find_tokens(TENANT, 7, [a_token("same@mail"), a_token("none")], limit=9) == shared[:2]
        assert len(view.records.find_tokens(TENANT, 7, [a_token("same@mail")], limit=1)) == 1
        assert view.records.find_tokens(TENANT, 8, [a_token("same@mail")], limit=9) == []


def test_tokens_of_child_records_keep_their_customer(store: Store) -> None:
    (customer,) = new_customers(store, 1)
    token = a_search_token("order", an_id(), customer_id=customer)
    store.write(lambda view: view.records.put_tokens(TENANT, [token]))
    with store.read() as view:
        assert view.records.find_tokens(TENANT, 7, [token.token], limit=9) == [token]


@pytest.mark.parametrize("count", [1, 30])
def test_adding_a_token_twice_is_harmless(store: Store, count: int) -> None:
    ids = new_customers(store, count)
    tokens = [a_search_token(f"mail{n}", each) for n, each in enumerate(ids)]
    store.write(lambda view: view.records.put_tokens(TENANT, tokens))
    more = [*tokens, *(a_search_token(f"phone{n}", each) for n, each in enumerate(ids))]
    store.write(lambda view: view.records.put_tokens(TENANT, more))
    with store.read() as view:
        assert len(view.records.find_tokens(TENANT, 7, [each.token for each in more], limit=999)) == 2 * count


@pytest.mark.parametrize("count", [1, 30])
def test_a_unique_token_belongs_to_one_record(store: Store, count: int) -> None:
    ids = new_customers(store, count + 1)
    tokens = [a_search_token(f"crm{n}", each, field=9) for n, each in enumerate(ids[:count])]
    store.write(lambda view: view.records.put_tokens(TENANT, [], unique=tokens))
    stolen = [token._replace(customer_id=ids[count], record_id=ids[count]) for token in tokens]
    with pytest.raises(AlreadyExistsError) as caught:
        store.write(lambda view: view.records.put_tokens(TENANT, [], unique=stolen))
    assert caught.value.reason == "DUPLICATE_EXTERNAL_ID"
    with store.read() as view:
        found = view.records.match_unique(TENANT, 9, [each.token for each in tokens])
        assert found == {each.token: (each.customer_id, each.record_id) for each in tokens}
        assert view.records.find_tokens(TENANT, 9, [tokens[0].token], limit=5) == tokens[:1]


def test_putting_a_unique_token_of_the_same_record_again_is_harmless(store: Store) -> None:
    (customer,) = new_customers(store, 1)
    tokens = [a_search_token("crm1", customer, field=9)]
    store.write(lambda view: view.records.put_tokens(TENANT, [], unique=tokens))
    store.write(lambda view: view.records.put_tokens(TENANT, [], unique=[*tokens, a_search_token("crm2", customer, field=9)]))
    with store.read() as view:
        assert len(view.records.match_unique(TENANT, 9, [a_token("crm1"), a_token("crm2")])) == 2


def test_one_unique_token_for_two_records_of_one_call_is_refused(store: Store) -> None:
    ids = new_customers(store, 30)
    tokens = [a_search_token("same", each, field=9) for each in ids]
    with pytest.raises(AlreadyExistsError):
        store.write(lambda view: view.records.put_tokens(TENANT, [], unique=tokens))


def test_dropping_removes_all_tokens_of_the_records_and_no_others(store: Store) -> None:
    first, second = new_customers(store, 2)
    many = [a_search_token(f"mail{n}", first) for n in range(150)]

    def fill(view: WriteView) -> None:
        view.records.put_tokens(TENANT, many)
        view.records.put_tokens(TENANT, [a_search_token("mail0", second)])
        view.records.put_tokens(
            TENANT, [], unique=[a_search_token("crm1", first, field=9), a_search_token("crm2", second, field=9)]
        )

    store.write(fill)
    store.write(lambda view: view.records.drop_tokens(TENANT, CUSTOMER, [first]))
    with store.read() as view:
        found = view.records.find_tokens(TENANT, 7, [each.token for each in many], limit=999)
        assert [each.record_id for each in found] == [second]
        assert view.records.match_unique(TENANT, 9, [a_token("crm1"), a_token("crm2")]) == {a_token("crm2"): (second, second)}
    store.write(lambda view: view.records.put_tokens(TENANT, [], unique=[a_search_token("crm1", second, field=9)]))
