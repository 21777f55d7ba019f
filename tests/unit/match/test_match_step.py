"""The promises of the match step as a whole."""

import logging
import os
import socket
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.steps.match import (
    Band,
    MatchEngineError,
    MatchInputError,
    MatchOptions,
    MatchOptionsError,
    MatchResult,
    levels,
    match,
)
from helpers.match_tables import messy_people, pair_scores
from helpers.worker_people import TYPES, small_crm

PEOPLE, REPEATS = 260, 120


@pytest.fixture(scope="module")
def messy() -> tuple[pa.Table, list[int]]:
    return messy_people(people=PEOPLE, repeats=REPEATS)


@pytest.fixture(scope="module")
def found(messy: tuple[pa.Table, list[int]]) -> MatchResult:
    return match(messy[0])


def identical_rows(count: int) -> pa.Table:
    return pa.table(
        {
            "row_id": list(range(count)),
            "given_name": ["Ilva"] * count,
            "family_name": ["Grimsby"] * count,
            "birth_date": ["1971-03-04"] * count,
            "emails": [["ilva@mail.example"]] * count,
        }
    )


def test_messy_duplicates_are_found_without_any_configuration(messy: tuple[pa.Table, list[int]], found: MatchResult) -> None:
    precision, recall = pair_scores(found.entity.tolist(), messy[1])

    assert precision >= 0.98
    assert recall >= 0.95


def test_ids_that_have_no_order_are_refused() -> None:
    with pytest.raises(MatchInputError):
        match(pa.table({"row_id": [[1], [2]], "given_name": ["Ilva", "Falk"]}))


def test_same_table_options_and_seed_give_identical_bits(messy: tuple[pa.Table, list[int]], found: MatchResult) -> None:
    again = match(messy[0], MatchOptions(threads=2))

    assert again.entity.tobytes() == found.entity.tobytes()
    assert again.pairs.equals(found.pairs)
    assert again.summary == found.summary


def test_the_order_of_rows_and_columns_changes_nothing(messy: tuple[pa.Table, list[int]], found: MatchResult) -> None:
    order = np.random.default_rng(3).permutation(messy[0].num_rows)
    shuffled = messy[0].take(pa.array(order)).select(sorted(messy[0].column_names, reverse=True))

    again = match(shuffled)

    assert again.entity.tolist() == found.entity[order].tolist()
    assert again.pairs.equals(found.pairs)


def test_an_entity_is_named_by_the_rank_of_its_smallest_row_id(found: MatchResult) -> None:
    ids = np.array(found.row_id.to_pylist())
    ranks = np.argsort(np.argsort(ids))

    for entity in np.unique(found.entity):
        assert entity == ranks[found.entity == entity].min()


def test_field_weights_and_what_was_taken_back_add_up_to_the_weight(found: MatchResult) -> None:
    names = [name for name in found.pairs.column_names if name.startswith("weight.")]
    fields = np.column_stack([found.pairs[name].to_numpy() for name in names]).sum(axis=1)
    prior = np.log2(found.summary.prior / (1 - found.summary.prior))

    np.testing.assert_allclose(found.pairs["weight"].to_numpy(), fields + prior, atol=1e-9)


def test_pairs_carry_one_of_three_bands_and_the_summary_counts_them(found: MatchResult) -> None:
    bands = found.pairs["band"].to_pylist()

    assert set(bands) <= {band.value for band in Band}
    assert found.summary.pairs_by_band == tuple((band, bands.count(band.value)) for band in Band)
    for band, same in zip(bands, found.pairs["same_entity"].to_pylist(), strict=True):
        assert same or band != Band.MATCH.value


def test_comparisons_stay_within_the_budget(messy: tuple[pa.Table, list[int]]) -> None:
    options = MatchOptions(comparisons_min=1, comparisons_per_row=2)

    summary = match(messy[0], options).summary

    assert 0 < summary.comparisons <= summary.comparison_budget == 2 * messy[0].num_rows
    assert summary.rules_skipped > 0


