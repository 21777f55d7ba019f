"""Rules of the match step's parts: roles, blocking, strangers, evidence, clustering, confinement."""

from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.steps.match import MatchEngineError, cluster
from analysis_worker.steps.match.blocking import find_candidates
from analysis_worker.steps.match.cells import Cells
from analysis_worker.steps.match.comparisons import Bearing, build_comparisons
from analysis_worker.steps.match.engine import open_engine
from analysis_worker.steps.match.evidence import ABSENT, Evidence, Field, Prior, summed
from analysis_worker.steps.match.features import build_features
from analysis_worker.steps.match.levels import LevelEngine
from analysis_worker.steps.match.parameters import LevelOdds, untrained, without_matches
from analysis_worker.steps.match.roles import ColumnRole, Role, decide_roles
from analysis_worker.steps.match.strangers import Grouping, draw_strangers, value_frequencies


def candidates_of(table: pa.Table, *, budget: int = 10_000, value_rows_max: int = 50) -> set[tuple[int, int]]:
    features = build_features(table, decide_roles(table))
    found = find_candidates(features, np.ones(features.rows, dtype=np.bool_), budget=budget, value_rows_max=value_rows_max)
    return set(zip(found.left.tolist(), found.right.tolist(), strict=True))


def test_attributes_get_their_role_from_their_name_or_their_profile() -> None:
    count = 40
    table = pa.table(
        {
            "row_id": list(range(count)),
            "attr.surname": ["Roe"] * count,
            "attr.member number": [f"M{number // 2:06}" for number in range(count)],
            "attr.tier": ["gold", "silver"] * (count // 2),
            "attr.serial": [f"S{number:06}" for number in range(count)],
            "attr.constant": ["yes"] * count,
            "attr.score": [0.5] * count,
            "attr.essay": ["word " * 40 + str(number // 2) for number in range(count)],
        }
    )

    assert decide_roles(table) == (
        ColumnRole(column="attr.surname", role=Role.FAMILY_NAME),
        ColumnRole(column="attr.member number", role=Role.IDENTIFIER),
        ColumnRole(column="attr.tier", role=Role.CATEGORY),
    )


def test_a_value_shared_by_too_many_rows_brings_nobody_together() -> None:
    table = pa.table({"row_id": list(range(30)), "family_name": ["Roe"] * 20 + ["Dunmore"] * 2 + list("abcdefgh")})

    assert candidates_of(table, value_rows_max=10) >= {(20, 21)}
    assert not any(left < 20 for left, _ in candidates_of(table, value_rows_max=10))


def test_absent_values_bring_nobody_together() -> None:
    table = pa.table({"row_id": [1, 2, 3], "family_name": [None, None, "Roe"], "city": [None, None, "Ashby"]})

    assert candidates_of(table) == set()


def test_swapped_names_meet() -> None:
    table = pa.table({"row_id": [1, 2], "given_name": ["Ilva", "Roe"], "family_name": ["Roe", "Ilva"]})

    assert candidates_of(table) == {(0, 1)}


def test_an_identifier_with_one_slip_still_meets() -> None:
    table = pa.table({"row_id": [1, 2], "national_ids": [["12345678"], ["12345679"]]})

    assert candidates_of(table) == {(0, 1)}


def test_any_of_several_values_brings_rows_together() -> None:
    table = pa.table({"row_id": [1, 2], "emails": [["a@x.example", "b@x.example"], ["c@x.example", "b@x.example"]]})

    assert candidates_of(table) == {(0, 1)}


def test_strangers_are_one_per_group() -> None:
    group = np.array([0, 0, 0, 1, 1, 2], dtype=np.int64)

    drawn = draw_strangers(group, pairs=1_000, rng=np.random.default_rng(1))

    assert sorted(group[drawn].tolist()) == [0, 1, 2]
    assert drawn.tolist() == sorted(drawn.tolist())


def test_frequencies_count_people_and_not_rows() -> None:
    grouping = Grouping(group=np.array([0, 0, 0, 1, 2], dtype=np.int64), agreeing_pairs=3)

    roe, doe = value_frequencies(Cells.of(["roe", "roe", "roe", "doe", "doe"]), grouping, start=0.0)

    assert doe > roe


def test_a_household_opens_the_question_and_no_more() -> None:
    bits = np.array([5.0, 40.0])
    nothing = np.zeros(2)
    evidence = Evidence(person=nothing, household=bits, trait=nothing)
    prior = Prior(bits=-12.0, household_bits=1.0)

    np.testing.assert_allclose(evidence.total(prior), [-7.0, 1.0])
    np.testing.assert_allclose(evidence.taken_back(prior), [0.0, -27.0])


def test_the_prior_expects_as_many_matches_as_it_finds() -> None:
    person = np.concatenate([np.full(100, 40.0), np.full(900, -40.0)])
    evidence = Evidence(person=person, household=np.zeros(1_000), trait=np.zeros(1_000))

    prior = evidence.calibrate(-10.0, pairs_possible=1e6)

    assert 2.0**prior.bits * 1e6 == pytest.approx(101, rel=0.01)


def test_a_weak_pair_joins_when_a_third_row_confirms_it() -> None:
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    likely = np.array([0.99, 0.3, 0.9])
    labels = cluster.bounded_components(3, left, right, likely, rows_max=10)

    assert cluster.average_linkage(labels, left, right, likely, rows_max=10).tolist() == [0, 0, 0]


def test_a_chain_of_unlike_ends_is_cut() -> None:
    left, right = np.array([0, 1, 2]), np.array([1, 2, 3])
    likely = np.array([0.9, 0.6, 0.9])
    labels = cluster.bounded_components(4, left, right, likely, rows_max=10)

    assert cluster.average_linkage(labels, left, right, likely, rows_max=10).tolist() == [0, 0, 2, 2]


def test_a_huge_component_is_split_at_rising_edges_and_stays_bounded() -> None:
    rows = 2_000
    left = np.arange(rows - 1)
    likely = np.where(left % 5 == 4, 0.3, 0.97)

    labels = cluster.bounded_components(rows, left, left + 1, likely, rows_max=50)

    assert np.bincount(labels).max() == 5


def test_pairs_inside_a_component_that_blocking_missed_are_named() -> None:
    labels = np.array([0, 0, 0, 1], dtype=np.int64)

    missing = cluster.unscored_inside(labels, np.array([0, 1]), np.array([1, 2]), rows_max=10, pairs_max=100)

    assert [part.tolist() for part in missing] == [[0], [2]]


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO '/tmp/strongroom-match-leak.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '/tmp/strongroom-match-leak.db'",
        "SET temp_directory = '/tmp'",
        "SET enable_external_access = true",
    ],
)
def test_the_engine_cannot_reach_disk_network_or_its_own_locks(statement: str) -> None:
    with pytest.raises(MatchEngineError), open_engine(threads=1, memory_limit_mb=50) as connection:
        connection.execute(statement)


def test_an_engine_error_never_carries_the_engines_words() -> None:
    with pytest.raises(MatchEngineError) as raised, open_engine(threads=1, memory_limit_mb=50) as connection:
        connection.execute("SELECT CAST('Grimsby' AS INTEGER)")

    assert "Grimsby" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert not isinstance(raised.value, duckdb.Error)


def field(bearing: Bearing, levels: list[int], m: list[float], u: list[float]) -> Field:
    found, bits = np.array(levels, dtype=np.int8), np.append(np.log2(np.array(m) / np.array(u)), 0.0)
    return Field(bearing=bearing, weights=bits[found], levels=found, m=np.array(m), u=np.array(u))


def always(bearing: Bearing, bits: float, pairs: int) -> Field:
    """A field that adds the same to every pair, and of which no pair can teach anything."""
    return field(bearing, [0] * pairs, [1.0], [2.0**-bits])


def test_what_housemates_share_as_well_weighs_less_between_them_than_between_strangers() -> None:
    given = field(Bearing.PERSON, [0] * 100 + [1] * 300, [0.9, 0.1], [0.001, 0.999])
    two_people = always(Bearing.PERSON, -20.0, 400)
    evidence = summed((given, two_people, always(Bearing.HOUSEHOLD, 30.0, 400)))

    prior = evidence.calibrate(-12.0, pairs_possible=1e6)

    assert prior.housemates[0][0] == pytest.approx(np.log2(0.9 / 0.25), abs=0.3)
    assert evidence.taken_back(prior)[0] < evidence.taken_back(prior)[-1] - 5


def test_a_field_does_not_explain_its_own_matches_away() -> None:
    given = field(Bearing.PERSON, [0] * 400, [0.9, 0.1], [0.001, 0.999])
    evidence = summed((given, always(Bearing.PERSON, 10.0, 400), always(Bearing.HOUSEHOLD, 30.0, 400)))

    prior = evidence.calibrate(-12.0, pairs_possible=1e6)

    assert prior.housemates[0][0] == pytest.approx(np.log2(900.0), abs=0.6)


def test_a_contradiction_weighs_what_it_does_among_the_matches_of_the_table() -> None:
    agreeing, namesakes, others = 300, 100, 600
    ends = [0] * agreeing + [1] * (namesakes + others)
    birth = field(Bearing.PERSON, [*ends, ABSENT], [0.7, 0.3], [0.0001, 0.9999])  # m as namesakes taught it
    email = field(Bearing.PERSON, [*ends, 0], [0.6, 0.4], [0.0001, 0.9999])
    name = field(Bearing.PERSON, [0] * (agreeing + namesakes) + [1] * others + [0], [0.9, 0.1], [0.002, 0.998])
    evidence = summed((birth, email, name, always(Bearing.HOUSEHOLD, 30.0, len(birth.levels))))

    prior = evidence.calibrate(-14.0, pairs_possible=1e6)

    anew = evidence.anew(prior)
    assert anew.fields[0].m[1] < 0.15
    assert anew.fields[0].weights[agreeing] < birth.weights[agreeing] - 1
    assert anew.fields[0].weights[-1] == 0.0
    assert evidence.total(prior)[agreeing] < 0 < evidence.total(prior)[0]


def test_another_phone_at_the_same_address_counts_against_one_person() -> None:
    phone = field(Bearing.HOUSEHOLD, [0] * 200 + [1] * 100 + [0] * 100, [0.9, 0.1], [0.0001, 0.9999])
    own = field(Bearing.PERSON, [0] * 200 + [1] * 200, [0.98, 0.02], [2.0**-20, 0.999])
    evidence = summed((phone, own, always(Bearing.HOUSEHOLD, 40.0, 400)))

    prior = evidence.calibrate(-14.0, pairs_possible=1e6)

    assert prior.housemates[0][0] == pytest.approx(0.0)  # what one person and housemates have alike makes nobody one person
    assert prior.housemates[0][1] < -2
    assert evidence.total(prior)[250] < evidence.total(prior)[350] - 2


def test_matches_among_the_strangers_are_taken_out_of_u() -> None:
    table = pa.table({"row_id": [1, 2], "family_name": ["Roe", "Doe"], "emails": [["a@x.example"], ["b@x.example"]]})
    comparisons = build_comparisons(build_features(table, decide_roles(table)))
    start = untrained(comparisons, prior=0.001)
    share = 0.004
    seen = replace(
        start,
        levels={
            name: tuple(LevelOdds(m=odds.m, u=(1 - share) * odds.u + share * odds.m) for odds in levels)
            for name, levels in start.levels.items()
        },
    )

    cleaned = without_matches(comparisons, seen)

    assert cleaned.levels["email"][2].u == pytest.approx(start.levels["email"][2].u, abs=0.0001)
    assert cleaned.levels["family"][1].u == pytest.approx(start.levels["family"][1].u, rel=0.05)
    assert cleaned.levels["family"][0] == seen.levels["family"][0]  # its weight comes from how often the value occurs


def test_without_a_field_that_strangers_do_not_share_u_stays() -> None:
    table = pa.table({"row_id": [1, 2], "given_name": ["Ann", "Bea"], "family_name": ["Roe", "Doe"]})
    comparisons = build_comparisons(build_features(table, decide_roles(table)))
    parameters = untrained(comparisons, prior=0.001)

    assert without_matches(comparisons, parameters) == parameters


def test_one_shared_number_is_less_where_both_sides_have_others() -> None:
    phones = [["+4930111", "+4917222"], ["+4930111", "+4917333"], ["+4930111"], ["+4917222", "+4930111"]]
    table = pa.table({"row_id": [1, 2, 3, 4], "phones": phones})
    features = build_features(table, decide_roles(table))
    (phone,) = build_comparisons(features)

    with open_engine(threads=1, memory_limit_mb=50) as connection:
        levels = LevelEngine(connection, features, (phone,)).levels(np.array([0, 0, 0]), np.array([1, 2, 3]))

    said = [phone.levels[level].label for level in levels[:, 0]]
    assert said[0] == "one shared, others differ"
    assert set(said[1:]) <= {"equal", "one shared"}
