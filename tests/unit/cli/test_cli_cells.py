import pytest

from strongroom.api.v1 import attribute_service_pb2 as api
from strongroom_cli.currencies import major_text
from strongroom_cli.importing import cells
from strongroom_cli.importing.attribute_types import inferred_type
from strongroom_cli.importing.words import CUSTOMER_HEADERS, folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1980-04-03", "1980-04-03"),
        ("19800403", "1980-04-03"),
        ("1980/4/3", "1980-04-03"),
        ("03.04.1980", "1980-04-03"),
        ("31/12/1980", "1980-12-31"),
        ("12/31/1980", "1980-12-31"),
        ("3 Apr 1980", "1980-04-03"),
        ("April 3, 1980", "1980-04-03"),
        ("1980-04-03T00:00:00", "1980-04-03"),
        ("03/04/1980", None),
        ("31/02/1980", None),
        ("1852-00-01", None),
        ("1975-13-05", None),
        ("01/02/85", None),
        ("n/a", None),
        ("99/99/9999", None),
    ],
)
def test_a_date_has_one_certain_reading_or_none(text: str, expected: str | None) -> None:
    assert cells.parse_date(text) == expected


def test_a_column_that_agrees_on_an_order_settles_its_ambiguous_dates() -> None:
    assert cells.date_order(["31/12/1980", "03/04/1980"]) == "day_first"
    assert cells.date_order(["12/31/1980"]) == "month_first"
    assert cells.date_order(["12/31/1980", "31/12/1980"]) == ""
    assert cells.parse_date("03/04/1980", "day_first") == "1980-04-03"
    assert cells.parse_date("03/04/1980", "month_first") == "1980-03-04"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+49 30 123456", ["+49 30 123456"]),
        ("030/123456", ["030/123456"]),
        ("030 123456 / 0171 9876543", ["030 123456", "0171 9876543"]),
        ("030 123456; 0171 9876543", ["030 123456", "0171 9876543"]),
        ("030 123456 or 0171 9876543", ["030 123456", "0171 9876543"]),
        ("030 123456, 0171 9876543", ["030 123456", "0171 9876543"]),
        ("(0171) 98-76.543 ext. 12", ["(0171) 98-76.543 ext. 12"]),
        ("ask at desk", None),
        ("n/a", None),
        ("12", None),
    ],
)
def test_phones_in_a_cell_are_told_apart(text: str, expected: list[str] | None) -> None:
    assert cells.split_phones(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@x.example", ["a@x.example"]),
        ("a@x.example; b@y.example", ["a@x.example", "b@y.example"]),
        ("a@x,example", ["a@x,example"]),
        ("a at x.example", ["a at x.example"]),
        ("none given", None),
        ("?", None),
    ],
)
def test_a_nearly_right_address_stays_whole(text: str, expected: list[str] | None) -> None:
    assert cells.split_emails(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("45000", (4_500_000, "")),
        ("45,000", (4_500_000, "")),
        ("45.000 EUR", (4_500_000, "EUR")),
        ("45.000,50", (4_500_050, "")),
        ("45,000.50", (4_500_050, "")),
        ("£30 000", (3_000_000, "GBP")),
        ("45k", (4_500_000, "")),
        ("EUR 45000", (4_500_000, "EUR")),
        ("29.85", (2_985, "")),
        ("about 40", None),
        ("1,2,3", None),
        ("", None),
    ],
)
def test_money_is_read_in_the_forms_people_write(text: str, expected: tuple[int, str] | None) -> None:
    assert cells.parse_minor_units(text) == expected


@pytest.mark.parametrize(
    ("text", "currency", "minor", "shown"),
    [
        ("1,250", "JPY", 1250, "1250"),
        ("1250 UGX", "", 1250, "1250"),
        ("12.345", "KWD", 12_345, "12.345"),
        ("12.5 BHD", "", 12_500, "12.500"),
        ("12.345", "EUR", 1_234_500, "12345.00"),
        ("-3.50", "XYZ", -350, "-3.50"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency_when_read_and_when_shown(
    text: str, currency: str, minor: int, shown: str
) -> None:
    read = cells.parse_minor_units(text, currency)

    assert read is not None
    assert read[0] == minor
    assert major_text(minor, read[1] or currency) == shown


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2", "", "n/a"], api.ATTRIBUTE_TYPE_INT),
        (["1", "2.5"], api.ATTRIBUTE_TYPE_DOUBLE),
        (["yes", "no"], api.ATTRIBUTE_TYPE_BOOL),
        (["yes", "no", "maybe"], api.ATTRIBUTE_TYPE_STRING),
        (["2020-01-01", "2021-02-03"], api.ATTRIBUTE_TYPE_DATE),
        (["00123", "00456"], api.ATTRIBUTE_TYPE_STRING),
        ([], api.ATTRIBUTE_TYPE_STRING),
        (["1"] * 99 + ["abc"], api.ATTRIBUTE_TYPE_INT),
    ],
)
def test_a_type_is_what_nearly_all_values_are(values: list[str], expected: api.AttributeType.ValueType) -> None:
    assert inferred_type(values) == expected


def test_a_header_word_means_one_field_only() -> None:
    names = [name for words in CUSTOMER_HEADERS.values() for name in words.split("|")]

    assert len(names) == len(set(names))
    assert all(folded(name) == name for name in names)
    assert folded("Kunden-Nr.") == "kunden_nr"
    assert folded("customerID") == "customer_id"
    assert folded("Prénom") == "prenom"
