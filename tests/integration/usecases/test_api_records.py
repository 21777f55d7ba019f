"""Customers, transactions and needs over real gRPC on both engines."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from helpers.running_vault import Tenant
from strongroom import (
    AlreadyExistsError,
    ConflictError,
    Customer,
    ExternalId,
    FailedPreconditionError,
    InvalidArgumentError,
    Need,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    Transaction,
)
from strongroom.api.v1 import customer_service_pb2 as customers_pb2
from strongroom.api.v1.attribute_service_pb2 import ATTRIBUTE_TYPE_STRING
from strongroom.api.v1.customer_pb2 import RECORD_STATE_DELETED, RECORD_STATE_LIVE, AttributeValue
from strongroom.api.v1.need_pb2 import NEED_KIND_SERVICE
from strongroom.api.v1.rules_pb2 import CATEGORY_BEHAVIOUR
from strongroom.api.v1.transaction_pb2 import TRANSACTION_KIND_PURCHASE

MISSING = "00000000-0000-7000-8000-000000000000"


def person(**changes: Any) -> Customer:
    return Customer(**{"given_name": "Ada", "family_name": "Brook", **changes})


def purchase(number: str = "T-1") -> Transaction:
    made = Transaction(
        kind=TRANSACTION_KIND_PURCHASE, total_minor=1999, currency="EUR", external_id=ExternalId(source="shop", id=number)
    )
    made.time.seconds = 1_700_000_000
    return made


def wish(number: str = "N-1") -> Need:
    return Need(kind=NEED_KIND_SERVICE, text="A second line", external_id=ExternalId(source="desk", id=number))


class Kind:
    """One kind of record behind the same verbs, so that one rule is tested on all three."""

    def __init__(self, tenant: Tenant, kind: str) -> None:
        self.kind = kind
        self.client = getattr(tenant.service, kind)
        self.parent = "" if kind == "customers" else tenant.service.customers.create(person()).name
        self.tenant = tenant
        self.field = {"customers": "job_title", "transactions": "channel", "needs": "topic"}[kind]

    def make(self, number: int = 1) -> Any:
        if self.kind == "customers":
            return person(external_ids=[ExternalId(source="crm", id=f"C-{number}")])
        return purchase(f"T-{number}") if self.kind == "transactions" else wish(f"N-{number}")

    def create(self, record: Any, **options: Any) -> Any:
        return self.client.create(*([self.parent] if self.parent else []), record, **options)

    def list(self, **options: Any) -> list[Any]:
        return list(self.client.list(**({"customer": self.parent} if self.parent else {}), **options))

    def changed(self, record: Any, text: str) -> Any:
        after = type(record)()
        after.CopyFrom(record)
        setattr(after, self.field, text)
        return after


@pytest.fixture(params=["customers", "transactions", "needs"])
def kind(request: pytest.FixtureRequest, acme: Tenant) -> Kind:
    return Kind(acme, request.param)


def test_created_record_is_read_back_with_what_the_vault_adds(kind: Kind) -> None:
    made = kind.create(kind.make())
    assert (made.version, made.state) == (1, RECORD_STATE_LIVE)
    assert made.etag
    assert made.create_time.seconds > 0
    assert kind.client.get(made.name) == made


def test_what_a_caller_sets_in_output_fields_is_ignored(kind: Kind) -> None:
    record = kind.make()
    record.version, record.etag, record.name = 77, "mine", "tenants/x/customers/y"
    assert kind.create(record).version == 1


def test_update_writes_named_fields_only_and_counts_versions(kind: Kind) -> None:
    made = kind.create(kind.make())
    after = kind.client.update(kind.changed(made, "web"), fields=[kind.field])
    assert (getattr(after, kind.field), after.version) == ("web", 2)
    assert after.etag != made.etag
    assert kind.client.get(made.name) == after


def test_update_over_a_newer_version_is_refused(kind: Kind) -> None:
    made = kind.create(kind.make())
    kind.client.update(kind.changed(made, "web"), fields=[kind.field])
    with pytest.raises(ConflictError) as refused:
        kind.client.update(kind.changed(made, "shop"), fields=[kind.field])
    assert refused.value.reason == "ETAG_MISMATCH"
    assert getattr(kind.client.get(made.name), kind.field) == "web"


def test_field_of_the_mask_that_is_unset_is_cleared(kind: Kind) -> None:
    made = kind.create(kind.changed(kind.make(), "web"))
    after = kind.client.update(kind.changed(made, ""), fields=[kind.field])
    assert getattr(after, kind.field) == ""


@pytest.mark.parametrize("path", ["version", "name", "no_such_field", "given_name.x", "", "*", "attributes.", "."])
def test_mask_that_names_no_writable_field_is_refused(acme: Tenant, path: str) -> None:
    made = acme.service.customers.create(person())
    with pytest.raises(InvalidArgumentError) as refused:
        acme.service.customers.update(made, fields=[path])
    assert refused.value.reason == "INVALID_MASK"


def test_validate_only_writes_nothing(kind: Kind) -> None:
    kind.create(kind.make(), validate_only=True)
    assert kind.list() == []
    made = kind.create(kind.make())
    kind.client.update(kind.changed(made, "web"), fields=[kind.field], validate_only=True)
    assert kind.client.get(made.name) == made
    with pytest.raises(AlreadyExistsError):
        kind.create(kind.make(), validate_only=True)


def test_repeated_request_makes_one_record(kind: Kind) -> None:
    first = kind.create(kind.make(), request_id="r-1")
    assert kind.create(kind.make(), request_id="r-1") == first
    assert len(kind.list()) == 1


def test_request_id_of_another_request_is_refused(kind: Kind) -> None:
    kind.create(kind.make(1), request_id="r-1")
    with pytest.raises(FailedPreconditionError) as refused:
        kind.create(kind.make(2), request_id="r-1")
    assert refused.value.reason == "REQUEST_ID_REUSED"


def test_twins_with_one_request_id_at_the_same_time_make_one_record(kind: Kind) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: kind.create(kind.make(), request_id="twin"), range(8)))
    assert len({record.name for record in made}) == 1
    assert len(kind.list()) == 1


def test_twin_updates_with_one_request_id_write_once(kind: Kind) -> None:
    made = kind.create(kind.make())
    after = kind.changed(made, "web")
    with ThreadPoolExecutor(8) as pool:
        versions = set(pool.map(lambda _: kind.client.update(after, fields=[kind.field], request_id="twin").version, range(8)))
    assert versions == {2}


def test_deleted_record_is_hidden_and_comes_back(kind: Kind) -> None:
    made = kind.create(kind.make())
    gone = kind.client.delete(made.name)
    assert gone.state == RECORD_STATE_DELETED
    assert kind.list() == []
    assert [one.name for one in kind.list(show_deleted=True)] == [made.name]
    assert kind.client.get(made.name).state == RECORD_STATE_DELETED
    with pytest.raises(FailedPreconditionError) as refused:
        kind.client.update(kind.changed(gone, "web"), fields=[kind.field])
    assert refused.value.reason == "DELETED"
    assert kind.client.delete(made.name).version == gone.version
    assert kind.client.undelete(made.name).state == RECORD_STATE_LIVE
    assert [one.name for one in kind.list()] == [made.name]


def test_delete_of_a_changed_record_is_refused(kind: Kind) -> None:
    made = kind.create(kind.make())
    kind.client.update(kind.changed(made, "web"), fields=[kind.field])
    with pytest.raises(ConflictError):
        kind.client.delete(made.name, etag=made.etag)


def test_external_id_belongs_to_one_record(kind: Kind) -> None:
    first = kind.create(kind.make(1))
    with pytest.raises(AlreadyExistsError) as refused:
        kind.create(kind.make(1))
    assert refused.value.reason == "DUPLICATE_EXTERNAL_ID"
    assert [one.name for one in kind.list()] == [first.name]


def test_pages_hold_every_record_once_in_order(kind: Kind) -> None:
    made = [kind.create(kind.make(number)).name for number in range(7)]
    assert [one.name for one in kind.list(page_size=3)] == made


def test_batch_get_keeps_the_order_and_names_what_is_missing(kind: Kind) -> None:
    names = [kind.create(kind.make(number)).name for number in range(3)]
    stem = names[0].rpartition("/")[0]
    absent = f"{stem}/{MISSING}"
    answer = kind.client.batch_get(*([kind.parent] if kind.parent else []), [names[2], absent, names[0]])
    assert [one.name for one in getattr(answer, kind.kind)] == [names[2], names[0]]
    assert list(answer.missing) == [absent]


def test_missing_record_is_not_found(kind: Kind) -> None:
    stem = kind.create(kind.make()).name.rpartition("/")[0]
    with pytest.raises(NotFoundError):
        kind.client.get(f"{stem}/{MISSING}")


def test_page_size_must_not_be_negative(acme: Tenant) -> None:
    with pytest.raises(InvalidArgumentError):
        list(acme.service.customers.list(page_size=-1))


def test_number_of_customers_to_find_must_not_be_negative(acme: Tenant) -> None:
    with pytest.raises(InvalidArgumentError):
        acme.service.customers.search(email="ada@example.com", limit=-1)


def page(tenant: Tenant, token: str, **options: Any) -> customers_pb2.ListCustomersResponse:
    request = customers_pb2.ListCustomersRequest(parent=tenant.name, page_size=1, page_token=token, **options)
    return tenant.service.calls.unary(request, customers_pb2.ListCustomersResponse)


def test_page_token_of_another_list_or_tenant_is_refused(acme: Tenant, other: Tenant) -> None:
    for tenant in (acme, other):
        for _ in range(2):
            tenant.service.customers.create(person())
    token = page(acme, "").next_page_token
    assert page(acme, token).customers
    refusals: list[Callable[[], object]] = [
        lambda: page(acme, token, show_deleted=True),
        lambda: page(other, token),
        lambda: page(acme, token[:-1] + ("A" if token[-1] != "A" else "B")),
        lambda: page(acme, "nonsense"),
        lambda: page(acme, "x" * 5000),
    ]
    for refusal in refusals:
        with pytest.raises(InvalidArgumentError):
            refusal()


@pytest.mark.parametrize(
    ("field", "stored", "asked"),
    [
        ("email", "Ada.Brook@Example.COM", " ada.brook@example.com "),
        ("email", "ada@b\u00fccher.example", "ADA@xn--bcher-kva.example"),
        ("phone", "+49 30 1234567", "+49-30-1234567"),
        ("phone", "+44 (0)1632 960001", "+441632960001"),
        ("national_id", "ab-12 34.56/c", "AB123456C"),
    ],
)
def test_search_finds_a_value_however_it_is_written(acme: Tenant, field: str, stored: str, asked: str) -> None:
    made = acme.service.customers.create(person(**{f"{field}s": [stored]}))
    acme.service.customers.create(person(**{f"{field}s": ["+49 30 7654321" if field == "phone" else "zz@example.org"]}))
    found = acme.service.customers.search(**{field: asked})  # type: ignore[arg-type]  # one text key at a time
    assert [one.name for one in found] == [made.name]


def test_search_by_external_id_knows_the_source(acme: Tenant) -> None:
    made = acme.service.customers.create(person(external_ids=[ExternalId(source="crm", id="7")]))
    acme.service.customers.create(person(external_ids=[ExternalId(source="shop", id="7")]))
    assert [one.name for one in acme.service.customers.search(external_id=("crm", "7"))] == [made.name]


def test_search_forgets_old_values_and_hides_deleted_customers(acme: Tenant) -> None:
    made = acme.service.customers.create(person(emails=["old@example.com"]))
    made.emails[:] = ["new@example.com"]
    acme.service.customers.update(made, fields=["emails"])
    assert not acme.service.customers.search(email="old@example.com")
    assert acme.service.customers.search(email="new@example.com")
    acme.service.customers.delete(made.name)
    assert not acme.service.customers.search(email="new@example.com")


def test_deleted_customers_take_no_place_among_those_that_a_search_finds(acme: Tenant) -> None:
    names = [acme.service.customers.create(person(emails=["shared@example.com"])).name for _ in range(3)]
    for name in names[:2]:
        acme.service.customers.delete(name)
    assert [one.name for one in acme.service.customers.search(email="shared@example.com", limit=1)] == [names[2]]


def test_search_needs_a_key(acme: Tenant) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        acme.service.calls.unary(customers_pb2.SearchCustomersRequest(parent=acme.name), customers_pb2.SearchCustomersResponse)
    assert refused.value.reason == "NO_SEARCH_KEY"


def test_names_of_another_tenant_are_denied_whether_they_exist_or_not(acme: Tenant, other: Tenant) -> None:
    foreign = other.service.customers.create(person(emails=["foreign@example.com"]))
    absent = f"{other.name}/customers/{MISSING}"
    refusals = []
    for name in (foreign.name, absent):
        for verb in ("get", "delete", "undelete", "erase"):
            with pytest.raises(PermissionDeniedError) as refused:
                getattr(acme.service.customers, verb)(name)
            refusals.append((verb, refused.value.reason, refused.value.message))
        with pytest.raises(PermissionDeniedError):
            acme.service.customers.batch_get([name])
        with pytest.raises(PermissionDeniedError):
            acme.service.customers.update(Customer(name=name, given_name="Eve"))
    assert len({reason for _, reason, _ in refusals}) == 1
    assert len(refusals) / 2 == len(set(refusals))
    assert not acme.service.customers.search(email="foreign@example.com")
    assert other.service.customers.get(foreign.name) == foreign


def test_transaction_of_a_missing_customer_is_refused(acme: Tenant) -> None:
    with pytest.raises(NotFoundError):
        acme.service.transactions.create(f"{acme.name}/customers/{MISSING}", purchase())


def test_transaction_under_another_customers_name_is_not_found(acme: Tenant) -> None:
    ada, eve = (acme.service.customers.create(person()) for _ in range(2))
    made = acme.service.transactions.create(ada.name, purchase())
    forged = made.name.replace(ada.name, eve.name)
    with pytest.raises(NotFoundError):
        acme.service.transactions.get(forged)
    with pytest.raises(NotFoundError):
        acme.service.transactions.delete(forged)


def test_every_transaction_of_the_tenant_is_listed_under_the_dash(acme: Tenant) -> None:
    ada, eve = (acme.service.customers.create(person()) for _ in range(2))
    made = {acme.service.transactions.create(one.name, purchase(one.name)).name for one in (ada, eve)}
    assert {one.name for one in acme.service.transactions.list()} == made


def test_mask_reaches_single_attributes(acme: Tenant) -> None:
    for key in ("colour", "size"):
        acme.admin.attributes.create(key, type=ATTRIBUTE_TYPE_STRING, category=CATEGORY_BEHAVIOUR)
    made = acme.service.customers.create(
        person(attributes={"colour": AttributeValue(string_value="red"), "size": AttributeValue(string_value="L")})
    )
    change = Customer(name=made.name, attributes={"colour": AttributeValue(string_value="blue")})
    after = acme.service.customers.update(change, fields=["attributes.colour"])
    assert {key: value.string_value for key, value in after.attributes.items()} == {"colour": "blue", "size": "L"}
    after = acme.service.customers.update(Customer(name=made.name), fields=["attributes.colour"])
    assert set(after.attributes) == {"size"}


def test_attribute_must_be_defined_and_have_its_type(acme: Tenant) -> None:
    with pytest.raises(InvalidArgumentError) as refused:
        acme.service.customers.create(person(attributes={"colour": AttributeValue(string_value="red")}))
    assert refused.value.reason == "INVALID_RECORD"
    made = acme.admin.attributes.create("colour", type=ATTRIBUTE_TYPE_STRING, category=CATEGORY_BEHAVIOUR)
    assert acme.admin.attributes.create("colour", type=ATTRIBUTE_TYPE_STRING, category=CATEGORY_BEHAVIOUR) == made
    assert [one.key for one in acme.analyst.attributes.list()] == ["colour"]
    with pytest.raises(InvalidArgumentError):
        acme.service.customers.create(person(attributes={"colour": AttributeValue(int_value=3)}))
    acme.service.customers.create(person(attributes={"colour": AttributeValue(string_value="red")}))


def test_page_of_large_records_is_cut_to_what_a_message_holds(acme: Tenant) -> None:
    for number in range(12):
        acme.service.customers.create(person(unparsed={f"cell{part}": chr(97 + number) * 10_000 for part in range(60)}))
    assert len(list(acme.service.customers.list(page_size=1000))) == 12


def test_answer_that_no_message_holds_is_refused_with_a_reason(acme: Tenant) -> None:
    names = [
        acme.service.customers.create(person(unparsed={f"cell{part}": "x" * 10_000 for part in range(90)})).name
        for _ in range(6)
    ]
    with pytest.raises(ResourceExhaustedError) as refused:
        acme.service.customers.batch_get(names)
    assert refused.value.reason == "ANSWER_TOO_LARGE"
