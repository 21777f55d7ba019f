"""The match step as a run uses it: lines, golden fields, proposals, decisions, the last run's entities."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from analysis_worker.pipeline.adapters.match import MatchAdapter
from analysis_worker.pipeline.customers import Customers, restricted
from analysis_worker.pipeline.step_adapter import Computed, StepInputs
from helpers.match_tables import messy_people


def inputs(table: pa.Table, *, decisions: pa.Table | None = None, **options: object) -> StepInputs:
    return StepInputs(
        customers=restricted(table, MatchAdapter().customer_fields),
        transactions=None,
        options=options,
        seed=3,
        as_of=datetime(2026, 11, 1, tzinfo=UTC),
        threads=1,
        decisions=decisions,
    )


@pytest.fixture(scope="module")
def table() -> pa.Table:
    flat = messy_people(people=120, repeats=60, seed=21)[0]
    return flat.drop_columns(["street", "city", "postal_code"])


@pytest.fixture(scope="module")
def computed(table: pa.Table) -> Computed:
    return MatchAdapter().compute(inputs(table))


def named(computed: Computed) -> pa.Table:
    rows = pa.array([number.to_bytes(16, "big") for number in range(180)], pa.binary(16))
    return Customers(table=pa.table({"row_id": range(180)}), pseudonyms=rows).named(computed.table)


def test_every_customer_gets_one_entity_and_the_leading_row_says_so(computed: Computed) -> None:
    results = dict(MatchAdapter().derive(named(computed)))

    assert len(results) == 180
    for row_id, derived in results.items():
        assert derived.entity.leads == (derived.entity.entity == row_id.hex())
        assert results[bytes.fromhex(derived.entity.entity)].entity.leads


def test_the_leading_row_of_a_shared_entity_carries_the_golden_record(computed: Computed) -> None:
    results = dict(MatchAdapter().derive(named(computed)))

    for derived in results.values():
        entity = derived.entity
        assert bool(entity.golden) == (entity.leads and entity.size > 1)
        assert [field.field for field in entity.golden] == sorted(field.field for field in entity.golden)
        for field in entity.golden:
            assert field.rule in {"most_frequent", "newest", "longest", "only"}
            assert results[bytes.fromhex(field.customer)].entity.entity == entity.entity


def test_proposals_are_the_pairs_in_review_with_their_weights(computed: Computed) -> None:
    proposals = computed.proposals

    assert proposals is not None
    assert proposals.schema.field("weights").type == pa.list_(pa.struct([("field", pa.string()), ("weight", pa.float64())]))
    assert proposals.num_rows == next(band["pairs"] for band in computed.report["bands"] if band["band"] == "review")  # type: ignore[union-attr,call-overload,index]  # a report is plain JSON
    lines = proposals.to_pylist()
    assert lines == sorted(lines, key=lambda line: (line["row_id"], line["other_row_id"]))
    assert all(line["row_id"] < line["other_row_id"] and line["weights"] for line in lines)


def test_a_decided_pair_is_not_asked_again_and_holds(table: pa.Table, computed: Computed) -> None:
    assert computed.proposals is not None
    asked = [(line["row_id"], line["other_row_id"]) for line in computed.proposals.to_pylist()]
    decisions = pa.table(
        {
            "row_id": [one for one, _ in asked],
            "other_row_id": [other for _, other in asked],
            "same": [number % 2 == 0 for number in range(len(asked))],
        }
    )

    again = MatchAdapter().compute(inputs(table, decisions=decisions))

    assert again.proposals is not None
    assert not set(asked) & {(line["row_id"], line["other_row_id"]) for line in again.proposals.to_pylist()}


def test_entities_of_the_last_run_keep_their_names(table: pa.Table, computed: Computed) -> None:
    first = computed.table.filter(computed.table["golden_field"].to_numpy(zero_copy_only=False) == "")
    leaders = first["entity_row_id"].to_pylist()
    shared = next(leader for leader in leaders if leaders.count(leader) > 1)
    last = max(row for row, leader in enumerate(leaders) if leader == shared)
    moved = [last if leader == shared else leader for leader in leaders]
    known = table.append_column("entity", pa.array([f"{leader:032x}" for leader in moved])).append_column(
        "entity_leads", pa.array([leader == row for row, leader in enumerate(moved)])
    )

    again = MatchAdapter().compute(inputs(known))

    kept = again.table.filter(again.table["golden_field"].to_numpy(zero_copy_only=False) == "")
    assert kept["entity_row_id"].to_pylist() == moved