def test_people_without_duplicates_stay_apart() -> None:
    table, _ = messy_people(people=300, repeats=0, seed=9)

    assert match(table).summary.entities >= 298


def test_flatmates_of_whom_little_else_is_known_are_two_people() -> None:
    table, _ = messy_people(people=150, repeats=40, seed=11)
    rows = table.to_pylist()
    flatmates = []
    for number, row in enumerate(rows[:60]):
        other = str(rows[100 + number]["given_name"])[::-1].title()  # no given name of this table
        own: dict[str, object] = {"given_name": other, "birth_date": None, "emails": []}
        flatmates.append({**row, **own, "row_id": 10_000 + number})
    both = pa.Table.from_pylist(rows + flatmates, schema=table.schema)

    entity = match(both).entity.tolist()

    merged = sum(entity[number] == entity[len(rows) + number] for number in range(60))
    assert merged <= 2


@pytest.mark.parametrize("rows", [0, 1])
def test_a_table_too_small_to_compare_has_one_entity_per_row(rows: int) -> None:
    result = match(messy_people(people=3, repeats=0)[0].slice(0, rows))

    assert result.entity.tolist() == list(range(rows))
    assert result.pairs.num_rows == 0
    assert result.summary.entities == rows


def test_rows_without_any_value_are_different_people() -> None:
    nothing = pa.table(
        {
            "row_id": ["a", "b", "c"],
            "given_name": pa.nulls(3, pa.string()),
            "emails": pa.array([None, [], [None]], pa.list_(pa.string())),
            "gender": pa.nulls(3),
        }
    )

    assert match(nothing).summary.entities == 3


def test_five_thousand_identical_rows_are_one_entity_and_cost_no_pairs() -> None:
    result = match(identical_rows(5_000))

    assert result.summary.entities == 1
    assert result.summary.comparisons == 0
    assert result.pairs.num_rows == 4_999


def test_identical_rows_that_say_next_to_nothing_stay_apart() -> None:
    weak = pa.table({"row_id": [1, 2], "given_name": ["Greta", "Greta"]})

    assert match(weak).summary.entities == 2


def test_placeholders_bring_nobody_together() -> None:
    table, _ = messy_people(people=60, repeats=0, seed=2)
    filled = table.set_column(
        table.column_names.index("emails"), "emails", pa.array([["n/a@n/a"]] * 60, pa.list_(pa.string()))
    ).append_column("national_ids", pa.array([["0000000"]] * 60, pa.list_(pa.string())))

    result = match(filled)

    assert result.summary.entities >= 59
    assert not any("national_id" in rule or "email" in rule for rule in result.summary.rules)


def test_hostile_cells_and_column_names_are_only_data() -> None:
    hostile = ["x'); DROP TABLE records; --", 'a"b', "null\x00byte", "%s{0}", "\u202ertl", "李", "", "  ", "x" * 50_000]
    cells = hostile * 3
    table = pa.table(
        {
            "row_id": [f"{number}'\"\x00" for number in range(len(cells))],
            **dict.fromkeys(("given_name", "family_name", "birth_date", "street", "city", "gender", "stated_age"), cells),
            **{name: [[cell] for cell in cells] for name in ("emails", "phones", "national_ids")},
            'attr."; DROP TABLE records; --': cells,
            "attr.\x00": cells,
        }
    )

    result = match(table)

    assert len(result.entity) == len(cells)


def test_addresses_are_read_from_lists_of_structs_and_from_flat_columns_alike() -> None:
    flat, _ = messy_people(people=60, repeats=30, seed=8)
    parts = ("street", "city", "postal_code")
    nested_type = pa.list_(pa.struct([(name, pa.string()) for name in parts]))
    nested = [[{name: row[name] for name in parts}] for row in flat.select(parts).to_pylist()]
    table = flat.drop_columns(list(parts)).append_column("addresses", pa.array(nested, nested_type))

    assert match(table).entity.tolist() == match(flat).entity.tolist()


