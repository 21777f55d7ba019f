"""The change that is said moves the customer where it says, and nothing smaller of one feature does."""

import numpy as np
import pyarrow as pa

from analysis_worker.steps.segment import SegmentOptions, segment
from analysis_worker.steps.segment.choice import nearest
from analysis_worker.steps.segment.encoding import Encoded, encode
from analysis_worker.steps.segment.moves import Moves, moves
from helpers.segment_tables import OPTIONS, planted

CENTRES = 3


def _moved(*, holes: bool = False) -> tuple[Encoded, np.ndarray, np.ndarray, Moves]:
    """Even noise, a skewed amount and whole numbers around arbitrary centres."""
    random = np.random.default_rng(8)
    rows = 400
    columns = {
        "visits": pa.array(random.integers(0, 30, rows)),
        "spent": pa.array(random.lognormal(6, 1.2, rows), mask=random.random(rows) < (0.3 if holes else 0.0)),
        "score": pa.array(random.normal(size=rows)),
        "plan": pa.array(random.choice(["a", "b"], rows)),
    }
    encoded = encode(pa.table({"row_id": pa.array(range(rows)), **columns}), SegmentOptions(seed=1))
    centres = encoded.matrix[random.choice(rows, CENTRES, replace=False)]
    labels, _ = nearest(encoded.matrix, centres)
    return encoded, labels, centres, moves(encoded, labels, centres)


def _after(encoded: Encoded, row: int, name: str, change: float, centres: np.ndarray) -> int:
    feature = next(one for one in encoded.features if one.name == name)
    assert feature.scale is not None
    place = encoded.matrix[row : row + 1].copy()
    place[0, feature.start] = feature.scale.place(encoded.values[name][row : row + 1] + change)[0]
    return int(nearest(place, centres)[0][0])


def test_the_change_ends_in_the_segment_that_it_names() -> None:
    encoded, labels, centres, found = _moved()
    said = np.flatnonzero(found.feature >= 0)
    assert len(said) > 200
    for row in said.tolist():
        name = found.features[found.feature[row]]
        assert _after(encoded, row, name, found.change[row], centres) == found.other[row] != labels[row]


def test_a_smaller_change_of_that_feature_is_not_enough() -> None:
    encoded, labels, centres, found = _moved()
    for row in np.flatnonzero(found.feature >= 0).tolist():
        name = found.features[found.feature[row]]
        less = found.change[row] - np.sign(found.change[row]) if name == "visits" else 0.99 * found.change[row]
        assert _after(encoded, row, name, less, centres) == labels[row]


def test_whole_numbers_stay_whole_and_nothing_leaves_the_observed_range() -> None:
    encoded, _, _, found = _moved()
    for row in np.flatnonzero(found.feature >= 0).tolist():
        name = found.features[found.feature[row]]
        value = encoded.values[name][row] + found.change[row]
        assert encoded.values[name].min() <= value <= encoded.values[name].max()
        assert name != "visits" or value == round(value)


def test_a_missing_number_is_not_changed() -> None:
    encoded, _, _, found = _moved(holes=True)
    missing = np.isnan(encoded.values["spent"])
    assert missing.sum() > 50
    assert not (found.feature[missing] == found.features.index("spent")).any()


def test_one_segment_has_nowhere_to_go() -> None:
    table, _ = planted(shuffled=True)
    result = segment(table, OPTIONS)
    assert result.summary.movable == 0
    assert result.assignments.column("move_segment").null_count == table.num_rows


def test_moves_name_segments_of_the_result() -> None:
    table, _ = planted()
    result = segment(table, OPTIONS)
    labels = {item.segment: item.name for item in result.summary.segments}
    said = [line for line in result.assignments.to_pylist() if line["move_segment"] is not None]
    assert len(said) == result.summary.movable > 0
    assert all(labels[line["move_segment"]] == line["move_label"] for line in said)
    assert all(line["move_segment"] != line["segment"] for line in said)
