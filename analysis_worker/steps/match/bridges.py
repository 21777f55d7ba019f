"""The bridge guard: an entity of two halves that hang together by one weak edge is two entities.

Average linkage cuts most of them; what it lets pass are halves whose other pairs are each not unlikely enough. Rules: only a
bridge between two halves of at least two rows counts (a single row that one edge attaches is what review is for); only
edges of even odds or more hold anything together; a bridge that is sure by itself stays; the weakest bridge goes first.
Bridges: Tarjan 1974.
"""

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.strangers import components

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

HOLDING_PROBABILITY = 0.5
_HALF_ROWS_MIN = 2


def without_bridges(entity: Rows, left: Rows, right: Rows, likely: Floats, *, sure: float, free: npt.NDArray[np.bool_]) -> Rows:
    """Entity of every row, as its smallest row, after the guard.

    Args:
        entity: int64, shape (n,), the smallest row of every row's entity.
        left, right, likely: scored pairs, shape (n_pairs,).
        sure: a bridge of at least this probability is no weak edge.
        free: bool, shape (n,): rows whose entity may be split; the others are settled.
    """
    rows = len(entity)
    sizes = np.bincount(entity, minlength=rows)
    looked_at = (sizes[entity] >= 2 * _HALF_ROWS_MIN) & free
    held = (entity[left] == entity[right]) & looked_at[left] & (likely >= HOLDING_PROBABILITY)
    left, right, likely = left[held], right[held], likely[held]
    if not len(left):
        return entity
    by_entity = np.argsort(entity, kind="stable")
    ends = np.searchsorted(entity[by_entity], np.arange(rows + 1))
    order = np.argsort(entity[left], kind="stable")
    left, right, likely = left[order], right[order], likely[order]
    names, starts = np.unique(entity[left], return_index=True)
    found = entity.copy()
    for name, start, end in zip(names, starts, np.append(starts[1:], len(left)), strict=True):
        edges = slice(start, end)
        if end - start < sizes[name] * (sizes[name] - 1) // 2 and likely[edges].min() < sure:
            members = by_entity[ends[name] : ends[name + 1]]
            _split(found, members, left[edges], right[edges], likely[edges], sure=sure)
    return found


def _split(entity: Rows, members: Rows, left: Rows, right: Rows, likely: Floats, *, sure: float) -> None:
    """Cut the weakest bridge of one entity, in place, and look at both halves again."""
    if len(members) < 2 * _HALF_ROWS_MIN:
        return
    first, second = np.searchsorted(members, left), np.searchsorted(members, right)
    for edge in np.lexsort((right, left, likely)):
        if likely[edge] >= sure:
            return
        rest = np.delete(np.arange(len(left)), edge)
        labels = components(len(members), first[rest], second[rest])
        side = labels == labels[first[edge]]
        if labels[first[edge]] == labels[second[edge]]:
            continue
        halves = (members[side], members[labels == labels[second[edge]]])
        if min(len(half) for half in halves) < _HALF_ROWS_MIN:
            continue
        for half in (members[side], members[~side]):
            entity[half] = half.min()
            inside = np.isin(left, half) & np.isin(right, half)
            _split(entity, half, left[inside], right[inside], likely[inside], sure=sure)
        return
