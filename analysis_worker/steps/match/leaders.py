"""Which row an entity is named after, so that its name lasts over runs.

Rules: an entity that holds rows of one earlier entity keeps that one's leading row if it still has it; one that holds several
takes the leading row of the largest part, the first row deciding between equals; one that has no leading row of an
earlier entity is led by its first row. So rows that come, leave or move change the name of as few rows as possible.
"""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


def leading_rows(entity: Rows, earlier: Rows, leads: npt.NDArray[np.bool_]) -> Rows:
    """The leading row of every row's entity, shape (n,).

    Args:
        entity: int64, shape (n,), the smallest row of every row's entity.
        earlier: int64, shape (n,), any code of the earlier entity, negative where a row had none.
        leads: bool, shape (n,), whether the earlier entity was named after the row.
    """
    rows = len(entity)
    leader = np.arange(rows)
    candidates = np.flatnonzero(leads & (earlier >= 0))
    if len(candidates):
        width = int(earlier.max()) + 1
        parts, part = np.unique(entity * width + earlier, return_inverse=True)
        known = np.bincount(part[earlier >= 0], minlength=len(parts))
        order = np.lexsort((candidates, -known[part[candidates]], entity[candidates]))
        chosen = candidates[order]
        entities, first = np.unique(entity[chosen], return_index=True)
        leader[entities] = chosen[first]
    named: Rows = leader[entity]
    return named
