"""Rows that almost surely belong to different people, and how often such people share a value.

The model needs u, the chance that two strangers agree. Drawn from the raw table, random pairs of a file with many
duplicates contain matches, so u of a unique identifier comes out a thousand times too large. So rows that agree on more
than chance allows are grouped first, by information alone (no model yet), and strangers are drawn one per group.

Rules: grouping errs towards grouping, because a stranger lost costs nothing; frequencies count groups, not rows; a value
seen in one group only gets the Good and Turing estimate, since it was certainly seen, but may never be seen again.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from analysis_worker.steps.match.blocking import Candidates
from analysis_worker.steps.match.cells import Cells, distinct_codes
from analysis_worker.steps.match.features import Features

_DERIVED = frozenset({"given_root", "name_tokens", "born"})
_PERSONAL = frozenset({"given", "birth", "email", "national_id"})
_SPARE_BITS = 2.0
_BITS_MAX_PER_FIELD = 16.0
_START_GROUPS = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A first guess at who is who, good enough to sample strangers.

    Attributes:
        group: int64, shape (n,), group of every row.
        agreeing_pairs: how many candidate pairs agreed beyond chance.
    """

    group: npt.NDArray[np.int64]
    agreeing_pairs: int


def group_by_information(
    features: Features, candidates: Candidates, representative: npt.NDArray[np.int64], settled: npt.NDArray[np.int64]
) -> Grouping:
    """Connect candidate pairs whose agreeing fields carry more bits than a chance agreement in this table could.

    Every row is connected with its representative and with the row that `settled` names for it (itself, if nobody).

    What a household shares counts as half of what is needed at most, however much of it agrees.
    """
    rows = features.rows
    needed = 2 * math.log2(max(rows, 2)) - 1 + _SPARE_BITS
    own, shared = np.zeros(len(candidates.left)), np.zeros(len(candidates.left))
    for name, cells in features.scalars.items():
        if name in _DERIVED:
            continue
        codes = cells.codes
        same = (codes[candidates.left] == codes[candidates.right]) & (codes[candidates.left] >= 0)
        if name in _PERSONAL or name.startswith("identifier_"):
            own += same * _bits(codes)
        else:
            shared += same * _bits(codes)
    kept = own + np.minimum(shared, needed / 2) >= needed
    left = np.concatenate([candidates.left[kept], representative, settled])
    right = np.concatenate([candidates.right[kept], np.arange(rows), np.arange(rows)])
    return Grouping(group=components(rows, left, right), agreeing_pairs=int(kept.sum()))


def draw_strangers(group: npt.NDArray[np.int64], *, pairs: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Ascending positions in `group`, one per group at most, so many that they form about `pairs` pairs."""
    shuffled = rng.permutation(len(group))
    _, firsts = np.unique(group[shuffled], return_index=True)
    one_per_group = shuffled[np.sort(firsts)]
    wanted = int((1 + math.sqrt(1 + 8 * pairs)) / 2)
    return np.sort(one_per_group[:wanted])


def value_frequencies(cells: Cells, grouping: Grouping, *, start: float) -> npt.NDArray[np.float64]:
    """The chance that a stranger has this value, for every distinct value of one feature.

    `start` is what a tiny table falls to.
    """
    width = len(cells.values) + 1
    seen = distinct_codes(grouping.group[cells.filled] * width + cells.codes[cells.filled]) % width
    counts = np.bincount(seen, minlength=len(cells.values)).astype(np.float64)
    total = max(counts.sum(), 1.0)
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())  # noqa: PLR2004 - the estimator's own two
    seen_once = min(1.0, (2 * twice + 1) / (once + 1))
    shares: npt.NDArray[np.float64] = (np.where(counts == 1, seen_once, counts) + _START_GROUPS * start) / (
        total + _START_GROUPS
    )
    return shares


def components(rows: int, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Connected component of every row, numbered by first appearance, shape (rows,)."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(rows, rows))
    _, labels = connected_components(graph, directed=False)
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    numbered: npt.NDArray[np.int64] = np.argsort(np.argsort(first))[inverse].astype(np.int64)
    return numbered


def _bits(codes: npt.NDArray[np.int64]) -> float:
    """Information of an agreement: minus log2 of the chance that two rows share a value."""
    counts = np.unique(codes[codes >= 0], return_counts=True)[1].astype(np.float64)
    total = counts.sum()
    if total < 2:  # noqa: PLR2004 - one row agrees with nobody
        return 0.0
    chance = float((counts * counts).sum() / (total * total))
    return min(-math.log2(chance), _BITS_MAX_PER_FIELD)
