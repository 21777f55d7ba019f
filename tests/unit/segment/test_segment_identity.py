"""Segments keep their numbers from run to run."""

import numpy as np
import pyarrow as pa

from analysis_worker.steps.segment import segment
from analysis_worker.steps.segment.identity import lasting_numbers
from helpers.segment_tables import OPTIONS, planted

NEW_NUMBERS = {1: 7, 2: 3, 3: 12, 4: 5}


def test_the_first_run_counts_from_one() -> None:
    labels = np.array([0, 0, 1, 2])
    for nobody in (None, np.zeros(4, np.int64)):
        numbers, carried = lasting_numbers(labels, 3, nobody)
        assert (numbers.tolist(), carried) == ([1, 2, 3], 0)


def test_segments_take_the_numbers_of_those_they_overlap_most() -> None:
    table, _ = planted()
    first = segment(table, OPTIONS)
    before = pa.array([NEW_NUMBERS[number] for number in first.assignments.column("segment").to_pylist()], pa.int32())
    again = segment(table, OPTIONS, pa.chunked_array([before]))
    assert again.assignments.column("segment").to_pylist() == before.to_pylist()
    assert again.summary.carried == 4
    assert [item.segment for item in again.summary.segments] == [7, 3, 12, 5]
    assert set(again.profiles.column("segment").to_pylist()) == {7, 3, 12, 5}


def test_earlier_numbers_change_nothing_but_numbers() -> None:
    table, _ = planted()
    first = segment(table, OPTIONS)
    noise = pa.array(np.random.default_rng(1).integers(1, 9, table.num_rows).astype(np.int32))
    again = segment(table, OPTIONS, pa.chunked_array([noise]))
    same = dict(zip(*(one.assignments.column("segment").to_pylist() for one in (first, again)), strict=True))
    assert len(same) == 4
    for name in ("label", "confidence", "move_feature", "move_change"):
        assert again.assignments.column(name).equals(first.assignments.column(name))
    # Noise overlaps with nothing, so nothing goes on.
    assert again.summary.carried == 0
    assert min(same.values()) > 8


def test_most_customers_staying_is_enough_and_new_customers_do_not_count() -> None:
    labels = np.array([0] * 50 + [1] * 50 + [0] * 400)
    previous = np.array([2] * 40 + [1] * 10 + [1] * 45 + [2] * 5 + [0] * 400)
    numbers, carried = lasting_numbers(labels, 2, previous)
    assert (numbers.tolist(), carried) == ([2, 1], 2)


def test_a_new_segment_gets_a_number_that_was_not_used() -> None:
    labels = np.array([0] * 50 + [1] * 50 + [2] * 10)
    previous = np.array([4] * 50 + [2] * 55 + [4] * 5)
    numbers, carried = lasting_numbers(labels, 3, previous)
    assert (numbers.tolist(), carried) == ([4, 2, 5], 2)


def test_all_customers_go_on_only_from_all_customers() -> None:
    everybody = np.zeros(100, np.int64)
    split = np.array([1] * 60 + [2] * 40)
    assert lasting_numbers(everybody, 1, split)[0].tolist() == [3]
    assert lasting_numbers(everybody, 1, np.full(100, 3))[0].tolist() == [3]
    assert lasting_numbers(split - 1, 2, np.full(100, 3))[0].tolist() == [4, 5]
