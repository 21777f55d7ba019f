"""Candidate pairs: the union of many cheap rules under a comparison budget.

Rules: a rule is one atom or two atoms of different fields; rows meet when they share its value; values shared by more
rows than `value_rows_max` are dropped from the rule (they are what "unknown@example.com" looks like when it is not on the
placeholder list); rules are taken cheapest first until the budget is spent. Many cheap rules find what a few clever ones
miss: each survives a different typo.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.atoms import Atom, build_atoms, dense_codes
from analysis_worker.steps.match.features import Features

Codes = npt.NDArray[np.int64]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    name: str
    atoms: tuple[Atom, ...]
    cost: int


@dataclass(slots=True, kw_only=True)
class _Union:
    """Distinct pair codes, merged in batches: sorting once per rule would cost more than all comparisons."""

    found: Codes = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    pending: list[Codes] = field(default_factory=list)
    pending_size: int = 0

    def add(self, codes: Codes) -> None:
        self.pending.append(codes)
        self.pending_size += len(codes)
        if self.pending_size > max(_MERGE_MIN, len(self.found)):
            self.merge()

    def merge(self) -> int:
        if self.pending:
            self.found = _distinct(np.concatenate([self.found, *self.pending]))
            self.pending, self.pending_size = [], 0
        return len(self.found)


def find_candidates(
    features: Features,
    active: npt.NDArray[np.bool_],
    *,
    budget: int,
    value_rows_max: int,
    settled: npt.NDArray[np.bool_] | None = None,
) -> Candidates:
    """Pairs of active rows that share the value of at least one affordable rule; two settled rows are no pair."""
    settled = np.zeros(features.rows, dtype=np.bool_) if settled is None else settled
    keys = _Keys(active)
    rules = sorted(_rules(features, keys, settled, value_rows_max, budget), key=lambda rule: (rule.cost, rule.name))
    union = _Union()
    used: list[str] = []
    for rule in rules:
        if len(union.found) + union.pending_size + rule.cost > budget and union.merge() + rule.cost > budget:
            break
        union.add(_pair_codes(*keys.shared(rule.atoms), settled, value_rows_max))
        used.append(rule.name)
    union.merge()
    left, right = np.divmod(union.found, max(features.rows, 1))
    return Candidates(left=left, right=right, rules=tuple(used), rules_skipped=len(rules) - len(used))


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
            rows = np.flatnonzero((first >= 0) & (second >= 0))
            codes = first[rows] * (int(atoms[1].codes.max(initial=0)) + 1) + second[rows]
        buckets = ((codes.astype(np.uint64) * _SPREAD) >> self._shift).astype(np.int64)
        several = np.bincount(buckets)[buckets] > 1 if len(buckets) else np.zeros(0, dtype=np.bool_)
        return rows[several], codes[several]

    def _of(self, atom: Atom) -> Codes:
        if atom.name not in self._dense:
            self._dense[atom.name] = np.where(self._active, dense_codes(atom, len(self._active)), -1)
        return self._dense[atom.name]


def _distinct(codes: Codes) -> Codes:
    """Ascending, each once; NumPy's own `unique` hashes first, which took four times as long on two million codes."""
    codes.sort()
    return codes[np.concatenate(([True], codes[1:] != codes[:-1]))] if len(codes) else codes


def _rules(
    features: Features, keys: _Keys, settled: npt.NDArray[np.bool_], value_rows_max: int, budget: int
) -> Iterator[_Rule]:
    atoms = build_atoms(features)
    combos = [(atom,) for atom in atoms] + [
        (a, b) for a, b in combinations(atoms, 2) if a.single and b.single and a.field != b.field
    ]
    distinct = {atom.name: int(atom.codes.max(initial=0)) + 1 for atom in atoms}
    for combo in combos:
        rows = min(len(atom.rows) for atom in combo)
        if rows * rows / (2 * math.prod(distinct[atom.name] for atom in combo)) > budget:
            continue  # evenly spread it would cost more than everything: not worth counting
        cost = _cost(*keys.shared(combo), settled, value_rows_max)
        if cost:
            yield _Rule(name=" + ".join(atom.name for atom in combo), atoms=combo, cost=cost)


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
