"""Proposals applied to the table they were made for: how an accepted correction looks to the steps that follow.

Rules: a proposal is applied only where the cell still says what it said before; an `unparsed` cell that became a value is
gone from `unparsed`; without that column, whoever gives the proposals vouches for them. Repeating an application changes
nothing. Only cells with a proposal are looked at one by one: a column of a million without any costs nothing.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_PATH = re.compile(r"(?P<column>[a-z_]+)(?:\[(?P<index>\d+)\])?(?:\.(?P<part>[a-z_0-9]+))?")
_TRANSACTIONS = "transactions"
Change = tuple[int, str, str, str]
"""Row, path, before, after."""
_PARSED_FROM_TEXT = frozenset({"birth_date", "stated_age", "gender", "language"})


def apply_proposals(table: pa.Table, proposals: pa.Table, *, min_confidence: float = 0.0) -> pa.Table:
    """Return `table` with the proposals of at least `min_confidence` applied; those without a value ask to look only."""
    wanted = pc.and_(pc.not_equal(proposals.column("after"), ""), pc.greater_equal(proposals["confidence"], min_confidence))
    proposals = proposals.filter(wanted)
    ids = table.column("row_id").combine_chunks()
    positions = pc.index_in(proposals.column("row_id").cast(ids.type), value_set=ids).to_pylist()
    by_column: dict[str, list[Change]] = defaultdict(list)
    said = (proposals.column(name).to_pylist() for name in ("field", "before", "after"))
    for position, path, before, after in zip(positions, *said, strict=True):
        column = path.partition("[")[0]
        if position is not None and column != _TRANSACTIONS:  # those are of another table
            by_column[column].append((position, path, before, after))
    for column, changes in by_column.items():
        table = _with_changes(table, column, changes)
    return table


def _with_changes(table: pa.Table, column: str, changes: Sequence[Change]) -> pa.Table:
    """`table` with the changes of one column: the rows concerned are taken out, changed, and put back."""
    if column not in table.column_names:
        table = table.append_column(column, pa.nulls(table.num_rows, pa.int64() if column == "stated_age" else pa.string()))
    rows = sorted({change[0] for change in changes})
    place = {row: number for number, row in enumerate(rows)}
    touched = [name for name in (column, "unparsed") if name in table.column_names]
    changed = _apply_column(table.select(touched).take(rows), column, [(place[change[0]], *change[1:]) for change in changes])
    index = np.arange(table.num_rows)
    index[rows] = table.num_rows + np.arange(len(rows))
    for name in touched:
        both = pa.chunked_array([*table.column(name).chunks, *changed.column(name).chunks], table.schema.field(name).type)
        table = table.set_column(
            table.column_names.index(name), table.schema.field(name), both.combine_chunks().take(pa.array(index))
        )
    return table


def _apply_column(table: pa.Table, column: str, changes: Sequence[Change]) -> pa.Table:
    field = table.schema.field(column)
    cells = table.column(column).to_pylist()
    unparsed = table.column("unparsed").to_pylist() if "unparsed" in table.column_names else None
    for row, path, before, after in changes:
        empty = cells[row] in (None, "")
        if unparsed is None and column in _PARSED_FROM_TEXT and empty:
            cells[row] = _typed(after, field.type)
        elif unparsed is not None and column in _PARSED_FROM_TEXT and empty:
            kept = [pair for pair in unparsed[row] or [] if pair != (column, before)]
            if len(kept) != len(unparsed[row] or []):
                unparsed[row], cells[row] = kept, _typed(after, field.type)
        else:
            cells[row] = _changed(cells[row], path, before, after, field.type)
    table = table.set_column(table.column_names.index(column), field, pa.array(cells, field.type))
    if unparsed is None:
        return table
    place = table.column_names.index("unparsed")
    return table.set_column(place, table.schema.field("unparsed"), pa.array(unparsed, table.schema.field("unparsed").type))


def _typed(text: str, kind: pa.DataType) -> object:
    return int(text) if pa.types.is_integer(kind) else text


def _changed(cell: object, path: str, before: str, after: str, kind: pa.DataType) -> object:
    match = _PATH.fullmatch(path)
    if match is None:
        return cell
    if match["index"] is None:
        return _typed(after, kind) if str(cell) == before else cell
    index, part = int(match["index"]), match["part"]
    if not isinstance(cell, list) or index >= len(cell):
        return cell
    item = cell[index]
    return [*cell[:index], _changed_item(item, part, before, after), *cell[index + 1 :]]


def _changed_item(item: object, part: str | None, before: str, after: str) -> object:
    if part is not None and isinstance(item, dict):
        return {**item, part: after} if item.get(part) == before else item
    return after if item == before else item
