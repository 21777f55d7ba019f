"""What the step found: one line per value, with where it was found and what was compared; counts without any value."""

from dataclasses import dataclass

import pyarrow as pa

CELL_FIELDS = ("row_id", "field", "value", "kind", "source", "keys")
ENTITY = "entity"
KINDS = ("text", "int", "double", "bool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One gap filled; `position` is the row's place in the input."""

    position: int
    field: str
    value: str
    kind: str
    source: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledField:
    """One field from one source: gaps before, filled, left empty because several values were found, or none could be read."""

    field: str
    source: str
    gaps: int
    filled: int
    ambiguous: int
    unreadable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichSummary:
    """Counts for the report.

    Attributes:
        rows: Customers looked at.
        rows_enriched: Customers with a value.
        values: Values found.
        fields: Per field and source, in the order in which they were tried.
        not_seen: Declared fields that the purpose withholds or nobody has, so that nothing was done about them.
    """

    rows: int
    rows_enriched: int
    values: int
    fields: tuple[FilledField, ...]
    not_seen: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrichResult:
    """Values (columns `CELL_FIELDS`, ordered by row, then field) and their summary."""

    cells: pa.Table
    summary: EnrichSummary


def cell_table(cells: list[Cell], row_ids: pa.ChunkedArray) -> pa.Table:
    ordered = sorted(cells, key=lambda cell: (cell.position, cell.field))
    positions = pa.array([cell.position for cell in ordered], pa.int64())
    return pa.table(
        {
            "row_id": row_ids.take(positions),
            "field": pa.array([cell.field for cell in ordered], pa.string()),
            "value": pa.array([cell.value for cell in ordered], pa.string()),
            "kind": pa.array([cell.kind for cell in ordered], pa.string()),
            "source": pa.array([cell.source for cell in ordered], pa.string()),
            "keys": pa.array([list(cell.keys) for cell in ordered], pa.list_(pa.string())),
        }
    )
