"""Planted bundles are found, noise is not, nobody is recommended what they have, and small groups stay unsaid."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.steps.associate import AssociateOptions, AssociateResult, associate
from helpers.shopping import BUNDLES, NOW, lines_of, shopped

OPTIONS = AssociateOptions(seed=2)


@pytest.fixture(scope="module")
def result() -> AssociateResult:
    people = shopped()
    return associate(people.rows, people.lines, NOW, OPTIONS)


def test_planted_bundles_are_found_and_nothing_else(result: AssociateResult) -> None:
    found = {frozenset([*rule["body"], rule["head"]]) for rule in result.rules.to_pylist()}
    bundled = {frozenset(bundle) for bundle in BUNDLES}
    assert frozenset(BUNDLES[0]) in found
    assert all(any(products <= bundle for bundle in bundled) for products in found)
    assert all(rule["holdout_lift"] > 1 for rule in result.rules.to_pylist())


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("basket", ["customer", "transaction"])
def test_shuffled_products_give_no_rule(seed: int, basket: str) -> None:
    people = shopped(seed=seed, shuffled=True)
    options = AssociateOptions(seed=seed, basket=basket)
    assert associate(people.rows, people.lines, NOW, options).summary.rules == 0


def test_figures_are_those_counted_by_hand(result: AssociateResult) -> None:
    people = shopped()
    held: dict[int, set[str]] = {}
    for row, product in zip(*(people.lines.column(name).to_pylist() for name in ("row_id", "product")), strict=True):
        held.setdefault(row, set()).add(product)
    for rule in result.rules.to_pylist():
        body, head = set(rule["body"]), rule["head"]
        with_body = [products for products in held.values() if body <= products]
        both = sum(head in products for products in with_body)
        share = sum(head in products for products in held.values()) / len(held)
        assert rule["customers"] == both >= 30
        assert rule["confidence"] == pytest.approx(both / len(with_body))
        assert rule["lift"] == pytest.approx(both / len(with_body) / share)


def test_a_longer_body_that_adds_nothing_is_left_out() -> None:
    """P001 leads to P002; P050 is bought by chance, so P001 with P050 does no better."""
    random = np.random.default_rng(4)
    rows, products = [], []
    for row in range(3_000):
        mine = [f"P{number:03d}" for number in range(3, 20) if random.random() < 0.1]
        leads = random.random() < 0.3
        mine += ["P001"] * leads + ["P002"] * (random.random() < (0.8 if leads else 0.1)) + ["P050"] * (random.random() < 0.5)
        rows += [row] * len(mine)
        products += mine
    everyone = pa.chunked_array([pa.array(range(3_000))])
    found = associate(everyone, lines_of(np.array(rows), products), NOW, OPTIONS)
    assert {(tuple(rule["body"]), rule["head"]) for rule in found.rules.to_pylist()} == {
        (("P001",), "P002"),
        (("P002",), "P001"),
    }
    assert found.summary.redundant > 0


def test_nobody_is_recommended_what_they_have(result: AssociateResult) -> None:
    people = shopped()
    held: dict[int, set[str]] = {}
    for row, product in zip(*(people.lines.column(name).to_pylist() for name in ("row_id", "product")), strict=True):
        held.setdefault(row, set()).add(product)
    advice = result.recommendations.to_pylist()
    assert advice
    for one in advice:
        assert one["product"] not in held[one["row_id"]]
        assert set(one["because"]) <= held[one["row_id"]]
    given = [(one["row_id"], one["product"]) for one in advice]
    assert len(set(given)) == len(given)
    assert max(np.bincount([row for row, _ in given])) <= OPTIONS.recommendations
    assert [row for row, _ in given] == sorted(row for row, _ in given)


def test_the_rule_one_is_surest_of_speaks_first(result: AssociateResult) -> None:
    advice = result.recommendations.to_pylist()
    for before, after in pairwise(advice):
        assert before["row_id"] != after["row_id"] or before["confidence"] >= after["confidence"]


def test_same_purchases_give_the_same_bits_in_any_order(result: AssociateResult) -> None:
    people = shopped()
    order = np.random.default_rng(1).permutation(people.lines.num_rows)
    mixed = associate(people.rows, people.lines.take(order), NOW, OPTIONS)
    assert mixed.rules.equals(result.rules)
    assert mixed.recommendations.equals(result.recommendations)
    assert mixed.summary == result.summary


def test_a_bundle_of_few_customers_is_never_a_rule() -> None:
    rows = np.concatenate([np.arange(400), np.arange(29)])
    lines = lines_of(rows, ["COMMON"] * 400 + ["SECRET"] * 29)
    extra = lines_of(np.arange(29), ["OTHER"] * 29)
    everyone = pa.chunked_array([pa.array(range(400))])
    found = associate(everyone, pa.concat_tables([lines, extra]), NOW, OPTIONS)
    assert found.rules.num_rows == 0
    with pytest.raises(ValueError, match="at least 30"):
        AssociateOptions(seed=1, min_customers=29)


def test_many_purchases_of_few_customers_are_still_few_customers() -> None:
    """Twenty customers buy two products together a hundred times: 2,000 baskets, and no rule."""
    heavy = np.repeat(np.arange(20), 200)
    together = np.repeat(np.arange(2_000), 2) + 10_000
    bought = lines_of(heavy, ["P901", "P902"] * 2_000, transaction=together)
    others = lines_of(np.arange(20, 3_000), [f"P{row % 7:03d}" for row in range(20, 3_000)])
    everyone = pa.chunked_array([pa.array(range(3_000))])
    options = AssociateOptions(seed=2, basket="transaction")
    assert associate(everyone, pa.concat_tables([bought, others]), NOW, options).rules.num_rows == 0


def test_what_lies_outside_the_window_or_in_the_future_is_not_known() -> None:
    people = shopped(400)
    windowed = AssociateOptions(seed=2, window_days=10)
    assert associate(people.rows, people.lines, NOW, windowed).summary.buyers == 0
    assert associate(people.rows, people.lines, NOW - timedelta(days=60), OPTIONS).summary.buyers == 0


def test_too_few_customers_are_refused_with_a_reason() -> None:
    people = shopped(150)
    found = associate(people.rows, people.lines, NOW, OPTIONS)
    assert (found.summary.reason, found.rules.num_rows) == ("too few customers who bought", 0)
    assert associate(people.rows, people.lines.slice(0, 0), NOW, OPTIONS).recommendations.num_rows == 0


def test_with_too_many_sets_shorter_rules_are_looked_for() -> None:
    people = shopped()
    found = associate(people.rows, people.lines, NOW, AssociateOptions(seed=2, max_itemsets=70))
    assert found.summary.max_products == 2
    assert found.summary.rules > 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"basket": "month"},
        {"window_days": 0},
        {"min_support": 0},
        {"max_products": 1},
        {"min_lift": 0.5},
        {"recommendations": 21},
    ],
)
def test_impossible_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        AssociateOptions(seed=1, **wrong)  # type: ignore[arg-type]  # wrong on purpose
