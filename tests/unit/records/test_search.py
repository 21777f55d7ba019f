"""What is found by which spelling."""

from __future__ import annotations

import pytest

from helpers.records import customer, need, transaction
from strongroom.api.v1.customer_pb2 import Customer, ExternalId
from vault_server.errors import InvalidArgumentError
from vault_server.records.dictionary import Dictionary
from vault_server.records.search import SearchIndex, by_number, external_id_key

DICTIONARY = Dictionary()
NOWHERE = SearchIndex(DICTIONARY)
GERMANY = SearchIndex(DICTIONARY, default_region="de")
EMAILS, PHONES, EXTERNAL_IDS, NATIONAL_IDS = 1014, 1015, 1022, 1023


def test_values_of_an_ordinary_customer() -> None:
    record = customer(national_ids=["ab-12 34/c"])
    assert NOWHERE.search_values(record) == [
        (EMAILS, b"anna.bergmann@example.org"),
        (PHONES, b"+49301234567"),
        (NATIONAL_IDS, b"AB1234C"),
    ]
    assert NOWHERE.unique_values(record) == [(EXTERNAL_IDS, b"crm\0C-12345")]


def test_unique_values_of_transactions_and_needs() -> None:
    assert NOWHERE.unique_values(transaction()) == [(2014, b"shop\0T-1")]
    assert NOWHERE.unique_values(need()) == [(3013, b"desk\0N-1")]
    assert NOWHERE.search_values(transaction()) == []


def test_each_value_is_listed_once_and_empty_ones_not_at_all() -> None:
    record = Customer(emails=["a@b.example", " A@B.example", "  ", ""], phones=["n/a", "unknown"])
    assert NOWHERE.search_values(record) == [(EMAILS, b"a@b.example")]
    twice = Customer(external_ids=[ExternalId(source="crm", id="1")] * 2)
    assert len(NOWHERE.unique_values(twice)) == 1


@pytest.mark.parametrize(
    "spelling",
    [
        "+49301234567",
        "+49 30 1234567",
        "+49 (0)30 1234567",
        "0049 30 123-4567",
        "030 1234567",
        "030/1234567",
        "(030) 123 45 67",
    ],
)
def test_every_spelling_of_a_phone_finds_the_others_where_the_region_is_known(spelling: str) -> None:
    assert GERMANY.normalize_for_search(PHONES, spelling) == b"+49301234567"
    assert GERMANY.search_values(Customer(phones=[spelling])) == [(PHONES, b"+49301234567")]


@pytest.mark.parametrize("spelling", ["+49 30 1234567", "+49 (0)30 1234567", "0049301234567", "+49.30.1234567"])
def test_international_spellings_need_no_region(spelling: str) -> None:
    assert NOWHERE.normalize_for_search(PHONES, spelling) == b"+49301234567"


@pytest.mark.parametrize("spelling", ["030 1234567", "030-1234567", "(030) 1234567"])
def test_local_phone_without_a_region_is_found_by_its_digits(spelling: str) -> None:
    assert NOWHERE.normalize_for_search(PHONES, spelling) == b"0301234567"


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [("+39 06 12345678", b"+390612345678"), ("+1 202 555 0123", b"+12025550123"), ("+44 (0)20 7946 0958", b"+442079460958")],
)
def test_national_prefix_goes_and_an_italian_zero_stays(spelling: str, expected: bytes) -> None:
    assert NOWHERE.normalize_for_search(PHONES, spelling) == expected


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        (" Anna@Example.ORG ", b"anna@example.org"),
        ("anna@example.org.", b"anna@example.org"),
        ("anna@MÜLLER.example", b"anna@xn--mller-kva.example"),
        ("ANNA@xn--mller-kva.example", b"anna@xn--mller-kva.example"),
        ("a@" + "ü" * 300, ("a@" + "ü" * 300).encode()),
    ],
)
def test_spellings_of_an_email(spelling: str, expected: bytes) -> None:
    assert NOWHERE.normalize_for_search(EMAILS, spelling) == expected


@pytest.mark.parametrize("text", ["", "   ", "x" * 2000, "a\0b"])
def test_nothing_to_search_for_is_an_error_of_the_caller(text: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        NOWHERE.normalize_for_search(EMAILS, text)
    assert caught.value.reason == "INVALID_SEARCH_VALUE"


@pytest.mark.parametrize("field", [0, 1008, EXTERNAL_IDS])
def test_field_that_is_not_searched_by_text_is_refused(field: int) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        NOWHERE.normalize_for_search(field, "x")
    assert caught.value.reason == "NOT_SEARCHABLE"


@pytest.mark.parametrize(("source", "external_id"), [("", "1"), ("crm", ""), ("crm", "1\0"), ("a\0b", "1")])
def test_external_id_key_needs_both_parts(source: str, external_id: str) -> None:
    with pytest.raises(InvalidArgumentError):
        external_id_key(source, external_id)


def test_values_are_grouped_for_the_blind_index() -> None:
    assert by_number([(1, b"a"), (2, b"b"), (1, b"c")]) == {1: [b"a", b"c"], 2: [b"b"]}
