"""What is known before any file is read, where the file is too small to show it: geography, custom, endings, shapes."""

from collections.abc import Sequence
from datetime import date

import pytest

from analysis_worker.steps.correct import CorrectOptions, correct
from analysis_worker.steps.correct.known_towns import lies_in_known
from analysis_worker.steps.correct.name_order import Heard, NameOrder, Said, heard
from analysis_worker.steps.correct.postal_regions import postal_region, region_named
from analysis_worker.steps.correct.swap_odds import SwapOdds
from helpers.customer_rows import Row, customer_table

AS_OF = date(2026, 1, 1)
CONTRADICTION = "address.city_postcode"


def place(city: str, region: str | None, postcode: str, country: str = "DE") -> Row:
    parts = {"street": None, "line2": None, "city": city, "region": region, "postal_code": postcode, "country": country}
    return {"addresses": [parts]}


# Towns whose postcodes lie in one region, as many rows of each as a small file has.
SOUND = [
    place(city, region, f"{sign}{number:03}")
    for city, region, sign in (("Hamburg", "Hamburg", "20"), ("Köln", "Nordrhein-Westfalen", "50"), ("München", "Bayern", "80"))
    for number in range(100, 130)
]
# Rows where region and town agree against the postcode: addresses of such a file do go wrong.
WRONG = [place("Köln", "Nordrhein-Westfalen", "80331"), place("Hamburg", "Hamburg", "50667")]


def found(rows: Sequence[Row], rule: str) -> list[tuple[str, str]]:
    """The fields and values that the rule gives the last row."""
    proposals = correct(customer_table(rows), CorrectOptions(as_of=AS_OF)).proposals.to_pylist()
    last = f"r{len(rows) - 1:06d}"
    return [(one["field"], one["after"]) for one in proposals if one["rule"] == rule and one["row_id"] == last]


@pytest.mark.parametrize(
    ("country", "postcode", "region"),
    [
        ("US", "90210", "CA"), ("US", "063901234", None), ("US", "2134", None), ("FR", "31000", "Occitanie"),
        ("DE", "04109", None), ("DE", "80331", "Bayern"), ("CA", "K1A0B1", "ON"), ("XX", "12345", None),
    ],
)  # fmt: skip
def test_postcode_lies_in_a_region_where_its_first_signs_do_and_it_is_whole(
    country: str, postcode: str, region: str | None
) -> None:
    assert postal_region(country, postcode) == region


def test_region_goes_by_the_names_that_files_write() -> None:
    assert region_named("DE", "BAVARIA") == region_named("DE", "Bayern") == "Bayern"
    assert region_named("US", "california") == "CA"
    assert region_named("DE", "Rheinland") is None


@pytest.mark.parametrize(
    ("country", "town", "postcode", "lies"),
    [
        ("GB", "Newcastle upon Tyne", "NE11AA", True), ("GB", "Leeds", "SW1A1AA", False), ("GB", "Sampleton", "SW1A1AA", None),
        ("US", "Houston", "55942", True), ("US", "Houston", "90210", False), ("FR", "LYON", "69001", True),
        ("DE", "Köln", "5066", None),
    ],
)  # fmt: skip
def test_large_town_has_postcodes_of_its_place_only(country: str, town: str, postcode: str, *, lies: bool | None) -> None:
    assert lies_in_known(country, town, postcode) is lies


def test_postcode_outside_the_region_of_its_row_is_pointed_at_though_nobody_else_has_the_town() -> None:
    assert found([*SOUND, place("Sampleton", "Hamburg", "80331")], CONTRADICTION) == [("addresses[0].postal_code", "")]


def test_region_alone_is_odd_where_town_and_postcode_agree() -> None:
    assert found([*SOUND, place("München", "Hamburg", "80331")], CONTRADICTION) == []


def test_region_by_another_name_is_known_from_its_other_rows() -> None:
    others = [place("Sampleton", "Rheinland", f"50{number}") for number in range(200, 206)]
    assert found([*SOUND, *others, place("Elmham", "Rheinland", "80331")], CONTRADICTION) == [("addresses[0].postal_code", "")]


@pytest.mark.parametrize("region", ["Bayern", None])
def test_large_town_elsewhere_may_be_a_hamlet_unless_addresses_of_the_file_go_wrong(region: str | None) -> None:
    odd = place("Köln", region, "80333")
    field = "addresses[0].city" if region else "addresses[0].postal_code"
    assert found([*SOUND, odd], CONTRADICTION) == []
    assert found([*SOUND, *WRONG, odd], CONTRADICTION) == [(field, "")]


def test_large_town_that_several_rows_have_elsewhere_is_a_second_one() -> None:
    again = [place("Leeds", "Devon", f"EX{number} 1AA", "GB") for number in range(1, 5)]
    assert found([*SOUND, *WRONG, *again], CONTRADICTION) == []


