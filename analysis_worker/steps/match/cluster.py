"""From pair probabilities to entities: average linkage inside connected components.

Rules: two groups become one entity when a pair across them is on average more likely a match than not; a pair that was
never compared counts as probability 0; no hard pair threshold decides (it loses the weak pairs that a third record
confirms). Components beyond the row limit are split at rising edge probabilities first, so time and memory stay bounded.
Linkage: Sokal and Michener 1958 (UPGMA), through SciPy's nearest-neighbour chain.
"""

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage

from analysis_worker.steps.match import small_linkage
from analysis_worker.steps.match.constrained import settled_parts
from analysis_worker.steps.match.constraints import Ties
from analysis_worker.steps.match.strangers import components

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

EDGE_PROBABILITY = 0.05
CUT_PROBABILITY = 0.5
_RISING_EDGES = (0.2, 0.5, 0.8, 0.95, 0.99, 0.999, 0.9999)


def bounded_components(rows: int, left: Rows, right: Rows, likely: Floats, *, rows_max: int, ties: Ties | None = None) -> Rows:
    """Connected components over likely edges, none larger than `rows_max` unless certain or settled edges hold it."""
    if ties is not None:
        tied = ties.edges
        left, right = np.concatenate([left, tied[0]]), np.concatenate([right, tied[1]])
        likely = np.concatenate([likely, np.ones(len(tied[0]))])
    kept = likely >= EDGE_PROBABILITY
    left, right, likely = left[kept], right[kept], likely[kept]
    labels = components(rows, left, right)
    for edge in _RISING_EDGES:
        oversize = np.bincount(labels, minlength=1) > rows_max
        if not oversize.any():
            break
        holds = (likely >= edge) | ~oversize[labels[left]]
        left, right, likely = left[holds], right[holds], likely[holds]
        labels = components(rows, left, right)
    return labels


def unscored_inside(labels: Rows, left: Rows, right: Rows, *, rows_max: int, pairs_max: int) -> tuple[Rows, Rows]:
    """Pairs inside components that blocking did not propose, ascending; small components first, `pairs_max` at most."""
    rows = len(labels)
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels, minlength=1)
    starts = np.cumsum(sizes) - sizes
    inside: list[Rows] = [np.empty(0, dtype=np.int64)]
    admissible = np.flatnonzero((sizes > 2) & (sizes <= rows_max))  # noqa: PLR2004 - a pair has no third side
    admissible = admissible[np.argsort(sizes[admissible], kind="stable")]
    cost = np.cumsum(sizes[admissible] * (sizes[admissible] - 1) // 2)
    for component in admissible[cost <= pairs_max]:
        members = np.sort(order[starts[component] : starts[component] + sizes[component]])
        first, second = np.triu_indices(len(members), 1)
        inside.append(members[first] * rows + members[second])
    missing = np.setdiff1d(np.concatenate(inside), left * rows + right)
    found = np.divmod(missing, max(rows, 1))
    return found[0], found[1]


def average_linkage(labels: Rows, left: Rows, right: Rows, likely: Floats, *, rows_max: int, ties: Ties | None = None) -> Rows:
    """Entity of every row, as the smallest row in it, shape (n,).

    A component still larger than `rows_max` is held together by near-certain edges only and is one entity, unless something
    in it is settled otherwise.
    """
    rows = len(labels)
    ties = ties or Ties.none(rows)
    settled = np.zeros(len(np.bincount(labels, minlength=1)), dtype=np.bool_)
    settled[labels[ties.constrained]] = True
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels, minlength=1)
    starts = np.cumsum(sizes) - sizes
    position = np.empty(rows, dtype=np.int64)
    position[order] = np.arange(rows) - np.repeat(starts, sizes)
    inside = labels[left] == labels[right]
    left, right, likely = left[inside], right[inside], likely[inside]
    by_component = np.argsort(labels[left], kind="stable")
    left, right, likely = left[by_component], right[by_component], likely[by_component]
    bounds = np.searchsorted(labels[left], np.arange(len(sizes) + 1))
    entity = np.arange(rows)
    small = np.isin(sizes, [size for size in small_linkage.SIZES if size <= rows_max]) & ~settled
    for size in small_linkage.SIZES:
        chosen = np.flatnonzero(small & (sizes == size))
        number = np.full(len(sizes), -1)
        number[chosen] = np.arange(len(chosen))
        edges = np.flatnonzero(number[labels[left]] >= 0)
        distances = np.ones((len(chosen), size * (size - 1) // 2))
        distances[number[labels[left[edges]]], position[left[edges]] + position[right[edges]] - 1] = 1.0 - likely[edges]
        members = order[starts[chosen][:, None] + np.arange(size)]
        entity[members] = small_linkage.linked(members, distances, cut=1.0 - CUT_PROBABILITY)
    for component in np.flatnonzero((sizes > 1) & ~small):
        members = order[starts[component] : starts[component] + sizes[component]]
        if len(members) > rows_max and not settled[component]:
            entity[members] = members.min()
            continue
        own = slice(bounds[component], bounds[component + 1])
        scored = position[left[own]], position[right[own]], likely[own]
        if settled[component]:
            parts = settled_parts(members, ties, *scored, cut=CUT_PROBABILITY, rows_max=rows_max)
        else:
            parts = _cut(len(members), *scored)
        for part in np.unique(parts):
            entity[members[parts == part]] = members[parts == part].min()
    return entity


def sure_parts(entity: Rows, left: Rows, right: Rows, likely: Floats, *, sure: float, ties: Ties) -> Rows:
    """Entities cut down to what sure pairs and settled ties hold together, as the smallest row of each."""
    held = (entity[left] == entity[right]) & (likely >= sure)
    tied = ties.edges
    labels = components(len(entity), np.concatenate([left[held], tied[0]]), np.concatenate([right[held], tied[1]]))
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    smallest: Rows = first[inverse].astype(np.int64)
    return smallest


def _cut(size: int, first: Rows, second: Rows, likely: Floats) -> Rows:
    """Flat clusters of one component, any numbering, shape (size,)."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    distances = np.ones(size * (size - 1) // 2)
    distances[size * low - low * (low + 1) // 2 + high - low - 1] = 1.0 - likely
    flat: Rows = fcluster(linkage(distances, method="average"), 1.0 - CUT_PROBABILITY, criterion="distance")
    return flat
