"""Two and three rows are linked as SciPy links them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from analysis_worker.steps.match.small_linkage import linked

DISTANCE = st.floats(0.0, 1.0) | st.sampled_from([0.0, 0.25, 0.5, 1.0])


def together(names: list[int]) -> list[list[bool]]:
    return [[one == other for other in names] for one in names]


@given(st.lists(st.tuples(DISTANCE, DISTANCE, DISTANCE), max_size=8))
def test_three_rows_are_linked_as_scipy_links_them(distances: list[tuple[float, float, float]]) -> None:
    members = np.arange(3 * len(distances)).reshape(-1, 3) * 7
    found = linked(members, np.array(distances).reshape(-1, 3), cut=0.5)
    for own, result, three in zip(members.tolist(), found.tolist(), distances, strict=True):
        expected = fcluster(linkage(np.array(three), method="average"), 0.5, criterion="distance").tolist()
        nearest = sorted(three)
        if nearest[0] == nearest[1] <= 0.5 < (nearest[1] + nearest[2]) / 2:  # two ways to begin, each as good
            assert sorted(map(result.count, result)) == [1, 2, 2]
        else:
            assert together(result) == together(expected)
        assert all(result[place] == min(own[at] for at in range(3) if result[at] == result[place]) for place in range(3))


@given(st.lists(DISTANCE, max_size=8))
def test_two_rows_are_one_within_the_cut(distances: list[float]) -> None:
    members = np.arange(2 * len(distances)).reshape(-1, 2)
    found = linked(members, np.array(distances).reshape(-1, 1), cut=0.5)
    assert found[:, 0].tolist() == members[:, 0].tolist()
    assert (found[:, 0] == found[:, 1]).tolist() == [distance <= 0.5 for distance in distances]
