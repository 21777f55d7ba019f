"""Which known rows are learnt from: all of them, or a random sample in which every class has its share.

Rule: shares stay as they are, because probabilities follow them; where a class is rare the sample grows, up to a limit, and a
class that would still have too few rows in it is not learnt.
"""

from __future__ import annotations

import math

import numpy as np

from analysis_worker.steps.classify.columns import Ints
from analysis_worker.steps.classify.options import ClassifyOptions

_WANTED_OF_THE_RAREST = 200
_GROWTH = 5  # times the usual sample, for a rare class
_LEAST_OF_MANY = 2_000


def rows_needed(total: int, n_classes: int, options: ClassifyOptions) -> int:
    """Known rows that a class must have to be learnt: enough to be in the largest sample often enough."""
    largest = _GROWTH * _usual(n_classes, options)
    return math.ceil(options.min_class_rows * max(1.0, total / largest))


def sample(codes: Ints, options: ClassifyOptions) -> Ints:
    """Rows to learn from, in order, int64; of codes below 0 none.

    Args:
        codes: class per row, int64, shape (n_rows,).
        options: `max_training_rows` and the seed.
    """
    classes, counts = np.unique(codes[codes >= 0], return_counts=True)
    total, usual = int(counts.sum()), _usual(len(classes), options)
    for_rarest = math.ceil(total * _WANTED_OF_THE_RAREST / int(counts.min()))
    size = min(total, max(usual, min(for_rarest, _GROWTH * usual)))
    random = np.random.default_rng([options.seed, 1])
    taken = [
        random.choice(np.flatnonzero(codes == code), size=max(1, min(int(count), round(size * count / total))), replace=False)
        for code, count in zip(classes, counts, strict=True)
    ]
    return np.sort(np.concatenate(taken))


def _usual(n_classes: int, options: ClassifyOptions) -> int:
    if n_classes <= 2:  # noqa: PLR2004 - of two classes one says all; of more each is learnt, in the same time together
        return options.max_training_rows
    return max(_LEAST_OF_MANY, 2 * options.max_training_rows // n_classes)
