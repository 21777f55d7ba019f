"""Candidate pairs: the union of many cheap rules under a comparison budget.

Rules: a rule is one atom or two atoms of different fields; rows meet when they share its value; values shared by more
rows than `value_rows_max` are dropped from the rule (they are what "unknown@example.com" looks like when it is not on the
placeholder list); rules are taken cheapest first until the budget is spent. Many cheap rules find what a few clever ones
miss: each survives a different typo.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.atoms import Atom, build_atoms, dense_codes
from analysis_worker.steps.match.cells import distinct_codes
from analysis_worker.steps.match.features import Features

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SHARE_OF_FOUND = 4
"""Where others wait for pairs, they are merged four times as often."""
_MERGE_MIN = 200_000
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Knuth's multiplicative hashing, by the golden ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Distinct pairs worth a comparison.

    Attributes:
        left, right: int64, shape (n_pairs,), left < right, ascending by (left, right).
        rules: names of the rules used, cheapest first.
        rules_skipped: how many rules the budget had no room for.
    """

    left: Codes
    right: Codes
    rules: tuple[str, ...]
    rules_skipped: int


@dataclass(slots=True, kw_only=True)
class _Union:
    """Distinct pair codes, merged in batches: sorting once per rule would cost more than all comparisons.

    `fresh`, if there is one, is told which codes are new, batch by batch, each batch ascending.
    """

    fresh: Callable[[Codes], None] | None = None
    found: Codes = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    pending: list[Codes] = field(default_factory=list)
    pending_size: int = 0

    def add(self, codes: Codes) -> None:
        self.pending.append(codes)
        self.pending_size += len(codes)
        share = 1 if self.fresh is None else _SHARE_OF_FOUND
        if self.pending_size > max(_MERGE_MIN, len(self.found) // share):
            self.merge()

    def merge(self) -> int:
        if self.pending and self.fresh is None:
            self.found = distinct_codes(np.concatenate([self.found, *self.pending]))
        elif self.pending and self.fresh is not None:
            codes = distinct_codes(np.concatenate(self.pending))
            codes = codes[~_among(codes, self.found)]
            self.fresh(codes)
            self.found = np.sort(np.concatenate([self.found, codes]), kind="stable")
        self.pending, self.pending_size = [], 0
        return len(self.found)


class Combinations:
    """Every rule that could be afforded, in a fixed order, and what each brings together."""

    def __init__(
        self, features: Features, active: npt.NDArray[np.bool_], settled: Flags, *, budget: int, value_rows_max: int
    ) -> None:
        self._keys = _Keys(active)
        self._settled = settled
        self._value_rows_max = value_rows_max
        self._atoms = tuple(_affordable(build_atoms(features), budget))

    def __len__(self) -> int:
        return len(self._atoms)

    def name(self, number: int) -> str:
        return " + ".join(atom.name for atom in self._atoms[number])

    def cost(self, number: int) -> int:
        """How many pairs the rule brings together."""
        return _cost(*self._keys.shared(self._atoms[number]), self._settled, self._value_rows_max)

    def pairs(self, number: int) -> Codes:
        """Left * rows + right of each."""
        return _pair_codes(*self._keys.shared(self._atoms[number]), self._settled, self._value_rows_max)


def find_candidates(
    features: Features,
    active: npt.NDArray[np.bool_],
    *,
    budget: int,
    value_rows_max: int,
    settled: npt.NDArray[np.bool_] | None = None,
    count: Callable[[Combinations], Sequence[int]] | None = None,
    fresh: Callable[[Codes], None] | None = None,
) -> Candidates:
    """Pairs of active rows that share the value of at least one affordable rule; two settled rows are no pair.

    Args:
        features: of all rows.
        active: rows that stand for themselves, shape (n,).
        budget: how many pairs at most.
        value_rows_max: values that more rows share are dropped from a rule.
        settled: rows of which no two are compared, shape (n,).
        count: says what every combination costs, where others count, too.
        fresh: is told pair codes as soon as it is certain that they are candidates.
    """
    settled = np.zeros(features.rows, dtype=np.bool_) if settled is None else settled
    rules = Combinations(features, active, settled, budget=budget, value_rows_max=value_rows_max)
    costs = [rules.cost(number) for number in range(len(rules))] if count is None else count(rules)
    order = sorted((number for number in range(len(rules)) if costs[number]), key=lambda n: (costs[n], rules.name(n)))
    union = _Union(fresh=fresh)
    used: list[str] = []
    for number in order:
        cost = costs[number]
        if len(union.found) + union.pending_size + cost > budget and union.merge() + cost > budget:
            break
        union.add(rules.pairs(number))
        used.append(rules.name(number))
    union.merge()
    left, right = np.divmod(union.found, max(features.rows, 1))
    return Candidates(left=left, right=right, rules=tuple(used), rules_skipped=len(order) - len(used))


def pair_codes(rows: Codes, codes: Codes, table_rows: int) -> Codes:
    """Left * table_rows + right of every pair of rows (ascending) that share a code."""
    return _pair_codes(rows, codes, np.zeros(table_rows, dtype=np.bool_), len(rows))


class _Keys:
    """Joint codes of a rule, of the rows only that may share theirs with another row.

    Most values of a cheap rule belong to one row. Counting hashed codes finds those in a tenth of the time that sorting all of
    them takes; a row whose hash collides is sorted with the rest and changes nothing.
    """

    def __init__(self, active: npt.NDArray[np.bool_]) -> None:
        self._active = active
        self._dense: dict[str, Codes] = {}
        self._shift = np.uint64(64 - max(10, len(active).bit_length() + 1))

    def shared(self, atoms: tuple[Atom, ...]) -> tuple[Codes, Codes]:
        """Rows and their codes; rows without a value, and most of those whose code nobody shares, are left out."""
        if len(atoms) == 1:
            kept = self._active[atoms[0].rows]
            rows, codes = atoms[0].rows[kept], atoms[0].codes[kept]
        else:
            first, second = (self._of(atom) for atom in atoms)
            rows = np.flatnonzero((first | second) >= 0)
            codes = first[rows]
            codes *= int(atoms[1].codes.max(initial=0)) + 1  # in place: passes over memory are what this costs
            codes += second[rows]
        if not len(rows):
            return rows, codes
        hashed = codes.view(np.uint64) * _SPREAD
        hashed >>= self._shift
        buckets = hashed.view(np.int64)
        several = np.flatnonzero(np.bincount(buckets)[buckets] > 1)
        return rows[several], codes[several]

    def _of(self, atom: Atom) -> Codes:
        if atom.name not in self._dense:
            self._dense[atom.name] = np.where(self._active, dense_codes(atom, len(self._active)), -1)
        return self._dense[atom.name]


def _affordable(atoms: tuple[Atom, ...], budget: int) -> Iterator[tuple[Atom, ...]]:
    combos = [(atom,) for atom in atoms] + [
        (a, b) for a, b in combinations(atoms, 2) if a.single and b.single and a.field != b.field
    ]
    distinct = {atom.name: int(atom.codes.max(initial=0)) + 1 for atom in atoms}
    for combo in combos:
        rows = min(len(atom.rows) for atom in combo)
        if rows * rows / (2 * math.prod(distinct[atom.name] for atom in combo)) <= budget:
            yield combo  # else, evenly spread, it would cost more than everything: not worth counting


def _among(codes: Codes, found: Codes) -> Flags:
    """Which codes are in `found`; both ascend."""
    if not len(found):
        return np.zeros(len(codes), dtype=np.bool_)
    at = np.minimum(np.searchsorted(found, codes), len(found) - 1)
    among: Flags = found[at] == codes
    return among


def _cost(rows: Codes, codes: Codes, settled: npt.NDArray[np.bool_], value_rows_max: int) -> int:
    """How many pairs a rule brings together."""
    if not settled.any():
        sizes = _group_sizes(codes)
        return int(_pairs_of(sizes[sizes <= value_rows_max]).sum())
    _, group, sizes = np.unique(codes, return_inverse=True, return_counts=True)
    old = np.bincount(group[settled[rows]], minlength=len(sizes))
    return int((_pairs_of(sizes) - _pairs_of(old))[sizes <= value_rows_max].sum())


def _pairs_of(sizes: Codes) -> Codes:
    return sizes * (sizes - 1) // 2


def _group_sizes(codes: Codes) -> Codes:
    ordered = np.sort(codes)
    if not len(ordered):
        return np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return np.diff(np.append(starts, len(ordered)))


def _pair_codes(rows: Codes, codes: Codes, settled: npt.NDArray[np.bool_], value_rows_max: int) -> Codes:
    """Left * rows + right for every pair inside a group of admissible size, vectorised over the distance in the group."""
    if not len(rows):
        return rows
    order = np.argsort(codes, kind="stable")  # rows ascend already, so they do inside each group
    rows, codes = rows[order], codes[order]
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    sizes = np.diff(np.append(starts, len(codes)))
    kept = np.repeat((sizes > 1) & (sizes <= value_rows_max), sizes)
    rows, codes = rows[kept], codes[kept]
    found: list[Codes] = []
    place = np.arange(len(rows))
    for distance in range(1, int(sizes[sizes <= value_rows_max].max(initial=1))):
        place = place[: np.searchsorted(place, len(rows) - distance)]
        place = place[codes[place + distance] == codes[place]]  # who has nobody this far has nobody further away
        if not len(place):
            break
        left, right = rows[place], rows[place + distance]
        fresh = ~(settled[left] & settled[right])
        found.append(left[fresh] * len(settled) + right[fresh])
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)
