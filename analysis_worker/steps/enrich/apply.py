"""Values in the gaps they were found for, as the steps that follow see them. What a row says itself is never changed."""

import re
from collections import defaultdict

import pyarrow as pa

from analysis_worker.steps.enrich.columns import Value, column_of, parsed

_ADDRESS = re.compile(r"addresses\[(\d)\]\.([a-z_]+)")


def apply_cells(table: pa.Table, cells: pa.Table) -> pa.Table:
    """Return `table` with the values of `cells` (see `result.CELL_FIELDS`) in its gaps."""
    place_of = {row_id: place for place, row_id in enumerate(table.column("row_id").to_pylist())}
    by_column: defaultdict[str, list[tuple[int, str, Value]]] = defaultdict(list)
    for line in cells.to_pylist():
        column = column_of(line["field"])
        if column in table.column_names and line["row_id"] in place_of:
            value = parsed(line["value"], line["kind"])
            by_column[column].append((place_of[line["row_id"]], line["field"], value))
    for column, values in by_column.items():
        field = table.schema.field(column)
        own = table.column(column).to_pylist()
        for place, path, value in values:
            own[place] = _filled(own[place], path, value)
        table = table.set_column(table.column_names.index(column), field, pa.array(own, field.type))
    return table


def _filled(cell: object, path: str, value: Value) -> object:
    address = _ADDRESS.fullmatch(path)
    if address is None:
        return value if cell is None or cell == "" else cell
    index, part = int(address.group(1)), address.group(2)
    if not isinstance(cell, list) or index >= len(cell) or cell[index] is None or cell[index].get(part):
        return cell
    return [*cell[:index], {**cell[index], part: value}, *cell[index + 1 :]]
