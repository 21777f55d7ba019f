"""Rules that hold beyond chance, that no shorter rule makes needless, and that customers who were not learned from confirm.

Rules: a head is one product. Against every rule that leaves one product out of the body (at last the empty body: everybody) the
longer one must be better than chance explains; the worst of these tests is the rule's p-value (Webb 2007, productive rules), so
what a shorter body does as well is gone. What the learning part finds under false-discovery control is tested again on the part
that was held out. A rule speaks about at least the floor of customers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis_worker.steps.associate.baskets import Baskets
from analysis_worker.steps.associate.bitmaps import Bitmaps, Counts
from analysis_worker.steps.associate.itemsets import FrequentSets
from analysis_worker.steps.associate.options import AssociateOptions
from analysis_worker.steps.associate.significance import Numbers, chance, discoveries

_WITH_BODY_OF_TWO = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: products by number; baskets and customers that have all of them; figures over all baskets but `holdout_lift`.

    Attributes:
        support: share of the baskets with body and head, 0..1.
        confidence: share of the baskets with the body that have the head, 0..1.
        lift: that share by the share of all baskets that have the head.
        p_value: of the worst test on the learning part.
        holdout_lift: the lift among those held out.
    """

    body: tuple[int, ...]
    head: int
    customers: int
    support: float
    confidence: float
    lift: float
    p_value: float
    holdout_lift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """rules: the best lift first; how many tests were made, rules learned, confirmed, and left out as redundant."""

    rules: tuple[Rule, ...]
    tests: int
    learned: int
    confirmed: int
    redundant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidates:
    """Rules of one size: products with the head last, shape (m, k), and p-values: the worst, and that against everybody."""

    sets: Counts
    worst: Numbers
    against_all: Numbers


def find_rules(found: Baskets, frequent: FrequentSets, options: AssociateOptions) -> Found:
    """Return the rules of the sets that were frequent in the learning part."""
    learning, judging = found.maps(~found.held_out), found.maps(found.held_out)
    candidates = [one for sets in frequent.sets[1:] if len(sets) for one in _candidates(sets, learning, options)]
    tests = sum(tried * size for size, tried in enumerate(frequent.tried, start=1) if size > 1)
    p_values = np.concatenate([one.worst for one in candidates]) if candidates else np.zeros(0)
    kept = discoveries(p_values, options.false_discoveries, tests, dependent=True)
    redundant = sum(
        int(((one.against_all <= options.false_discoveries) & (one.worst > options.false_discoveries)).sum())
        for one in candidates
    )
    learned, start = [], 0
    for one in candidates:
        mine = kept[start : start + len(one.worst)]
        start += len(one.worst)
        learned.append((one.sets[mine], one.worst[mine]))
    judged = [_tested(sets, judging)[0] for sets, _ in learned if len(sets)]
    again = np.concatenate(judged) if judged else np.zeros(0)
    confirmed = discoveries(again, options.false_discoveries, len(again), dependent=False)
    rules: list[Rule] = []
    start = 0
    for sets, worst in learned:
        mine = confirmed[start : start + len(sets)]
        start += len(sets)
        rules.extend(_described(sets[mine], worst[mine], found, learning, judging, options))
    rules.sort(key=lambda rule: (-rule.lift, -rule.customers, rule.body, rule.head))
    return Found(rules=tuple(rules), tests=tests, learned=len(again), confirmed=int(confirmed.sum()), redundant=redundant)


def _candidates(sets: Counts, maps: Bitmaps, options: AssociateOptions) -> list[_Candidates]:
    """Return the rules of sets of one size, each product once the head, as far as their lift is high enough."""
    found = []
    for head in range(sets.shape[1]):
        turned = np.column_stack([np.delete(sets, head, axis=1), sets[:, head]])
        joint, body, alone = (maps.counts(one).sum(axis=1) for one in (turned, turned[:, :-1], turned[:, -1:]))
        lifted = turned[joint * maps.baskets >= options.min_lift * body * alone]
        if len(lifted):
            worst, against_all = _tested(lifted, maps)
            found.append(_Candidates(sets=lifted, worst=worst, against_all=against_all))
    return found


def _tested(sets: Counts, maps: Bitmaps) -> tuple[Numbers, Numbers]:
    """Return the worst p-value of every rule, and that against everybody."""
    joint, body = maps.counts(sets), maps.counts(sets[:, :-1])
    against_all = chance(joint, body, maps.counts(sets[:, -1:]), maps.sizes)
    worst = against_all
    if sets.shape[1] >= _WITH_BODY_OF_TWO:
        for left_out in range(sets.shape[1] - 1):
            shorter = np.delete(sets, left_out, axis=1)
            worst = np.maximum(worst, chance(joint, body, maps.counts(shorter), maps.counts(shorter[:, :-1])))
    return worst, against_all


def _described(
    sets: Counts, p_values: Numbers, found: Baskets, learning: Bitmaps, judging: Bitmaps, options: AssociateOptions
) -> list[Rule]:
    joint, body, head = (_both(one, learning, judging) for one in (sets, sets[:, :-1], sets[:, -1:]))
    judged = judging.counts(sets).sum(axis=1) * judging.baskets
    lift_there = judged / np.maximum(judging.counts(sets[:, :-1]).sum(axis=1) * judging.counts(sets[:, -1:]).sum(axis=1), 1)
    baskets = learning.baskets + judging.baskets
    customers = _customers(sets, joint, found, learning, judging)
    return [
        Rule(
            body=tuple(int(product) for product in one[:-1]),
            head=int(one[-1]),
            customers=int(customers[row]),
            support=float(joint[row] / baskets),
            confidence=float(joint[row] / body[row]),
            lift=float(joint[row] * baskets / (body[row] * head[row])),
            p_value=float(p_values[row]),
            holdout_lift=float(lift_there[row]),
        )
        for row, one in enumerate(sets)
        if customers[row] >= options.min_customers
    ]


def _both(sets: Counts, learning: Bitmaps, judging: Bitmaps) -> Counts:
    return np.asarray(learning.counts(sets).sum(axis=1) + judging.counts(sets).sum(axis=1), np.int64)


def _customers(sets: Counts, joint: Counts, found: Baskets, learning: Bitmaps, judging: Bitmaps) -> NDArray[np.int64]:
    """Return how many customers have all products of each rule in one basket."""
    if len(found.customer) == found.buyers:
        return joint
    held = np.flatnonzero(found.held_out)
    kept = np.flatnonzero(~found.held_out)
    return np.array(
        [
            len(np.unique(found.customer[np.concatenate([kept[learning.holders(one)], held[judging.holders(one)]])]))
            for one in sets
        ],
        np.int64,
    )