def test_file_whose_columns_do_not_belong_together_gets_no_contradiction() -> None:
    regions = ("Hamburg", "Bayern", "Hessen")
    shuffled = [place("Sampleton", regions[number % 3], f"{('20', '80')[number % 2]}{number:03}") for number in range(90)]
    assert found(shuffled, CONTRADICTION) == []


def born(text: str, country: str) -> Row:
    return {**place("Sampleton", None, "", country), "unparsed": [("birth_date", text)]}


def test_date_of_a_few_customers_is_not_read_against_the_custom_of_their_country() -> None:
    germans = [born(f"{day}-03-1970", "DE") for day in range(13, 25)]
    assert found([*germans, born("07-06-1994", "DE")], "date.column_order") == [("birth_date", "1994-06-07")]
    assert found([*germans, born("07-06-1994", "FR")], "date.column_order") == [("birth_date", "1994-06-07")]
    assert found([*germans, born("03-25-1970", "US"), born("07-06-1994", "US")], "date.column_order") == [
        ("birth_date", "1994-07-06")
    ]
    assert found([*germans, born("25-03-1970", "US"), born("07-06-1994", "US")], "date.column_order") == []


def test_slip_of_a_short_provider_needs_a_file_that_mistypes_long_ones_and_one_meaning() -> None:
    short = [{"emails": [f"p{number}@web.de"]} for number in range(20)] + [
        {"emails": [f"q{number}@gmail.com"]} for number in range(60)
    ]
    slips = [{"emails": [f"s{number}@gmial.com"]} for number in range(3)]
    rule = "email.domain_typo_short"
    assert found([*short, {"emails": ["ada@wbe.de"]}], rule) == []
    assert found([*short, *slips, {"emails": ["ada@wbe.de"]}], rule) == [("emails[0]", "ada@web.de")]
    polish = [{"emails": [f"p{number}@wp.pl"]} for number in range(80)]
    assert found([*polish, {"emails": ["ada@pp.pl"]}], rule) == []  # op.pl is as near


def test_amounts_of_small_groups_are_judged_together_each_beside_its_own_median() -> None:
    countries = ("DE", "PL", "SE", "NL")
    rows = [
        {**place("Sampleton", None, "", country), "attributes.spend": (10.0 + (number * 7) % 13) * 50**index}
        for index, country in enumerate(countries)
        for number in range(20)
    ]
    odd = {**place("Sampleton", None, "", "DE"), "attributes.spend": 2_000.0}
    table = customer_table([*rows, odd])
    spend = [row["attributes.spend"] for row in (*rows, odd)]
    proposals = correct(table.append_column("attributes.spend", [spend]), CorrectOptions(as_of=AS_OF)).proposals.to_pylist()
    assert [(one["row_id"], one["field"]) for one in proposals] == [("r000080", "attributes.spend")]


def test_address_is_worth_what_its_shape_says_in_the_file() -> None:
    dotted = [Heard(Said.AS_IS, "both.")] * 40 + [Heard(Said.SWAPPED, "both.")] * 10
    order = NameOrder([*dotted, *[Heard(Said.AS_IS, "alone")] * 50])
    assert order.log_odds(Heard(Said.SWAPPED, "alone")) > order.log_odds(Heard(Said.SWAPPED, "both.")) > 0
    assert order.log_odds(Heard(Said.AS_IS, "alone")) < order.log_odds(Heard(Said.AS_IS, "both.")) < 0


@pytest.mark.parametrize(
    ("email", "row"),
    [
        ("paulina.jablonska@sample.example", Heard(Said.AS_IS, "both.")),
        ("jablonska.paulina@sample.example", Heard(Said.SWAPPED, "both.")),
        ("p_jablonska@sample.example", Heard(Said.AS_IS, "initial_")), ("paulina71@sample.example", Heard(Said.AS_IS, "alone")),
        ("jablonska71gmail.com", Heard(Said.SWAPPED, "alone")), ("shop@sample.example", Heard(Said.SILENT)),
    ],
)  # fmt: skip
def test_row_is_heard_by_its_address_as_it_will_be_written(email: str, row: Heard) -> None:
    assert heard("Paulina", "Jabłońska", None, [email]) == row


def test_pair_that_its_own_address_doubts_is_no_witness_about_the_other_way_round() -> None:
    pairs = [("zwolix", "zwarox"), ("zwarox", "zwolix"), *((f"g{number}", "zwolix") for number in range(5))]
    pairs += [(f"h{number}", f"f{number}") for number in range(300)]
    believed, doubted = SwapOdds(pairs), SwapOdds(pairs, doubted=[("zwarox", "zwolix")])
    assert believed.log_odds("zwolix", "zwarox") > doubted.log_odds("zwolix", "zwarox")
