"""What the enrich step fills, and what it leaves."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from analysis_worker.steps.enrich import EnrichOptions, EnrichRefusedError, apply_cells, enrich, parse_join

ADDRESS = pa.struct([(part, pa.string()) for part in ("street", "line2", "city", "region", "postal_code", "country")])
TYPES = {
    "language": pa.string(),
    "job_title": pa.string(),
    "income_minor": pa.int64(),
    "income_currency": pa.string(),
    "attributes.tier": pa.string(),
    "attributes.visits": pa.int64(),
    "attributes.contact_email": pa.string(),
    "addresses": pa.list_(ADDRESS),
    "entity": pa.string(),
}
POSTCODES = pa.table({"plz": ["01067", "10115"], "land": ["DE", "DE"], "state": ["Sachsen", "Berlin"], "visits": ["3", "x"]})
BY_POSTCODE = "postcodes: addresses[0].postal_code = plz, addresses[0].country = land -> addresses[0].region = state"


def customers(*rows: dict[str, Any]) -> pa.Table:
    columns = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in TYPES.items()}
    return pa.table({"row_id": pa.array(range(len(rows)), pa.int64()), **columns})


def address(**parts: str | None) -> list[dict[str, str | None]]:
    return [{"country": "DE", **parts}]


def found(table: pa.Table, reference: pa.Table | None = None, **options: Any) -> dict[tuple[int, str], tuple[str, str]]:
    references = {} if reference is None else {"postcodes": reference}
    lines = enrich(table, references, EnrichOptions(**options)).cells.to_pylist()
    return {(line["row_id"], line["field"]): (line["value"], line["source"]) for line in lines}


def test_gap_takes_what_another_record_of_the_entity_says() -> None:
    table = customers({"entity": "e1", "language": "de"}, {"entity": "e1"}, {"entity": "e2"}, {})
    assert found(table) == {(1, "language"): ("de", "entity")}


def test_records_of_one_entity_that_differ_fill_nothing() -> None:
    table = customers({"entity": "e", "language": "de"}, {"entity": "e", "language": "fr"}, {"entity": "e"})
    assert found(table) == {}


def test_spellings_that_differ_in_case_only_agree() -> None:
    table = customers({"entity": "e", "job_title": "Clerk"}, {"entity": "e", "job_title": "CLERK"}, {"entity": "e"})
    assert found(table) == {(2, "job_title"): ("CLERK", "entity")}


def test_what_people_type_to_say_nothing_is_no_value_for_others() -> None:
    assert found(customers({"entity": "e", "job_title": "N/A"}, {"entity": "e"})) == {}
    table = customers({"entity": "e", "job_title": "N/A"}, {"entity": "e"}, {"entity": "e", "job_title": "Clerk"})
    assert found(table) == {(1, "job_title"): ("Clerk", "entity")}


def test_income_comes_with_its_currency_or_not_at_all() -> None:
    table = customers({"entity": "e", "income_minor": 5, "income_currency": "EUR"}, {"entity": "e"})
    assert found(table) == {(1, "income.amount_minor"): ("5", "entity"), (1, "income.currency"): ("EUR", "entity")}
    other = customers({"entity": "e", "income_minor": 5, "income_currency": "EUR"}, {"entity": "e", "income_currency": "USD"})
    assert found(other) == {}


def test_attribute_that_seems_to_hold_contact_data_is_left_out() -> None:
    row = {"entity": "e", "attributes.contact_email": "a@example.org", "attributes.tier": "gold"}
    assert found(customers(row, {"entity": "e"})) == {(1, "attributes.tier"): ("gold", "entity")}


def test_attributes_of_the_record_are_left_out_where_the_owner_says_so() -> None:
    table = customers({"entity": "e", "attributes.tier": "gold"}, {"entity": "e"})
    assert found(table, not_from_entity=("tier",)) == {}


def test_entity_of_too_many_records_is_not_believed() -> None:
    rows = [{"entity": "e", "language": "de"}, {"entity": "e"}, {"entity": "e"}]
    assert found(customers(*rows), max_entity_rows=2) == {}


def test_reference_fills_the_region_of_a_postcode_and_keeps_leading_zeros() -> None:
    table = customers({"addresses": address(postal_code="01067")}, {"addresses": address(postal_code="1067")}, {})
    assert found(table, POSTCODES, joins=(BY_POSTCODE,)) == {(0, "addresses[0].region"): ("Sachsen", "postcodes")}


def test_values_say_where_they_were_found_and_what_was_compared() -> None:
    table = customers({"addresses": address(postal_code="10115")})
    (line,) = enrich(table, {"postcodes": POSTCODES}, EnrichOptions(joins=(BY_POSTCODE,))).cells.to_pylist()
    assert line["keys"] == ["addresses[0].postal_code", "addresses[0].country"]
    assert line["source"] == "postcodes"


def test_keys_are_compared_without_case_spaces_and_accents() -> None:
    cities = pa.table({"city": ["SAINT ÉTIENNE"], "region": ["Loire"]})
    table = customers({"addresses": address(city="Saint-Etienne")})
    joins = ("postcodes: addresses[0].city = city -> addresses[0].region = region",)
    assert found(table, cities, joins=joins) == {(0, "addresses[0].region"): ("Loire", "postcodes")}


def test_keys_with_several_values_leave_the_gap_and_are_counted() -> None:
    twice = pa.table({"plz": ["1", "1"], "land": ["DE", "DE"], "state": ["A", "B"]})
    result = enrich(
        customers({"addresses": address(postal_code="1")}), {"postcodes": twice}, EnrichOptions(joins=(BY_POSTCODE,))
    )
    assert result.cells.num_rows == 0
    (counts,) = [one for one in result.summary.fields if one.source == "postcodes"]
    assert (counts.gaps, counts.filled, counts.ambiguous) == (1, 0, 1)


def test_a_value_that_is_there_is_never_replaced() -> None:
    table = customers({"addresses": address(postal_code="01067", region="Saxony")})
    assert found(table, POSTCODES, joins=(BY_POSTCODE,)) == {}


def test_missing_key_matches_nothing() -> None:
    blank = pa.table({"plz": [""], "land": ["DE"], "state": ["Nowhere"]})
    assert found(customers({"addresses": address(postal_code="")}), blank, joins=(BY_POSTCODE,)) == {}


def test_text_that_is_no_number_does_not_fill_a_number() -> None:
    joins = ("postcodes: addresses[0].postal_code = plz -> attributes.visits = visits",)
    table = customers({"addresses": address(postal_code="01067")}, {"addresses": address(postal_code="10115")})
    assert found(table, POSTCODES, joins=joins) == {(0, "attributes.visits"): ("3", "postcodes")}


def test_a_withheld_field_is_not_filled_and_is_named() -> None:
    table = customers({"addresses": address(postal_code="01067")}).drop_columns(["attributes.visits"])
    options = EnrichOptions(joins=("postcodes: addresses[0].postal_code = plz -> attributes.visits = visits",))
    result = enrich(table, {"postcodes": POSTCODES}, options)
    assert result.cells.num_rows == 0
    assert "attributes.visits" in result.summary.not_seen


def test_what_one_join_found_is_a_key_of_the_next() -> None:
    states = pa.table({"state": ["Sachsen"], "tongue": ["de"]})
    joins = (BY_POSTCODE, "states: addresses[0].region = state -> language = tongue")
    table = customers({"addresses": address(postal_code="01067")})
    lines = enrich(table, {"postcodes": POSTCODES, "states": states}, EnrichOptions(joins=joins)).cells.to_pylist()
    assert [line["source"] for line in lines] == ["postcodes", "states"]


def test_applied_values_leave_nothing_to_fill() -> None:
    table = customers({"addresses": address(postal_code="01067"), "entity": "e"}, {"entity": "e", "language": "de"})
    options = EnrichOptions(joins=(BY_POSTCODE,))
    once = enrich(table, {"postcodes": POSTCODES}, options)
    filled = apply_cells(table, once.cells)
    assert once.cells.num_rows == 2
    assert enrich(filled, {"postcodes": POSTCODES}, options).cells.num_rows == 0
    assert filled.column("addresses").to_pylist()[0][0]["region"] == "Sachsen"


@pytest.mark.parametrize(
    "join",
    [
        "postcodes: family_name = plz -> language = state",
        "postcodes: addresses[0].postal_code = plz -> given_name = state",
        "postcodes: addresses[0].postal_code = plz -> birth_date = state",
        "postcodes: addresses[0].postal_code = plz -> emails[0] = state",
        "postcodes: addresses[0].postal_code = plz -> addresses[0].street = state",
        "postcodes: addresses[0].postal_code = plz -> attributes.consent = state",
        "postcodes: addresses[0].postal_code = plz -> income = state",
        "/etc/passwd: language = plz -> job_title = state",
        "postcodes: language -> job_title = state",
        "postcodes: language = plz",
    ],
)
def test_identity_contact_and_consent_are_never_joined_and_a_path_is_no_reference(join: str) -> None:
    with pytest.raises(EnrichRefusedError):
        parse_join(join)


@pytest.mark.parametrize(
    "field", ["given_name", "birth_date", "emails", "addresses", "national_ids", "gender", "attributes.email"]
)
def test_another_record_never_fills_identity_or_contact(field: str) -> None:
    with pytest.raises(EnrichRefusedError):
        EnrichOptions(from_entity=(field,))


def test_unknown_reference_and_column_are_refused_by_name() -> None:
    table = customers({"addresses": address(postal_code="1")})
    with pytest.raises(EnrichRefusedError, match="no reference 'postcodes'"):
        enrich(table, {}, EnrichOptions(joins=(BY_POSTCODE,)))
    with pytest.raises(EnrichRefusedError, match="no column land"):
        enrich(table, {"postcodes": POSTCODES.drop_columns(["land"])}, EnrichOptions(joins=(BY_POSTCODE,)))
