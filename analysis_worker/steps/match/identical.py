"""Rows that repeat another row in every compared field: compared once, not pair by pair.

A file imported twice has n identical pairs; a file that repeats one row 5,000 times has twelve million. So each set of
identical rows is represented by its smallest row, and whether identity means one person is asked of the model once: two
rows that say only "Maria" are identical and say nothing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.features import Features

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identical:
    """Attributes: representative: int64, shape (n,), the smallest identical row of every row (itself when unique)."""

    representative: Rows

    @property
    def active(self) -> npt.NDArray[np.bool_]:
        """Which rows stand for themselves, shape (n,)."""
        mask: npt.NDArray[np.bool_] = self.representative == np.arange(len(self.representative))
        return mask

    @property
    def repeated(self) -> Rows:
        """Representatives of more than one row, ascending."""
        return np.unique(self.representative[~self.active])


def find_identical(features: Features, apart: Rows | None = None) -> Identical:
    """Rows with the same cells in every feature; those in `apart` stand for themselves: something is settled of them."""
    group = np.zeros(features.rows, dtype=np.int64)
    for cells in (*features.scalars.values(), *(several.sets() for several in features.lists.values())):
        _, group = np.unique(group * (int(cells.codes.max(initial=0)) + 2) + cells.codes + 1, return_inverse=True)
    if apart is not None:
        group[apart] = int(group.max(initial=0)) + 1 + np.arange(len(apart))
    _, first = np.unique(group, return_index=True)
    _, group = np.unique(group, return_inverse=True)
    return Identical(representative=first[group].astype(np.int64))
