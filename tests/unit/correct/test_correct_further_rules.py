"""Titles, encodings, languages, places, outliers, nicknames and totals: what is said, and what is left alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from analysis_worker.steps.correct import CorrectOptions, apply_proposals, correct
from helpers.customer_rows import Row, address, customer_table

OPTIONS = CorrectOptions(as_of=date(2026, 6, 30))


def proposals(*rows: Row) -> dict[tuple[str, str], tuple[str, str]]:
    found = correct(customer_table(rows), OPTIONS).proposals.to_pylist()
    return {(item["row_id"], item["field"]): (item["after"], item["rule"]) for item in found}


def first(row: Row, field: str, *others: Row) -> str | None:
    return proposals(row, *others).get(("r000000", field), (None, ""))[0]


@pytest.mark.parametrize(
    ("name", "country", "rest"),
    [
        ("Dr. Ada", None, "Ada"),
        ("Prof. Dr. Ada", None, "Ada"),
        ("Mrs ADA", None, "Ada"),
        ("Dr.Ada", None, "Ada"),
        ("Frau Dipl.-Ing. Ada", "DE", "Ada"),
        ("M. Pierre", "FR", "Pierre"),
        ("De heer Jan", "NL", "Jan"),
        ("Don Carlos", "ES", "Carlos"),
    ],
)
def test_title_before_a_given_name_is_split_off(name: str, country: str | None, rest: str) -> None:
    assert first({"given_name": name, "addresses": [address(country)]}, "given_name") == rest


@pytest.mark.parametrize(
    ("name", "country"),
    [("Don Carlos", "US"), ("M. Pierre", "US"), ("Pan Wei", "CN"), ("Dr.", None), ("Dr. J.", None)],
)
def test_what_may_be_a_name_or_an_initial_stays(name: str, country: str | None) -> None:
    assert first({"given_name": name, "addresses": [address(country)]}, "given_name") is None


@pytest.mark.parametrize(
    "text", ["Müller", "Łukasz", "Çelik", "Siobhán", "Nguyễn", "Ødegård", "Ægir", "Œuvray", "Иванов", "São"]
)
def test_text_read_in_another_encoding_comes_back_and_right_text_stays(text: str) -> None:
    assert first({"family_name": text}, "family_name") is None
    once = bytes(text, "utf-8").decode("cp1252", errors="ignore")
    if once.encode("cp1252") == bytes(text, "utf-8"):
        assert first({"family_name": once}, "family_name") == text


def test_encoding_damage_of_an_address_is_repaired_too() -> None:
    row = {"addresses": [{**address("DE"), "city": "MÃ¼nchen", "street": "GoethestraÃŸe 1"}]}
    found = proposals(row)
    assert found["r000000", "addresses[0].city"] == ("München", "text.encoding")
    assert found["r000000", "addresses[0].street"] == ("Goethestraße 1", "text.encoding")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("English", "en"),
        ("deutsch", "de"),
        ("FR", "fr"),
        ("eng", "en"),
        ("en_GB", "en-GB"),
        ("pt-br", "pt-BR"),
        ("Français", "fr"),
    ],
)
def test_language_becomes_its_tag(text: str, tag: str) -> None:
    assert first({"language": text}, "language") == tag


@pytest.mark.parametrize("text", ["en", "pt-BR", "UK", "CH", "CA", "tlh", "x", "none"])
def test_language_that_is_right_or_a_country_stays(text: str) -> None:
    assert first({"language": text}, "language") is None


def test_language_that_did_not_parse_is_read_from_the_unparsed_cells() -> None:
    table = customer_table([{"unparsed": [("language", "Deutsch!")]}, {"unparsed": [("language", "German")]}])
    fixed = apply_proposals(table, correct(table, OPTIONS).proposals).to_pylist()
    assert [row["language"] for row in fixed] == ["de", "de"]


def _place(city: str, postcode: str, region: str | None) -> Row:
    return {"addresses": [{**address("DE", postcode, region), "city": city}]}


CROWD = [_place("Nordheim", f"24{number:03}", "Holstein") for number in range(100, 145)] + [
    _place("Suedheim", f"80{number:03}", "Bayern") for number in range(100, 110)
]


# Ten more towns, and two addresses whose region and town agree against the postcode: addresses of such a file do go wrong.
_TOWNS = [
    _place(f"Ort{letter}", f"{50 + place}{number:03}", "Mitte")
    for place, letter in enumerate("abcdefghij")
    for number in range(4)
]
_WRONG = [_place("Suedheim", f"24{number:03}", "Bayern") for number in (777, 888)]
LARGER_CROWD = [*CROWD, *_TOWNS, *_WRONG]


def _of_first(*rows: Row) -> list[tuple[str, str]]:
    """Field and new value of what is said of the first row."""
    return [(field, after) for (row, field), (after, _) in proposals(*rows).items() if row == "r000000"]


_MORE_OF_HOLSTEIN = [_place("Westerheim", f"25{number:03}", "Holstein") for number in range(10)]


def test_postcode_of_another_region_than_town_and_region_is_pointed_at_without_a_value() -> None:
    assert proposals(_place("Nordheim", "80199", "Holstein"), *CROWD) == {
        ("r000000", "addresses[0].postal_code"): ("", "address.city_postcode")
    }


def test_town_of_another_region_is_replaced_only_where_the_postcode_names_one_town() -> None:
    crowd = [*LARGER_CROWD, *(_place("Suedheim", "80777", "Bayern") for _ in range(5))]
    assert proposals(_place("Nordheim", "80777", "Bayern"), *crowd)["r000000", "addresses[0].city"][0] == "Suedheim"
    assert proposals(_place("Nordheim", "80888", "Bayern"), *crowd)["r000000", "addresses[0].city"][0] == ""


def test_second_town_of_the_same_name_is_no_contradiction() -> None:
    twins = [_place("Nordheim", f"80{number:03}", "Bayern") for number in range(200, 203)]
    assert proposals(*twins, *CROWD) == {}


def test_town_may_be_a_second_one_of_its_name_where_no_other_address_is_wrong() -> None:
    row = _place("Orta", "80888", "Bayern")
    assert _of_first(row, *LARGER_CROWD) == [("addresses[0].city", "")]
    assert _of_first(row, *CROWD, *_TOWNS) == []


def test_town_may_be_a_second_one_of_its_name_where_the_file_is_full_of_such_names() -> None:
    row = _place("Orta", "80888", "Bayern")
    twins = [
        _place(f"Ort{letter}", f"{postcode}{number:03}", region)
        for letter in "bcdefghij"
        for postcode, region in ((40, "Westen"), (41, "Osten"))
        for number in range(4)
    ]
    assert _of_first(row, *LARGER_CROWD, *twins) == []


def test_postcode_of_a_little_known_town_is_judged_by_the_region_of_its_row() -> None:
    crowd = [*LARGER_CROWD, *_MORE_OF_HOLSTEIN]
    assert _of_first(_place("Hinterwald", "80123", "Holstein"), *crowd) == [("addresses[0].postal_code", "")]
    assert _of_first(_place("Hinterwald", "80123", "Schleswig"), *crowd) == []
    assert _of_first(_place("Hinterwald", "80123", None), *crowd) == []


def test_proposal_to_look_is_never_applied() -> None:
    table = customer_table([_place("Nordheim", "80199", "Holstein"), *CROWD])
    assert apply_proposals(table, correct(table, OPTIONS).proposals).equals(table)


def _amounts(values: list[float], name: str = "attributes.spend") -> list[dict[str, Any]]:
    table = pa.table({"row_id": [str(place) for place in range(len(values))], name: pa.array(values, pa.float64())})
    return list(correct(table, OPTIONS).proposals.to_pylist())


def test_amount_a_hundred_times_too_large_is_pointed_at() -> None:
    sound = [20.0 + place % 37 for place in range(200)]
    (found,) = _amounts([*sound, 4_000.0])
    assert (found["row_id"], found["rule"], found["after"]) == ("200", "outlier.amount", "")


def test_long_tail_small_amounts_and_many_large_ones_are_left_alone() -> None:
    assert _amounts([1.03**place for place in range(300)]) == []
    assert _amounts([*(20.0 + place % 37 for place in range(200)), 1.0]) == []
    assert _amounts([*(20.0 + place % 37 for place in range(200)), *([4_000.0] * 30)]) == []


def test_short_name_gets_the_longer_one_of_the_same_person_as_an_alternative() -> None:
    bill = {"given_name": "Bill", "family_name": "Fenn", "birth_date": "1980-02-03", "phones": ["+442079460958"]}
    assert first(bill, "given_name", {**bill, "given_name": "William"}) == "William"
    assert first(bill, "given_name", {**bill, "given_name": "William", "birth_date": "1950-02-03"}) is None
    assert first(bill, "given_name", {**bill, "given_name": "William", "phones": ["+442079460000"]}) is None
    assert first(bill, "given_name") is None


def test_age_stays_where_another_row_of_the_person_disputes_the_birth_date() -> None:
    row = {
        "given_name": "Ada",
        "family_name": "Fenn",
        "birth_date": "1980-02-03",
        "stated_age": 63,
        "emails": ["a@example.org"],
    }
    other = {**row, "birth_date": "1963-02-03", "stated_age": 63}
    assert first(row, "stated_age") == "46"
    assert first(row, "stated_age", other) is None


def test_whole_decades_are_an_error_only_where_the_birth_year_is_confirmed() -> None:
    row = {"birth_date": "1986-01-15", "stated_age": 30}
    assert first(row, "stated_age") is None
    assert first({**row, "emails": ["ada1986@example.org"]}, "stated_age") == "40"


def test_number_of_days_is_a_date_where_the_age_agrees() -> None:
    assert first({"unparsed": [("birth_date", "31140")], "stated_age": 41}, "birth_date") == "1985-04-03"
    assert first({"unparsed": [("birth_date", "31140")], "stated_age": 20}, "birth_date") is None
    assert first({"unparsed": [("birth_date", "31140")]}, "birth_date") is None


def _totals(*stated: int, each: int = 250) -> list[tuple[str, str, str]]:
    """Proposals for totals of transactions of two lines at `each`; the first ones as stated, a hundred more right."""
    all_stated = [*stated, *([2 * each] * 100)]
    line = {"quantity_milli": 1000, "unit_price_minor": each}
    transactions = pa.table(
        {
            "row_id": ["c"] * len(all_stated),
            "transaction": pa.array(range(len(all_stated)), pa.int64()),
            "total_minor": pa.array(all_stated, pa.int64()),
            "lines": [[line, line]] * len(all_stated),
        }
    )
    found = correct(pa.table({"row_id": ["c"]}), OPTIONS, transactions).proposals.to_pylist()
    return [(item["field"], item["rule"], item["after"]) for item in found]


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        (50_000, "total.major_units"),
        (5, "total.major_units"),
        (800, "total.digits"),
        (750, "total.line_count"),
        (613, "total.lines"),
    ],
)
def test_total_that_is_not_the_sum_of_the_lines_gets_the_sum(stated: int, rule: str) -> None:
    found = _totals(stated)
    assert found == [("transactions[0].total_minor", rule, "500")]


def test_refund_may_be_written_negative_and_keeps_its_sign() -> None:
    assert _totals(-500) == []
    assert _totals(-50_000) == [("transactions[0].total_minor", "total.major_units", "-500")]


def test_repeated_or_frequent_differences_are_postage_or_tax_and_no_error() -> None:
    assert _totals(613, 613, 613) == []
    assert _totals(*range(1001, 1031)) == []
