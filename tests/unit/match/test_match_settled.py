"""What people and earlier runs settled holds: links, contradictions, names that last, incremental runs, unmerging."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.steps.match import MatchOptions, MatchResult, golden_records, match
from analysis_worker.steps.match.bridges import without_bridges
from analysis_worker.steps.match.constraints import NEW, Decisions, resolve
from analysis_worker.steps.match.leaders import leading_rows
from helpers.match_tables import messy_people


def decided(*pairs: tuple[int, int, bool]) -> pa.Table:
    ids, others, same = zip(*pairs, strict=True)
    return pa.table({"row_id": list(ids), "other_row_id": list(others), "same": list(same)})


def ranks(*pairs: tuple[int, int, bool]) -> Decisions:
    left, right, same = zip(*pairs, strict=True)
    return Decisions(left=np.array(left), right=np.array(right), same=np.array(same))


def with_previous(table: pa.Table, result: MatchResult) -> pa.Table:
    """The table as the next run reads it."""
    names = pa.array([f"entity-{leader}" for leader in result.leader.tolist()])
    leads = pa.array((result.leader == np.arange(len(result.leader))).tolist())
    bare = table.drop_columns([name for name in ("entity", "entity_leads") if name in table.column_names])
    return bare.append_column("entity", names).append_column("entity_leads", leads)


@pytest.fixture(scope="module")
def people() -> pa.Table:
    return messy_people(people=120, repeats=60, seed=21)[0]


@pytest.fixture(scope="module")
def found(people: pa.Table) -> MatchResult:
    return match(people)


def shared_pair(result: MatchResult) -> tuple[int, int]:
    entity, counts = np.unique(result.entity, return_counts=True)
    rows = np.flatnonzero(result.entity == entity[counts == 2][0])
    return int(rows[0]), int(rows[1])


def test_a_must_link_holds_whatever_the_model_says(people: pa.Table, found: MatchResult) -> None:
    strangers = np.unique(found.entity)[:2]

    result = match(people, decisions=decided((int(strangers[0]), int(strangers[1]), True)))

    assert result.entity[strangers[0]] == result.entity[strangers[1]]


def test_a_cannot_link_holds_whatever_the_model_says(people: pa.Table, found: MatchResult) -> None:
    one, other = shared_pair(found)

    result = match(people, decisions=decided((other, one, False)))

    assert result.entity[one] != result.entity[other]
    assert result.summary.contradictions == 0


def test_a_cannot_link_parts_even_identical_rows() -> None:
    row = {"given_name": "Ilva", "family_name": "Grimsby", "birth_date": "1971-03-04", "emails": ["ilva@mail.example"]}
    table = pa.Table.from_pylist([{"row_id": number, **row} for number in range(50)])

    result = match(table, decisions=decided((3, 0, False)))

    assert result.entity[0] != result.entity[3]


def test_must_links_hold_through_each_other_and_a_cannot_link_beats_them() -> None:
    ties = resolve(5, ranks((0, 1, True), (1, 2, True), (0, 2, False), (3, 4, True)), None)

    assert ties.group.tolist() == [0, 0, 2, 3, 3]
    assert ties.contradictions == ((1, 2),)


def test_a_cannot_link_holds_between_everything_tied_to_its_rows() -> None:
    ties = resolve(6, ranks((0, 1, True), (2, 3, True), (1, 2, False), (0, 3, True)), None)

    assert ties.group.tolist() == [0, 0, 2, 0, 4, 5]
    assert ties.apart == {0: frozenset({2}), 2: frozenset({0})}
    assert ties.contradictions == ((2, 3),)


def test_decisions_hold_in_a_table_with_nothing_to_compare() -> None:
    table = pa.table({"row_id": [5, 6, 7], "gender": pa.nulls(3)})

    assert match(table, decisions=decided((5, 7, True))).entity.tolist() == [0, 1, 0]


def test_a_decision_about_a_row_that_is_gone_is_left_out(people: pa.Table, found: MatchResult) -> None:
    assert match(people, decisions=decided((0, 99_999, True))).entity.tolist() == found.entity.tolist()


def test_without_the_decision_the_result_is_the_earlier_one_to_the_bit(people: pa.Table, found: MatchResult) -> None:
    one, other = shared_pair(found)
    first = match(with_previous(people, found))
    parted = match(with_previous(people, first), decisions=decided((one, other, False)))
    again = match(with_previous(people, parted))

    assert parted.entity.tolist() != first.entity.tolist()
    assert again.entity.tobytes() == first.entity.tobytes()
    assert again.leader.tobytes() == first.leader.tobytes()
    assert again.pairs.equals(first.pairs)


def test_an_entity_keeps_the_row_that_it_is_named_after() -> None:
    entity = np.array([0, 0, 0, 3, 3])
    earlier = np.array([7, 7, 7, 8, 8])

    assert leading_rows(entity, earlier, np.array([False, True, False, False, True])).tolist() == [1, 1, 1, 4, 4]


def test_of_two_entities_that_become_one_the_larger_part_keeps_its_name() -> None:
    entity, earlier = np.zeros(5, dtype=np.int64), np.array([1, 1, 2, 2, 2])

    assert leading_rows(entity, earlier, np.array([True, False, False, True, False])).tolist() == [3] * 5


def test_between_equal_parts_the_first_leading_row_decides() -> None:
    entity, earlier = np.zeros(4, dtype=np.int64), np.array([2, 1, 1, 2])

    assert leading_rows(entity, earlier, np.array([False, True, False, True])).tolist() == [1] * 4


def test_of_an_entity_that_falls_apart_the_part_with_the_leading_row_keeps_its_name() -> None:
    entity, earlier = np.array([0, 1, 1]), np.array([5, 5, 5])

    assert leading_rows(entity, earlier, np.array([False, False, True])).tolist() == [0, 2, 2]


def test_an_incremental_run_keeps_every_earlier_entity_and_compares_new_rows_only(people: pa.Table) -> None:
    before = people.slice(0, 150)
    known = with_previous(before, match(before))
    columns = {name: known[name].to_pylist() + [None] * 30 for name in ("entity", "entity_leads")}
    grown = people.append_column("entity", pa.array(columns["entity"])).append_column(
        "entity_leads", pa.array(columns["entity_leads"], pa.bool_())
    )

    result, whole = match(grown, MatchOptions(incremental=True)), match(people)

    old = {name: {row for row, other in enumerate(columns["entity"]) if other == name} for name in set(columns["entity"][:150])}
    entities = [set(np.flatnonzero(result.entity == result.entity[row]).tolist()) for row in range(180)]
    assert all(rows == {row for row in entities[min(rows)] if row < 150} for rows in old.values())
    assert result.summary.rows_kept == 150
    assert result.summary.comparisons < whole.summary.comparisons / 2
    assert all(max(pair) >= 150 for pair in zip(*(result.pairs[name].to_pylist() for name in ("row_a", "row_b")), strict=True))
    agree = sum(result.entity[row] == whole.entity[row] for row in range(150, 180))
    assert agree >= 28


def test_an_incremental_run_without_new_rows_changes_nothing(people: pa.Table, found: MatchResult) -> None:
    known = with_previous(people, found)

    again = match(known, MatchOptions(incremental=True))

    assert again.entity.tolist() == found.entity.tolist()
    assert again.leader.tolist() == found.leader.tolist()


def test_a_cannot_link_takes_an_earlier_entity_apart_even_in_an_incremental_run(people: pa.Table, found: MatchResult) -> None:
    one, other = shared_pair(found)

    result = match(with_previous(people, found), MatchOptions(incremental=True), decided((one, other, False)))

    assert result.entity[one] != result.entity[other]


def test_two_halves_that_one_weak_edge_holds_together_are_two() -> None:
    left, right = np.array([0, 2, 1]), np.array([1, 3, 2])

    def entities(bridge: float) -> list[int]:
        likely, free = np.array([0.999, 0.999, bridge]), np.ones(4, dtype=np.bool_)
        found = without_bridges(np.zeros(4, dtype=np.int64), left, right, likely, sure=0.99, free=free)
        return [int(entity) for entity in found]

    assert entities(0.95) == [0, 0, 2, 2]
    assert entities(0.995) == [0, 0, 0, 0]


def test_a_row_that_one_edge_attaches_stays() -> None:
    left, right, likely = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 3]), np.array([0.99, 0.99, 0.99, 0.6])
    free = np.ones(4, dtype=np.bool_)

    assert without_bridges(np.zeros(4, dtype=np.int64), left, right, likely, sure=0.99, free=free).tolist() == [0] * 4


def rows_and_band(result: MatchResult) -> list[tuple[int, int, str]]:
    return list(zip(*(result.pairs[name].to_pylist() for name in ("row_a", "row_b", "band")), strict=True))


def test_unless_told_otherwise_the_doubtful_is_left_to_people(people: pa.Table) -> None:
    strict = MatchOptions(accept_probability=1 - 1e-9)
    result, believed = match(people, strict), match(people, replace(strict, sure_only=False))

    inside = result.pairs.filter(result.pairs["same_entity"])
    assert set(inside["band"].to_pylist()) <= {"match", "review"}
    chained = {
        row for name in ("row_a", "row_b") for row in inside.filter(inside["band"].to_numpy() == "match")[name].to_pylist()
    }
    assert set(np.flatnonzero(np.bincount(result.entity)[result.entity] > 1).tolist()) == chained
    left_out = [place for place, same in enumerate(believed.pairs["same_entity"].to_pylist()) if same]
    asked = {(a, b) for a, b, band in rows_and_band(result) if band == "review"}
    applied = {(a, b) for a, b, band in rows_and_band(result) if band == "match"}
    pairs = rows_and_band(believed)
    assert {pairs[place][:2] for place in left_out} <= asked | applied
    assert believed.summary.entities < result.summary.entities


def test_the_golden_record_says_which_row_and_why() -> None:
    table = pa.table(
        {
            "given_name": ["Ilva", "ILVA", "Iva", None],
            "family_name": ["Roe", "Rowe", None, None],
            "city": ["Ashby", "Corby", None, "Farrow"],
            "organisation": [None, None, "Grimsby Ltd", None],
            "emails": [["a@x.example"], ["a@x.example"], [], []],
        }
    )

    found = golden_records(table, np.array([2, 2, 2, 3]), table.column_names)

    assert [tuple(line.values()) for line in found.to_pylist()] == [
        (2, "city", 1, "newest"),
        (2, "emails", 1, "most_frequent"),
        (2, "family_name", 1, "longest"),
        (2, "given_name", 1, "most_frequent"),
        (2, "organisation", 2, "only"),
    ]


def test_resolving_is_the_same_in_whatever_order_people_decided() -> None:
    pairs = [(0, 1, True), (1, 2, True), (2, 3, True), (0, 3, False), (4, 5, True)]
    resolved = [resolve(6, ranks(*pairs[turn:], *pairs[:turn]), None) for turn in range(len(pairs))]

    assert all(a.group.tolist() == b.group.tolist() and a.contradictions == b.contradictions for a, b in pairwise(resolved))


def test_earlier_entities_do_not_meet_unless_a_person_says_so() -> None:
    earlier = np.array([0, 0, 2, 2, NEW])

    alone, told = resolve(5, None, earlier), resolve(5, ranks((1, 2, True)), earlier)

    assert alone.earlier[[0, 2, 4]].tolist() == [0, 2, NEW]
    assert told.group.tolist() == [0, 0, 0, 0, 4]
