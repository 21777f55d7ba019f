"""What people, and earlier runs, have settled: rows that are one person whatever the model says, and rows that are not.

Rules: a must-link holds through other must-links (a = b and b = c makes a = c); a cannot-link holds between everything that
is tied to its two rows. Where the two contradict each other the cannot-link wins, because a wrong merge is worse than a
missed one: must-links are taken in the order of their rows, and one that would bring two rows together that must stay
apart is dropped and reported. In an incremental run every earlier entity is a tie, and two earlier entities stay two, unless
a person says otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.strangers import components

Rows = npt.NDArray[np.int64]

NEW = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What people decided about pairs of rows; rows are ranks by row id.

    Attributes:
        left, right: int64, shape (n_decisions,), left < right.
        same: bool, same shape.
    """

    left: Rows
    right: Rows
    same: npt.NDArray[np.bool_]

    @property
    def rows(self) -> Rows:
        """Every row that a decision names, ascending."""
        return np.unique(np.concatenate([self.left, self.right]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """Settled groups of rows.

    Attributes:
        group: int64, shape (n,), the smallest row of every row's group.
        apart: the groups that must not meet, by group.
        earlier: int64, shape (n,), by group: the earlier entity that it carries on, NEW for none; two with different ones
            must not meet.
        contradictions: must-links that were dropped, as (left, right).
    """

    group: Rows
    apart: dict[int, frozenset[int]]
    earlier: Rows
    contradictions: tuple[tuple[int, int], ...] = ()

    @classmethod
    def none(cls, rows: int) -> "Ties":
        return cls(group=np.arange(rows), apart={}, earlier=np.full(rows, NEW, dtype=np.int64))

    @property
    def edges(self) -> tuple[Rows, Rows]:
        """Every tied row with the first row of its group."""
        tied = np.flatnonzero(self.group != np.arange(len(self.group)))
        return self.group[tied], tied

    @property
    def constrained(self) -> npt.NDArray[np.bool_]:
        """Rows whose clustering is not the model's alone, shape (n,)."""
        rows = len(self.group)
        touched = np.zeros(rows, dtype=np.bool_)
        first, tied = self.edges
        touched[first] = touched[tied] = True
        touched[self.earlier[self.group] != NEW] = True
        touched |= np.isin(self.group, np.array(sorted(self.apart), dtype=np.int64))
        return touched


@dataclass(slots=True)
class _Union:
    """Groups under construction; `apart` follows the groups as they grow."""

    parent: dict[int, int] = field(default_factory=dict)
    apart: dict[int, set[int]] = field(default_factory=dict)

    def root(self, row: int) -> int:
        while (up := self.parent.get(row, row)) != row:
            row = up
        return row

    def part(self, one: int, two: int) -> None:
        a, b = self.root(one), self.root(two)
        self.apart.setdefault(a, set()).add(b)
        self.apart.setdefault(b, set()).add(a)

    def join(self, one: int, two: int) -> bool:
        """Whether the two may be one; the smaller row names the group."""
        a, b = sorted((self.root(one), self.root(two)))
        if b in self.apart.get(a, ()):
            return False
        if a != b:
            self.parent[b] = a
            for other in self.apart.pop(b, set()):
                self.apart[other].discard(b)
                self.apart[other].add(a)
                self.apart.setdefault(a, set()).add(other)
        return True


def resolve(rows: int, decisions: Decisions | None, earlier: Rows | None) -> Ties:
    """Settle what is decided over a table of `rows` rows.

    Args:
        rows: how many rows there are.
        decisions: of people; None for none.
        earlier: int64, shape (n,): the earlier entity of every row as its smallest row, NEW where it has none; None when
            earlier entities bind nobody.
    """
    if decisions is None and earlier is None:
        return Ties.none(rows)
    union, dropped = _Union(), list[tuple[int, int]]()
    if decisions is not None:
        for one, two in _ordered(decisions, same=False):
            if one != two:
                union.part(one, two)
        dropped = [(one, two) for one, two in _ordered(decisions, same=True) if not union.join(one, two)]
    carried = _carry(union, earlier) if earlier is not None else {}
    parents = np.array([(row, union.root(row)) for row in sorted(union.parent)], dtype=np.int64).reshape(-1, 2)
    group = _smallest(components(rows, parents[:, 0], parents[:, 1]))
    ends = np.full(rows, NEW, dtype=np.int64)
    for row, entity in carried.items():
        ends[group[row]] = entity
    apart = {int(group[one]): frozenset(int(group[two]) for two in others) for one, others in union.apart.items() if others}
    return Ties(group=group, apart=apart, earlier=ends, contradictions=tuple(dropped))


def unsettled(earlier: Rows, decisions: Decisions | None) -> Rows:
    """Earlier entities without those that a person has since taken apart: their rows are looked at as if new."""
    if decisions is None:
        return earlier
    parted = ~decisions.same & (earlier[decisions.left] == earlier[decisions.right]) & (earlier[decisions.left] != NEW)
    reopened = np.isin(earlier, earlier[decisions.left[parted]]) & (earlier != NEW)
    return np.where(reopened, NEW, earlier)


def _carry(union: _Union, earlier: Rows) -> dict[int, int]:
    """Tie every earlier entity; where people tied two of them, the smaller one is carried on."""
    for row in np.flatnonzero((earlier != NEW) & (earlier != np.arange(len(earlier)))):
        union.join(int(earlier[row]), int(row))
    carried: dict[int, int] = {}
    for entity in np.unique(earlier[earlier != NEW]):
        root = union.root(int(entity))
        carried[root] = min(carried.get(root, int(entity)), int(entity))
    return carried


def _ordered(decisions: Decisions, *, same: bool) -> Iterable[tuple[int, int]]:
    chosen = decisions.same == same
    return sorted(set(zip(decisions.left[chosen].tolist(), decisions.right[chosen].tolist(), strict=True)))


def _smallest(labels: Rows) -> Rows:
    """The smallest row with the same label, shape (n,)."""
    if not len(labels):
        return labels
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    smallest: Rows = first[inverse].astype(np.int64)
    return smallest
