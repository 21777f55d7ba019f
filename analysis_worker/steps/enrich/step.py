"""The enrich step: first what other records of the same entity say, then the references in the order they were declared.

Rules: only gaps are filled, never a value replaced; a join compares what the records say themselves and what was filled before
it, so that a region found by one reference helps to find the district in the next; the result does not depend on the order
of rows.
"""

from collections.abc import Mapping

import pyarrow as pa

from analysis_worker.steps.enrich.apply import apply_cells
from analysis_worker.steps.enrich.columns import column_of
from analysis_worker.steps.enrich.entity import fill_from_entities
from analysis_worker.steps.enrich.joins import fill_from_reference
from analysis_worker.steps.enrich.options import ALL_ATTRIBUTES, EnrichOptions, Join
from analysis_worker.steps.enrich.policy import INCOME
from analysis_worker.steps.enrich.refusals import EnrichRefusedError
from analysis_worker.steps.enrich.result import ENTITY, Cell, EnrichResult, EnrichSummary, FilledField, cell_table


def enrich(table: pa.Table, references: Mapping[str, pa.Table], options: EnrichOptions) -> EnrichResult:
    """Find values for gaps.

    Args:
        table: One row per customer: `row_id`, and any of the columns that keys and fields need; `entity` where it is known.
        references: Tables by name; every one that a join names.
        options: The joins, and what to take from the same entity.

    Raises:
        EnrichRefusedError: a reference is not there, or lacks a column.
    """
    joins = options.parsed_joins()
    cells: list[Cell] = []
    counts: list[FilledField] = []
    row_ids = table.column("row_id")
    for found, counted in fill_from_entities(table, options):
        cells += found
        counts.append(counted)
    filled = apply_cells(table, cell_table(cells, row_ids)) if cells else table
    for join in joins:
        if join.reference not in references:
            raise EnrichRefusedError(f"this worker has no reference {join.reference!r}")
        new: list[Cell] = []
        for found, counted in fill_from_reference(filled, join, references[join.reference]):
            new += found
            counts.append(counted)
        if new:
            filled = apply_cells(filled, cell_table(new, row_ids))
        cells += new
    result = cell_table(cells, row_ids)
    return EnrichResult(cells=result, summary=_summary(table, cells, counts, _not_seen(table, joins, options)))


def _not_seen(table: pa.Table, joins: tuple[Join, ...], options: EnrichOptions) -> tuple[str, ...]:
    asked = [field for join in joins for field, _ in (*join.keys, *join.fills)]
    if options.from_entity:
        taken = [INCOME[0] if field == "income" else field for field in options.from_entity if field != ALL_ATTRIBUTES]
        asked += [ENTITY, *taken]
    return tuple(dict.fromkeys(field for field in asked if column_of(field) not in table.column_names))


def _summary(table: pa.Table, cells: list[Cell], counts: list[FilledField], not_seen: tuple[str, ...]) -> EnrichSummary:
    return EnrichSummary(
        rows=table.num_rows,
        rows_enriched=len({cell.position for cell in cells}),
        values=len(cells),
        fields=tuple(counts),
        not_seen=not_seen,
    )
