"""How full the columns are that a run read: counts only, for the report's first section."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import CORRECTIONS, INCOME_AMOUNT, INCOME_CURRENCY, ROW_ID, field_of
from analysis_worker.report import QualityColumn

_UNPARSED = "unparsed"
_FROM_EARLIER_RUNS = frozenset({"entity", "segment", CORRECTIONS})


def quality_of(customers: pa.Table) -> tuple[QualityColumn, ...]:
    """One entry per column that was read, in the table's order; money counts once, what runs have derived does not count."""
    unparsed = _unparsed_cells(customers)
    return tuple(
        QualityColumn(
            column="income" if name == INCOME_AMOUNT else name,
            rows=customers.num_rows,
            present=_present(customers.column(name)),
            unparsed=unparsed[name],
        )
        for name in customers.column_names
        if name not in (ROW_ID, _UNPARSED, INCOME_CURRENCY) and field_of(name) not in _FROM_EARLIER_RUNS
    )


def _unparsed_cells(customers: pa.Table) -> Counter[str]:
    if _UNPARSED not in customers.column_names:
        return Counter()
    cells = customers.column(_UNPARSED).to_pylist()
    return Counter(key for row in cells for key, _ in row or ())


def _present(column: pa.ChunkedArray) -> int:
    if pa.types.is_list(column.type):
        return int(pc.sum(pc.greater(pc.list_value_length(column), 0)).as_py() or 0)
    return int(len(column) - column.null_count)
