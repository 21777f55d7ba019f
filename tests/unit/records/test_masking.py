"""What people see who may not see it whole."""

from __future__ import annotations

import pytest

from helpers.records import customer, need, transaction
from strongroom.api.v1.customer_pb2 import AttributeValue, Customer
from vault_server.records.dictionary import Dictionary
from vault_server.records.masking import Masker, initial, last_two, masked_email, sensitive_fields, year

DICTIONARY = Dictionary()
CANARY = "Canary-7391"


def test_ordinary_customer_masked() -> None:
    masked = Masker(DICTIONARY).mask(customer(attributes={"tariff": AttributeValue(string_value="gold")}, name="n"))
    assert isinstance(masked, Customer)
    assert (masked.given_name, masked.birth_date, masked.organisation, masked.language) == ("A.", "1980-**-**", "***", "de")
    assert list(masked.emails) == ["A***@***.org"]
    assert list(masked.phones) == ["***67"]
    assert masked.addresses[0].city == "***"
    assert masked.external_ids[0].id == "***45"
    assert masked.attributes["tariff"].string_value == "***"
    assert (masked.name, masked.provenance.line) == ("n", 4)


def test_masking_changes_a_copy() -> None:
    record = customer()
    Masker(DICTIONARY).mask(record)
    assert record == customer()


def test_numbers_and_cells_that_did_not_parse_are_left_out() -> None:
    record = customer(unparsed={CANARY: CANARY})
    record.income.amount_minor = 4_200_000
    masked = Masker(DICTIONARY).mask(record)
    assert isinstance(masked, Customer)
    assert masked.income.amount_minor == 0
    assert not masked.unparsed


def test_transactions_and_needs_show_no_words() -> None:
    assert Masker(DICTIONARY).mask(need()).text == "***"  # type: ignore[union-attr]  # a need stays a need
    masked = Masker(DICTIONARY).mask(transaction())
    assert masked.lines[0].description == "***"  # type: ignore[union-attr]  # a transaction stays a transaction
    assert masked.lines[0].unit_price_minor == 0  # type: ignore[union-attr]  # as above


@pytest.mark.parametrize(
    ("mask", "shown"),
    [
        (initial("Åsa"), "Å."),
        (initial("  "), "***"),
        (masked_email("no address"), "***"),
        (masked_email("@b.example"), "***"),
        (last_two("1234"), "***"),
        (last_two("12345"), "***45"),
        (year("n/a"), "***"),
    ],
)
def test_mask_of_odd_values_shows_less_not_more(mask: str, shown: str) -> None:
    assert mask == shown


def test_hunt_for_leaks_knows_every_text_about_a_person() -> None:
    paths = {f"{kind.name}.{path}" for kind, path in sensitive_fields(DICTIONARY)}
    assert {
        "CUSTOMER.given_name",
        "CUSTOMER.emails",
        "CUSTOMER.addresses.street",
        "CUSTOMER.external_ids.id",
        "CUSTOMER.unparsed",
        "CUSTOMER.attributes",
        "TRANSACTION.lines.description",
        "NEED.text",
    } <= paths
    assert "CUSTOMER.provenance.source" not in paths
