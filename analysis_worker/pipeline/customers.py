"""The customers of one run as a table, and the two names of a row: its place, and its pseudonym.

Rules: steps see places (0, 1, 2 ... in the order of the stream), because pseudonyms differ from run to run and a step that
orders by them would give other results for the same data; whatever is kept or written carries pseudonyms, because places
belong to one reading. A row that a later reading does not have any more is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.errors import RunFailureError

ROW_ID = "row_id"
ENTITY_ROW_ID = "entity_row_id"
TRANSACTION_ROW_ID = "transaction_row_id"
OTHER_ROW_ID = "other_row_id"
ENTITY, ENTITY_LEADS = "entity", "entity_leads"
CUSTOMER_ID = "customer_id"
ATTRIBUTE_PREFIX = "attributes."
INCOME_AMOUNT, INCOME_CURRENCY = "income_minor", "income_currency"
SEGMENT, SEGMENT_LABEL = "segment", "segment_label"
CORRECTIONS = "corrections"
PSEUDONYM = pa.binary(16)
_ROW_COLUMNS = (ROW_ID, ENTITY_ROW_ID, OTHER_ROW_ID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customers:
    """One reading.

    Attributes:
        table: `row_id` (int64, the place) and the columns that were read, shape (n, 1 + columns).
        pseudonyms: fixed-size binary of 16 bytes, shape (n,): the vault's name of every row.
    """

    table: pa.Table
    pseudonyms: pa.Array

    @classmethod
    def of(cls, rows: pa.Table) -> Customers:
        """From rows as the vault sends them.

        Raises:
            RunFailureError: a row came twice.
        """
        pseudonyms = pa.concat_arrays(rows.column(ROW_ID).chunks) if rows.num_rows else pa.array([], PSEUDONYM)
        if pc.count_distinct(pseudonyms).as_py() != rows.num_rows:
            raise RunFailureError("ROW_REPEATED", "the vault returned a row twice")
        places = pa.array(range(rows.num_rows), pa.int64())
        table = rows.set_column(rows.column_names.index(ROW_ID), ROW_ID, places)
        return cls(table=table.combine_chunks(), pseudonyms=pseudonyms)

    def named(self, result: pa.Table) -> pa.Table:
        """A step's result with pseudonyms in place of places."""
        for name in _ROW_COLUMNS:
            if name in result.column_names:
                places = result.column(name).cast(pa.int64()).combine_chunks()
                result = result.set_column(result.column_names.index(name), name, self.pseudonyms.take(places))
        return result

    def placed(self, rows: pa.Table, *, name: str = ROW_ID) -> pa.Table:
        """Rows that carry pseudonyms in `name`, with their places as `row_id` first; rows of nobody here are left out."""
        places = pc.index_in(rows.column(name), value_set=self.pseudonyms)
        known = pc.is_valid(places)
        others = [column for column in rows.column_names if column not in (ROW_ID, name)]
        table = rows.select(others).filter(known)
        return table.add_column(0, ROW_ID, places.filter(known).cast(pa.int64()))

    def placed_pairs(self, pairs: pa.Table) -> pa.Table:
        """Pairs that carry pseudonyms, with places, ordered by them; pairs of which one is nobody here are left out."""
        places = {name: pc.index_in(pairs.column(name), value_set=self.pseudonyms) for name in (ROW_ID, OTHER_ROW_ID)}
        for name, found in places.items():
            pairs = pairs.set_column(pairs.column_names.index(name), name, found.cast(pa.int64()))
        known = pc.and_(*(pc.is_valid(found) for found in places.values()))
        return pairs.filter(known).sort_by([(ROW_ID, "ascending"), (OTHER_ROW_ID, "ascending")])


def restricted(table: pa.Table, fields: Iterable[str]) -> pa.Table:
    """`row_id` and the columns of the named fields, nothing else."""
    allowed = frozenset(fields)
    return table.select([name for name in table.column_names if name == ROW_ID or field_of(name) in allowed])


def field_of(column: str) -> str:
    """The declared field that a column belongs to: `attributes` of `attributes.tariff`, `entity` of `entity_leads`."""
    if column.startswith(ATTRIBUTE_PREFIX):
        return "attributes"
    if column == ENTITY_LEADS:
        return ENTITY
    if column == SEGMENT_LABEL:
        return SEGMENT
    return "income" if column in (INCOME_AMOUNT, INCOME_CURRENCY) else column
