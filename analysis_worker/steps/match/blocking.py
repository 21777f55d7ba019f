"""Candidate pairs: the union of many cheap rules under a comparison budget.

Rules: a rule is one atom or two atoms of different fields; rows meet when they share its value; values shared by more
rows than `value_rows_max` are dropped from the rule (they are what "unknown@example.com" looks like when it is not on the
placeholder list); rules are taken cheapest first until the budget is spent. Many cheap rules find what a few clever ones
miss: each survives a different typo.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.atoms import Atom, build_atoms, dense_codes
from analysis_worker.steps.match.features import Features

Codes = npt.NDArray[np.int64]

_MERGE_MIN = 200_000


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
    rules = sorted(_rules(features, active, settled, value_rows_max), key=lambda rule: (rule.cost, rule.name))
    union = _Union()
    used: list[str] = []
    for rule in rules:
        if len(union.found) + union.pending_size + rule.cost > budget and union.merge() + rule.cost > budget:
            break
        union.add(_pair_codes(rule.atoms, active, settled, value_rows_max))
        used.append(rule.name)
    union.merge()
    left, right = np.divmod(union.found, max(features.rows, 1))
    return Candidates(left=left, right=right, rules=tuple(used), rules_skipped=len(rules) - len(used))


def _distinct(codes: Codes) -> Codes:
    """Ascending, each once; NumPy's own `unique` hashes first, which took four times as long on two million codes."""
    codes.sort()
    return codes[np.concatenate(([True], codes[1:] != codes[:-1]))] if len(codes) else codes


def _rules(
    features: Features, active: npt.NDArray[np.bool_], settled: npt.NDArray[np.bool_], value_rows_max: int
) -> Iterator[_Rule]:
    atoms = build_atoms(features)
    combos = [(atom,) for atom in atoms] + [
        (a, b) for a, b in combinations(atoms, 2) if a.single and b.single and a.field != b.field
    ]
    for combo in combos:
        cost = _cost(*_keys(combo, active), settled, value_rows_max)
        if cost:
            yield _Rule(name=" + ".join(atom.name for atom in combo), atoms=combo, cost=cost)


def _keys(atoms: tuple[Atom, ...], active: npt.NDArray[np.bool_]) -> tuple[Codes, Codes]:
    """Rows and their joint codes for one rule; rows without a value are left out."""
    if len(atoms) == 1:
        kept = active[atoms[0].rows]
        return atoms[0].rows[kept], atoms[0].codes[kept]
    first, second = (dense_codes(atom, len(active)) for atom in atoms)
    rows = np.flatnonzero((first >= 0) & (second >= 0) & active)
    width = int(second.max()) + 1
    return rows, first[rows] * width + second[rows]


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


def _pair_codes(
    atoms: tuple[Atom, ...], active: npt.NDArray[np.bool_], settled: npt.NDArray[np.bool_], value_rows_max: int
) -> Codes:
    """Left * rows + right for every pair inside a group of admissible size, vectorised over the distance in the group."""
    rows, codes = _keys(atoms, active)
    order = np.lexsort((rows, codes))
    rows, codes = rows[order], codes[order]
    starts = np.flatnonzero(np.concatenate(([True], codes[1:] != codes[:-1])))
    sizes = np.diff(np.append(starts, len(codes)))
    kept = np.repeat((sizes > 1) & (sizes <= value_rows_max), sizes)
    rows, codes = rows[kept], codes[kept]
    found: list[Codes] = []
    for distance in range(1, int(sizes[sizes <= value_rows_max].max(initial=1))):
        same = codes[distance:] == codes[:-distance]
        if not same.any():
            break
        left, right = rows[:-distance][same], rows[distance:][same]
        fresh = ~(settled[left] & settled[right])
        left, right = left[fresh], right[fresh]
        found.append(left * len(active) + right)
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)
