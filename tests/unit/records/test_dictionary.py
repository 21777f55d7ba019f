"""What the data dictionary fixes for ever."""

from __future__ import annotations

import pytest

from strongroom.api.v1 import rules_pb2
from vault_server.ports.records import RecordKind
from vault_server.records.dictionary import Dictionary


def test_index_numbers_are_stored_and_never_change() -> None:
    found = {
        (spec.kind.name, field.name): field.index_number
        for spec in Dictionary().kinds
        for field in (*spec.searchable, *spec.unique)
    }
    assert found == {
        ("CUSTOMER", "emails"): 1014,
        ("CUSTOMER", "phones"): 1015,
        ("CUSTOMER", "external_ids"): 1022,
        ("CUSTOMER", "national_ids"): 1023,
        ("TRANSACTION", "external_id"): 2014,
        ("NEED", "external_id"): 3013,
    }


def test_only_ids_of_source_systems_are_unique() -> None:
    unique = {field.name for spec in Dictionary().kinds for field in spec.unique}
    assert unique == {"external_ids", "external_id"}


def test_rules_are_read_from_the_options() -> None:
    emails = Dictionary().for_kind(RecordKind.CUSTOMER).fields["emails"]
    assert (emails.category, emails.max_length, emails.max_items) == (rules_pb2.CATEGORY_CONTACT, 320, 20)
    assert emails.repeated
    assert emails.is_string


def test_field_without_an_index_has_no_number() -> None:
    with pytest.raises(KeyError):
        Dictionary().index_number(RecordKind.CUSTOMER, "given_name")


def test_every_text_about_a_person_has_a_length_a_form_or_its_vault_as_author() -> None:
    for spec in Dictionary().kinds:
        for field in spec.fields.values():
            if field.is_string:
                assert field.output_only or field.max_length or field.format, f"{spec.kind.name}.{field.name}"
