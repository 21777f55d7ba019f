"""The associate step: what is bought together beyond chance, and what each customer is likely to buy next.

Rules: exact counts; the seed decides only who is held out; the same purchases give the same bits in whatever order they come;
no rule speaks about fewer customers than the floor; abstains where there is too little, and says why.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.steps.associate.baskets import Baskets, baskets
from analysis_worker.steps.associate.bitmaps import Counts
from analysis_worker.steps.associate.itemsets import FrequentSets, TooManyItemsetsError, frequent_itemsets
from analysis_worker.steps.associate.options import AssociateOptions
from analysis_worker.steps.associate.recommend import recommendations
from analysis_worker.steps.associate.rules import Rule, find_rules

RULE_SCHEMA = pa.schema(
    [
        ("body", pa.list_(pa.string())),
        ("head", pa.string()),
        ("customers", pa.int64()),
        ("support", pa.float64()),
        ("confidence", pa.float64()),
        ("lift", pa.float64()),
        ("p_value", pa.float64()),
        ("holdout_lift", pa.float64()),
    ]
)
_FEWEST_BUYERS = 200
_EVERY_PAIR = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateSummary:
    """How the rules came to be; aggregates only.

    Attributes:
        customers, buyers: rows given, and those with a product within the window.
        baskets, products: how many.
        reason: "rules", or why there are none.
        min_baskets: how many baskets of the learning part a set needs.
        max_products: products in a rule; smaller than asked if there were too many sets.
        itemsets: frequent sets of two or more.
        tests: made in the learning part, those of rare sets too.
        learned: rules that the learning part believes.
        confirmed: of these, rules that those held out confirm.
        redundant: rules that a shorter body makes needless.
        rules: of at least the floor of customers.
        recommended: customers with a recommendation.
    """

    customers: int
    buyers: int
    baskets: int
    products: int
    reason: str
    min_baskets: int = 0
    max_products: int = 0
    itemsets: int = 0
    tests: int = 0
    learned: int = 0
    confirmed: int = 0
    redundant: int = 0
    rules: int = 0
    recommended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateResult:
    """What the step found.

    Attributes:
        recommendations: row_id, product, because (list), confidence, lift; the best first, customers in the order of the input.
        rules: `RULE_SCHEMA`, the highest lift first.
        summary: Counts and verdict.
    """

    recommendations: pa.Table
    rules: pa.Table
    summary: AssociateSummary


def associate(row_ids: pa.ChunkedArray, lines: pa.Table, as_of: datetime, options: AssociateOptions) -> AssociateResult:
    """Find rules and recommendations.

    Args:
        row_ids: The customers, each once.
        lines: Columns row_id, transaction (int64), time (timestamp), product (string), one row per line of a purchase.
        as_of: The moment to look back from.
        options: Baskets, floors, seed.
    """
    found = baskets(row_ids, lines, as_of, options)
    counted = {
        "customers": len(row_ids),
        "buyers": found.buyers,
        "baskets": len(found.customer),
        "products": len(found.products),
    }
    if found.buyers < _FEWEST_BUYERS:
        return _result(row_ids, found, (), AssociateSummary(**counted, reason="too few customers who bought"), options)
    kept = ~found.held_out
    need = _min_baskets(int(kept.sum()), options)
    frequent, size = _frequent(found, need, options)
    together = frequent.together()
    found = found.narrowed(together)
    rules = find_rules(found, frequent.numbered(together), options)
    summary = AssociateSummary(
        **counted,
        reason="rules" if rules.rules else "nothing goes together beyond chance",
        min_baskets=need,
        max_products=size,
        itemsets=sum(len(one) for one in frequent.sets[1:]),
        tests=rules.tests,
        learned=rules.learned,
        confirmed=rules.confirmed,
        redundant=rules.redundant,
        rules=len(rules.rules),
    )
    return _result(row_ids, found, rules.rules, summary, options)


def _min_baskets(learning: int, options: AssociateOptions) -> int:
    """Return the floor of the learning part: its share of the floor of customers, and the support."""
    of_customers = math.ceil(options.min_customers * (1 - options.holdout_share))
    return max(of_customers, math.ceil(options.min_support * learning), 1)


def _frequent(found: Baskets, need: int, options: AssociateOptions) -> tuple[FrequentSets, int]:
    """Return the frequent sets of the learning part and how large they may be: smaller if there would be too many."""
    basket, product, which = found.part(~found.held_out)
    lines = (basket, product, len(which))
    for size in range(options.max_products, 2, -1):
        try:
            return _mined(found, lines, need, size, options.max_itemsets), size
        except TooManyItemsetsError:
            continue
    return _mined(found, lines, need, 2, _EVERY_PAIR), 2


def _mined(found: Baskets, lines: tuple[Counts, Counts, int], need: int, size: int, most: int) -> FrequentSets:
    basket, product, count = lines
    return frequent_itemsets(
        basket, product, baskets=count, products=len(found.products), min_count=need, max_size=size, max_sets=most
    )


def _result(
    row_ids: pa.ChunkedArray,
    found: Baskets,
    rules: tuple[Rule, ...],
    summary: AssociateSummary,
    options: AssociateOptions,
) -> AssociateResult:
    advice = recommendations(row_ids, found, rules, options.recommendations)
    names = found.products
    columns = [
        [[names[product] for product in rule.body] for rule in rules],
        [names[rule.head] for rule in rules],
        *([getattr(rule, field.name) for rule in rules] for field in list(RULE_SCHEMA)[2:]),
    ]
    table = pa.table([pa.array(one, field.type) for one, field in zip(columns, RULE_SCHEMA, strict=True)], schema=RULE_SCHEMA)
    recommended = len(pc.unique(advice.column("row_id")))
    return AssociateResult(recommendations=advice, rules=table, summary=replace(summary, recommended=recommended))
