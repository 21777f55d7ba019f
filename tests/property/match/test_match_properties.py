"""What holds for any cells and any edges."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_worker.steps.match import cluster, normalise
from analysis_worker.steps.match.blocking import find_candidates
from analysis_worker.steps.match.features import build_features
from analysis_worker.steps.match.roles import decide_roles

CELLS = st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["Roe", "roe ", "n/a", "1971-03-04", "0000"]))
NORMALISERS = (
    normalise.folded,
    normalise.date_digits,
    normalise.email_key,
    normalise.phone_key,
    normalise.identifier_key,
    normalise.age_years,
    normalise.house_number,
    normalise.gender_word,
)


@given(st.text(max_size=300))
def test_no_cell_makes_a_normaliser_raise_or_return_nothing_as_a_value(cell: str) -> None:
    for normaliser in NORMALISERS:
        assert normaliser(cell) != ""
    normalise.split_street(cell)
    normalise.split_full_name(cell)


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(cell: str) -> None:
    once = normalise.folded(cell)
    assert once is None or normalise.folded(once) in (once, None)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=25), st.integers(0, 200), st.integers(2, 10))
def test_candidates_are_distinct_ordered_and_within_the_budget(
    rows: list[tuple[str | None, str | None, str | None]], budget: int, value_rows_max: int
) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    names = ("given_name", "family_name", "birth_date")
    table = pa.table(
        {
            "row_id": list(range(len(rows))),
            **{name: pa.array(cells, pa.string()) for name, cells in zip(names, columns, strict=True)},
        }
    )
    features = build_features(table, decide_roles(table))

    found = find_candidates(features, np.ones(len(rows), dtype=np.bool_), budget=budget, value_rows_max=value_rows_max)

    codes = found.left * len(rows) + found.right
    assert len(codes) <= budget
    assert (found.left < found.right).all()
    assert (np.diff(codes) > 0).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 14), st.randoms(use_true_random=False))
def test_clustering_partitions_components_and_names_entities_by_smallest_row(rows: int, rng: "np.random.Generator") -> None:
    pairs = [(a, b) for a in range(rows) for b in range(a + 1, rows) if rng.random() < 0.4]
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    likely = np.array([rng.random() for _ in pairs], dtype=np.float64)

    labels = cluster.bounded_components(rows, left, right, likely, rows_max=8)
    entity = cluster.average_linkage(labels, left, right, likely, rows_max=8)

    for value in np.unique(entity):
        members = np.flatnonzero(entity == value)
        assert value == members.min()
        assert len(np.unique(labels[members])) == 1
