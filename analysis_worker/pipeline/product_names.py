"""What products are called: a stock keeping unit is for machines, a description for people.

Rules: the description that most customers bought a product under, of equals the first by name, and only if ten customers did:
a description may be written for one customer ("engraved for ..."), and then it is not the product's name. Products of one name
are told apart by their units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import ROW_ID

_FEWEST_CUSTOMERS = 10


def product_names(lines: pa.Table, products: Collection[str]) -> Mapping[str, str]:
    """Names of those products that have one.

    Args:
        lines: row_id, product and description (string, null without one) of every line that was bought.
        products: the products that somebody will read.
    """
    wanted = pc.is_in(lines.column("product"), value_set=pa.array(sorted(products), pa.string()))
    told = lines.filter(pc.and_(wanted, pc.is_valid(lines.column("description"))))
    counted = told.group_by(["product", "description"]).aggregate([(ROW_ID, "count_distinct")])
    ranked = counted.sort_by([(f"{ROW_ID}_count_distinct", "ascending"), ("description", "descending")]).to_pylist()
    names = {one["product"]: str(one["description"]) for one in ranked if one[f"{ROW_ID}_count_distinct"] >= _FEWEST_CUSTOMERS}
    taken = Counter(names.values())
    return {product: name if taken[name] == 1 else f"{name} ({product})" for product, name in names.items() if name != product}
