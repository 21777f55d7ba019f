"""What categories may see, and records cut down to it."""

from __future__ import annotations

import pytest

from helpers.records import attribute_definitions, customer
from strongroom.api.v1 import rules_pb2
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_TRANSACTION, AttributeDefinition
from strongroom.api.v1.customer_pb2 import AttributeValue, Correction, Customer, DerivedData, EntityAssignment, ImputedValue
from vault_server.errors import InvalidArgumentError
from vault_server.ports.records import RecordKind
from vault_server.records.dictionary import Dictionary
from vault_server.records.projection import Projection, expand, field_names, visible
from vault_server.records.sealing import canonical

DICTIONARY = Dictionary()
ATTRIBUTES = attribute_definitions()
EVERY_CATEGORY = frozenset(rules_pb2.Category.values())


def projection(*fields: str, visible_fields: tuple[str, ...] = ()) -> Projection:
    return Projection(DICTIONARY, RecordKind.CUSTOMER, fields, ATTRIBUTES, visible_fields=visible_fields)


def test_no_category_sees_only_what_is_about_nobody() -> None:
    assert visible(DICTIONARY, RecordKind.CUSTOMER, frozenset(), ATTRIBUTES) == ("provenance", "customer_id")


def test_every_category_sees_every_name() -> None:
    for kind in (RecordKind.CUSTOMER, RecordKind.TRANSACTION, RecordKind.NEED):
        assert visible(DICTIONARY, kind, EVERY_CATEGORY, ATTRIBUTES) == field_names(DICTIONARY, kind, ATTRIBUTES)


@pytest.mark.parametrize("category", sorted(EVERY_CATEGORY - {0}))
def test_category_sees_exactly_its_own_fields(category: int) -> None:
    seen = visible(DICTIONARY, RecordKind.CUSTOMER, frozenset({category}), {})
    fields = DICTIONARY.for_kind(RecordKind.CUSTOMER).fields
    assert {name for name in seen if name in fields and fields[name].category} == {
        name for name, field in fields.items() if field.category == category
    }


def test_attribute_belongs_to_its_kind_and_needs_both_categories() -> None:
    only_own = visible(DICTIONARY, RecordKind.TRANSACTION, frozenset({rules_pb2.CATEGORY_BEHAVIOUR}), ATTRIBUTES)
    assert "attributes.basket" in only_own
    assert "attributes.visits" not in field_names(DICTIONARY, RecordKind.TRANSACTION, ATTRIBUTES)
    special = {"basket": AttributeDefinition(record_kind=RECORD_KIND_TRANSACTION, category=rules_pb2.CATEGORY_SPECIAL)}
    assert "attributes.basket" not in visible(
        DICTIONARY, RecordKind.TRANSACTION, frozenset({rules_pb2.CATEGORY_SPECIAL}), special
    )


def test_derived_names_belong_to_customers_alone() -> None:
    assert "segment" in field_names(DICTIONARY, RecordKind.CUSTOMER, {})
    assert "segment" not in field_names(DICTIONARY, RecordKind.NEED, {})


def test_expansion_keeps_the_order_and_names_each_field_once() -> None:
    names = expand(
        DICTIONARY, RecordKind.CUSTOMER, ["phones", "attributes", "emails", "phones", "attributes.visits"], ATTRIBUTES
    )
    assert names[0] == "phones"
    assert names[-1] == "emails"
    assert len(names) == len(set(names)) == 7


@pytest.mark.parametrize("name", ["name", "version", "nope", "attributes.basket", "attributes."])
def test_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        expand(DICTIONARY, RecordKind.CUSTOMER, [name], ATTRIBUTES)


def record() -> Customer:
    return customer(attributes={"visits": AttributeValue(int_value=3), "nickname": AttributeValue(string_value="An")})


def test_projected_record_holds_the_named_fields_only() -> None:
    cut = projection("given_name", "attributes.visits").project(record())
    assert {field.name for field, _ in cut.ListFields()} == {"given_name", "attributes"}
    assert list(cut.attributes) == ["visits"]


def test_projected_bytes_hold_no_unknown_field() -> None:
    cut = projection("given_name").project_bytes(canonical(record()) + b"\xfa\x3f\x05value")
    assert cut == Customer(given_name="Anna").SerializeToString()


def test_attribute_that_is_no_longer_defined_is_cut() -> None:
    names = field_names(DICTIONARY, RecordKind.CUSTOMER, {"visits": ATTRIBUTES["visits"]})
    cut = Projection(DICTIONARY, RecordKind.CUSTOMER, names, ATTRIBUTES, visible_fields=names).project(record())
    assert list(cut.attributes) == ["visits"]


def test_whole_records_pass_unparsed() -> None:
    names = field_names(DICTIONARY, RecordKind.CUSTOMER, ATTRIBUTES)
    whole = Projection(DICTIONARY, RecordKind.CUSTOMER, names, ATTRIBUTES, visible_fields=names)
    plaintext = canonical(record())
    assert whole.identity
    assert whole.project_bytes(plaintext) is plaintext


def test_derived_data_says_nothing_about_fields_that_may_not_be_seen() -> None:
    derived = DerivedData(
        corrections=[Correction(field="emails[0]", before="a"), Correction(field="given_name", before="b")],
        imputed=[ImputedValue(field="income.amount_minor"), ImputedValue(field="attributes.visits")],
        entity=EntityAssignment(entity="e1"),
    )
    cut = projection("corrections", "imputed", visible_fields=("given_name", "attributes.visits")).project_derived(derived)
    assert [one.field for one in cut.corrections] == ["given_name"]
    assert [one.field for one in cut.imputed] == ["attributes.visits"]
    assert not cut.HasField("entity")
