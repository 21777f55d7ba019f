"""Which number a segment has, so that the same customers are called the same from run to run.

Rules: segments are paired with those of the run before by how much they overlap (Jaccard, over the customers that both know) so
that the whole is the largest (Hungarian method, Kuhn 1955); a pair counts from a quarter on. A segment without a forerunner
gets a number that was not used before. "All customers" goes on only from "all customers". Previous numbers name segments and do
nothing else: they are never a feature.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analysis_worker.steps.segment.choice import Labels

_LEAST_OVERLAP = 0.25


def lasting_numbers(labels: Labels, segments: int, previous: Labels | None) -> tuple[NDArray[np.int64], int]:
    """Return the number of each segment, shape (segments,), and how many of them go on from before.

    Args:
        labels: Segment of each customer, 0..segments-1, the best first.
        segments: How many there are.
        previous: Number of each customer's segment before, 0 for none; None if there was no run before.
    """
    numbers = np.arange(1, segments + 1)
    known = np.zeros(0, bool) if previous is None else previous > 0
    if previous is None or not known.any():
        return numbers, 0
    before, which = np.unique(previous[known], return_inverse=True)
    if (segments == 1) != (len(before) == 1):
        return numbers + before.max(), 0
    pairs = _paired(labels[known], which, segments, len(before))
    fresh = iter(range(int(before.max()) + 1, int(before.max()) + segments + 1))
    found = [int(before[pairs[number]]) if number in pairs else next(fresh) for number in range(segments)]
    return np.array(found, np.int64), len(pairs)


def _paired(labels: Labels, before: Labels, segments: int, forerunners: int) -> dict[int, int]:
    both = np.bincount(labels * forerunners + before, minlength=segments * forerunners).reshape(segments, forerunners)
    either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
    overlap = both / np.maximum(either, 1)
    rows, columns = linear_sum_assignment(overlap, maximize=True)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if overlap[row, column] >= _LEAST_OVERLAP}
