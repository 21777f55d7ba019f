"""Frequent sets beside counting by hand; p-values beside SciPy; false discoveries beside their definition."""

from collections import defaultdict
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import fisher_exact, hypergeom

from analysis_worker.steps.associate import FrequentSets, TooManyItemsetsError, bitmaps_of, frequent_itemsets, itemsets
from analysis_worker.steps.associate.significance import discoveries, fisher_upper, stratified_upper


def _by_hand(basket: np.ndarray, product: np.ndarray, need: int) -> dict[tuple[int, ...], int]:
    held = defaultdict(set)
    for one, what in zip(basket.tolist(), product.tolist(), strict=True):
        held[one].add(what)
    everything = sorted(set(product.tolist()))
    found = {}
    for size in range(1, 5):
        for products in combinations(everything, size):
            count = sum(set(products) <= inside for inside in held.values())
            if count >= need:
                found[products] = count
    return found


def _as_dict(found: FrequentSets) -> dict[tuple[int, ...], int]:
    return {
        tuple(row): count
        for sets, counts in zip(found.sets, found.counts, strict=True)
        for row, count in zip(sets.tolist(), counts.tolist(), strict=True)
    }


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("word_cost", [0.0, 1.0])
def test_sets_are_those_counted_by_hand_by_either_way(seed: int, word_cost: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(itemsets, "_WORD_COST", word_cost)
    random = np.random.default_rng(seed)
    baskets, products, lines = (int(random.integers(*bounds)) for bounds in ((1, 150), (1, 9), (0, 500)))
    basket, product = random.integers(0, baskets, lines), random.integers(0, products, lines)
    need = int(random.integers(1, 12))
    found = frequent_itemsets(basket, product, baskets=baskets, products=products, min_count=need, max_size=4)
    assert _as_dict(found) == _by_hand(basket, product, need)


def test_too_many_sets_are_refused() -> None:
    basket, product = np.repeat(np.arange(10), 8), np.tile(np.arange(8), 10)
    with pytest.raises(TooManyItemsetsError):
        frequent_itemsets(basket, product, baskets=10, products=8, min_count=5, max_size=5, max_sets=30)


def test_strata_are_counted_apart_and_padding_counts_for_nobody() -> None:
    random = np.random.default_rng(3)
    basket, product = random.integers(0, 300, 2_000), random.integers(0, 5, 2_000)
    stratum = random.integers(0, 4, 300)
    stratum[stratum == 2] = 1  # an empty stratum
    maps = bitmaps_of(basket, product, baskets=300, products=5, stratum=stratum, strata=4)
    pairs = np.array([[0, 1], [3, 4]])
    for row, pair in zip(maps.counts(pairs), pairs, strict=True):
        both = maps.holders(pair)
        assert set(np.flatnonzero(both)) == set(basket[product == pair[0]]) & set(basket[product == pair[1]])
        assert row.tolist() == np.bincount(stratum[both], minlength=4).tolist()


def test_fishers_tail_is_scipys() -> None:
    cases = [(40, 200, 90, 1_000), (31, 31, 31, 5_000), (300, 900, 2_000, 10_000), (5, 100, 50, 1_000), (0, 5, 5, 100)]
    joint, body, head, total = np.array(cases).T
    ours = fisher_upper(joint, body, head, total)
    scipys = hypergeom.sf(joint - 1, total, head, body)
    expected = np.where(joint * total > body * head, scipys, 1.0)
    assert ours == pytest.approx(expected, rel=1e-9)
    table = [[40, 50], [160, 750]]
    assert ours[0] == pytest.approx(fisher_exact(table, alternative="greater").pvalue, rel=1e-9)


def test_what_size_alone_explains_is_no_evidence() -> None:
    """In each stratum body and head are independent; together they look joined."""
    total = np.array([1_000, 1_000])
    body, head, joint = np.array([[100, 900]]), np.array([[100, 900]]), np.array([[10, 810]])
    assert fisher_upper(joint.sum(axis=1), body.sum(axis=1), head.sum(axis=1), total.sum(keepdims=True))[0] < 1e-50
    assert stratified_upper(joint, body, head, np.broadcast_to(total, (1, 2)))[0] > 0.4


def test_the_share_of_false_discoveries_keeps_to_its_limit() -> None:
    random = np.random.default_rng(9)
    wrong = []
    for _ in range(60):
        p_values = np.concatenate([random.random(500), random.random(50) * 1e-5])
        kept = discoveries(p_values, 0.05, 550, dependent=False)
        wrong.append(kept[:500].sum() / max(1, kept.sum()))
        assert kept[500:].mean() > 0.9
    assert np.mean(wrong) < 0.06


def test_tests_that_were_made_count_even_if_their_sets_were_rare() -> None:
    p_values = np.array([1e-4, 0.9])
    assert discoveries(p_values, 0.05, 2, dependent=False).tolist() == [True, False]
    assert not discoveries(p_values, 0.05, 10_000, dependent=False).any()
    assert not discoveries(np.zeros(0), 0.05, 10, dependent=True).any()