def test_an_identifier_is_used_alike_as_national_id_and_as_tenant_attribute() -> None:
    table, truth = messy_people(people=90, repeats=50, seed=4)
    number_of = {person: f"{1_000_003 * (person + 7) % 9_999_991:07}" for person in set(truth)}
    bare = table.drop_columns(["emails", "phones"])
    as_national = bare.append_column("national_ids", pa.array([[number_of[person]] for person in truth]))
    as_attribute = bare.append_column("attr.membership", pa.array([int(number_of[person]) for person in truth]))

    national, attribute = match(as_national), match(as_attribute)

    assert national.entity.tolist() == attribute.entity.tolist()
    assert "weight.attr.membership" in attribute.pairs.column_names


def test_values_that_the_vault_could_not_parse_still_count() -> None:
    table, _ = messy_people(people=60, repeats=30, seed=6)
    births = table["birth_date"].to_pylist()
    kept = pa.array([[("birth_date", birth)] for birth in births], pa.map_(pa.string(), pa.string()))
    verbatim = table.drop_columns(["birth_date"]).append_column("unparsed", kept)

    assert match(verbatim).entity.tolist() == match(table).entity.tolist()


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"given_name": ["Ilva"]}),
        pa.table({"row_id": [1, 1], "given_name": ["Ilva", "Falk"]}),
        pa.table({"row_id": [1, None], "given_name": ["Ilva", "Falk"]}),
        pa.Table.from_arrays([pa.array([1]), pa.array(["a"]), pa.array(["b"])], names=["row_id", "city", "city"]),
    ],
)
def test_a_table_without_usable_row_ids_is_refused(table: pa.Table) -> None:
    with pytest.raises(MatchInputError):
        match(table)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(MatchOptionsError):
        MatchOptions(threads=0)
    with pytest.raises(MatchOptionsError):
        MatchOptions(reject_probability=0.6, accept_probability=0.5)


def test_reaching_the_memory_limit_is_an_error_that_quotes_nothing() -> None:
    table, _ = messy_people(people=1_500, repeats=300)

    with pytest.raises(MatchEngineError) as raised:
        match(table, MatchOptions(memory_limit_mb=1))

    assert raised.value.__cause__ is None
    assert "Grimsby" not in str(raised.value)


def test_nothing_is_logged_written_or_sent(
    messy: tuple[pa.Table, list[int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the step opened a connection"))

    with caplog.at_level(logging.DEBUG):
        match(messy[0].slice(0, 120))

    written = capfd.readouterr()
    mine = [record for record in caplog.records if record.thread == threading.get_ident()]
    assert mine == []  # other threads are those of a vault that other tests of this process started
    assert written.out == written.err == ""
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - names only, and hidden ones too


def test_the_size_of_a_cell_changes_no_bit(
    messy: tuple[pa.Table, list[int]], found: MatchResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels, "CELL_PAIRS", 997)
    monkeypatch.setattr(levels, "_BATCH_PAIRS", 61)

    again = match(messy[0], MatchOptions(threads=2))

    assert again.pairs.equals(found.pairs)
    assert again.entity.tobytes() == found.entity.tobytes()


def test_a_block_in_which_every_pair_is_certain_to_match_teaches_what_matches_look_like() -> None:
    crm = small_crm(600)
    columns = {name: pa.array(crm.customers[name], TYPES.get(name)) for name in ("given_name", "family_name", "birth_date")}
    people = {name: pa.array(crm.customers[name], TYPES.get(name)) for name in ("emails", "phones", "addresses", "stated_age")}

    found = match(pa.table({"row_id": list(range(600)), **columns, **people}))

    precision, _ = pair_scores(found.entity.tolist(), crm.person)
    assert precision >= 0.98
