"""The next products of every customer: heads of rules whose body the customer has, never one that the customer has already.

Rules: the rule with the highest confidence speaks first, of equals the one with the higher lift; a product is recommended once.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis_worker.steps.associate.baskets import Baskets
from analysis_worker.steps.associate.bitmaps import bitmaps_of
from analysis_worker.steps.associate.rules import Rule

RECOMMENDATION_SCHEMA = pa.schema(
    [
        ("product", pa.string()),
        ("because", pa.list_(pa.string())),
        ("confidence", pa.float64()),
        ("lift", pa.float64()),
    ]
)


def recommendations(row_ids: pa.ChunkedArray, found: Baskets, rules: Sequence[Rule], most: int) -> pa.Table:
    """Return row_id and `RECOMMENDATION_SCHEMA`, customers in the order of `row_ids`, the best first."""
    ranked = sorted(rules, key=lambda rule: (-rule.confidence, -rule.lift, rule.body, rule.head))
    given = _given(len(row_ids), found, ranked, most) if ranked and most else np.full((len(row_ids), 0), -1, np.int64)
    customer, place = np.nonzero(given >= 0)
    which = given[customer, place]
    by_rule = pa.table(
        [
            [found.products[rule.head] for rule in ranked],
            [[found.products[product] for product in rule.body] for rule in ranked],
            [rule.confidence for rule in ranked],
            [rule.lift for rule in ranked],
        ],
        schema=RECOMMENDATION_SCHEMA,
    )
    return by_rule.take(pa.array(which)).add_column(0, "row_id", row_ids.take(pa.array(customer)))


def _given(customers: int, found: Baskets, rules: Sequence[Rule], most: int) -> NDArray[np.int64]:
    """Return the rules that speak to each customer, -1 where there are no more, shape (customers, most)."""
    used = np.unique([product for rule in rules for product in (*rule.body, rule.head)])
    number = np.full(len(found.products), -1, np.int64)
    number[used] = np.arange(len(used))
    lines = number[found.product] >= 0
    maps = bitmaps_of(found.customer[found.basket[lines]], number[found.product[lines]], baskets=customers, products=len(used))
    heads = np.array([number[rule.head] for rule in rules], np.int64)
    given, filled = np.full((customers, most), -1, np.int64), np.zeros(customers, np.int64)
    for index, rule in enumerate(rules):
        fits = maps.holders(number[list(rule.body)]) & ~maps.holders(heads[index : index + 1]) & (filled < most)
        who = np.flatnonzero(fits)
        said = given[who]
        new = ~((said >= 0) & (heads[said] == heads[index])).any(axis=1)
        who = who[new]
        given[who, filled[who]] = index
        filled[who] += 1
    return given
