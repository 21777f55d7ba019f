"""Proposals applied to the table they were made for: how an accepted correction looks to the steps that follow.

Rules: a proposal is applied only where the cell still says what it said before; an `unparsed` cell that became a value is
gone from `unparsed`. Repeating an application changes nothing.
"""

import re
from collections import defaultdict

import pyarrow as pa

_PATH = re.compile(r"(?P<column>[a-z_]+)(?:\[(?P<index>\d+)\])?(?:\.(?P<part>[a-z_0-9]+))?")
_TRANSACTIONS = "transactions"
_PARSED_FROM_TEXT = frozenset({"birth_date", "stated_age", "gender", "language"})


def apply_proposals(table: pa.Table, proposals: pa.Table, *, min_confidence: float = 0.0) -> pa.Table:
    """Return `table` with the proposals of at least `min_confidence` applied; those without a value ask to look only."""
    position = {row_id: index for index, row_id in enumerate(table.column("row_id").to_pylist())}
    by_column: dict[str, list[tuple[int, str, str, str]]] = defaultdict(list)
    for item in proposals.to_pylist():
        if item["after"] and item["confidence"] >= min_confidence and item["row_id"] in position:
            column = item["field"].partition("[")[0]
            if column == _TRANSACTIONS:  # of another table
                continue
            by_column[column].append((position[item["row_id"]], item["field"], item["before"], item["after"]))
    for column, changes in by_column.items():
        table = _apply_column(table, column, changes)
    return table


def _apply_column(table: pa.Table, column: str, changes: list[tuple[int, str, str, str]]) -> pa.Table:
    if column not in table.column_names:
        table = table.append_column(column, pa.nulls(table.num_rows, pa.int64() if column == "stated_age" else pa.string()))
    field = table.schema.field(column)
    cells = table.column(column).to_pylist()
    unparsed = table.column("unparsed").to_pylist() if "unparsed" in table.column_names else None
    for row, path, before, after in changes:
        if unparsed is not None and column in _PARSED_FROM_TEXT and cells[row] in (None, ""):
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
