"""Gaps filled from a reference table: every row of it with equal keys must give the same value, else the gap stays."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

from analysis_worker.steps.enrich.columns import Value, cells_of, compared, kind_of, parsed, says_nothing
from analysis_worker.steps.enrich.options import Join
from analysis_worker.steps.enrich.refusals import EnrichRefusedError
from analysis_worker.steps.enrich.result import Cell, FilledField

Key = tuple[str, ...]
_SEVERAL = object()
_PART_ROWS = 65_536


class Target(NamedTuple):
    """A field to fill: its cells as they stand, and the kind of its values."""

    field: str
    cells: list[Value]
    kind: str


def fill_from_reference(table: pa.Table, join: Join, reference: pa.Table) -> Iterator[tuple[list[Cell], FilledField]]:
    """Yield, per field to fill, the values found and their counts; fields that the table does not have are passed over.

    Raises:
        EnrichRefusedError: the reference has no such column.
    """
    missing = sorted(set(join.columns) - set(reference.column_names))
    if missing:
        raise EnrichRefusedError(f"the reference {join.reference!r} has no column {', '.join(missing)[:200]}")
    own = [cells_of(table, field) for field, _ in join.keys]
    if any(cells is None for cells in own):
        return
    wanted = [None if "" in key else key for key in _keys([cells or [] for cells in own], table.num_rows)]
    known = _known(join, reference, frozenset(key for key in wanted if key is not None))
    for field, column in join.fills:
        cells = cells_of(table, field)
        if cells is not None:
            yield _fill(Target(field, cells, kind_of(table, field)), wanted, known[column], join)


def _known(join: Join, reference: pa.Table, wanted: frozenset[Key]) -> dict[str, dict[Key, object]]:
    """By column the one value of each wanted key, `_SEVERAL` where rows differ.

    A reference may have a thousand rows for each customer: it is gone through in parts, and only what is asked for is kept.
    """
    found: dict[str, dict[Key, object]] = {column: {} for _, column in join.fills}
    needed = reference.select(join.columns)
    for part in needed.to_batches(max_chunksize=_PART_ROWS):
        keys = _keys([_texts(part, column) for _, column in join.keys], part.num_rows)
        for column, values in found.items():
            _note(values, keys, _texts(part, column), wanted)
    return found


def _texts(part: pa.RecordBatch, column: str) -> list[Value]:
    return [None if cell is None else str(cell) for cell in part.column(column).to_pylist()]


def _keys(columns: Sequence[Sequence[Value]], rows: int) -> list[Key]:
    if not columns:
        return [()] * rows
    folded = [["" if says_nothing(cell) else compared(cell) for cell in column] for column in columns]
    return list(zip(*folded, strict=True))


def _note(found: dict[Key, object], keys: Sequence[Key], texts: Sequence[Value], wanted: frozenset[Key]) -> None:
    """Add what rows say of wanted keys; empty cells say nothing."""
    for key, cell in zip(keys, texts, strict=True):
        if key not in wanted:
            continue
        text = str(cell or "").strip()
        if text and not says_nothing(text) and found.setdefault(key, text) != text:
            found[key] = _SEVERAL


def _fill(target: Target, wanted: Sequence[Key | None], known: dict[Key, object], join: Join) -> tuple[list[Cell], FilledField]:
    found: list[Cell] = []
    gaps = ambiguous = unreadable = 0
    keys = tuple(name for name, _ in join.keys)
    for place, (cell, key) in enumerate(zip(target.cells, wanted, strict=True)):
        if cell is not None:
            continue
        gaps += 1
        text = known.get(key) if key is not None else None
        if text is None:
            continue
        if text is _SEVERAL:
            ambiguous += 1
            continue
        value = parsed(str(text), target.kind)
        if value is None:
            unreadable += 1
            continue
        found.append(
            Cell(position=place, field=target.field, value=str(value), kind=target.kind, source=join.reference, keys=keys)
        )
    counts = FilledField(
        field=target.field,
        source=join.reference,
        gaps=gaps,
        filled=len(found),
        ambiguous=ambiguous,
        unreadable=unreadable,
    )
    return found, counts
