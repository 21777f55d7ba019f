"""What every kind of input file becomes: rows of cells with their line, and rows that are none.

Rules: a reader never drops anything silently: each line of the file ends up in a row, in a refusal, or is blank.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

Cell = object


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row: cells in the order of the source's columns, and its text as it stands in the file."""

    line: int
    cells: Sequence[Cell]
    raw: str
    extra: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A line that is no row, or a row that cannot be used."""

    line: int
    reason: str
    message: str
    raw: str
    field: str = ""


class RowSource(Protocol):
    """An input file of any kind."""

    @property
    def columns(self) -> Sequence[str]: ...

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know about the file: delimiter, encoding, a missing last line end."""
        ...

    @property
    def reject_header(self) -> str:
        """First line of a file of refused rows, "" where none is needed."""
        ...

    def rows(self) -> Iterator[SourceRow | RefusedRow]: ...


def text_of(cell: Cell) -> str:
    """Return a cell as text, trimmed; "" for nothing."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell != cell:  # noqa: PLR0124 - the test for NaN, which Parquet files of pandas use for nothing
            return ""
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)  # noqa: PLR2004 - exact integers
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return str(cell).strip()


def texts_of(cell: Cell) -> list[str]:
    """Return the items of a list cell, or the one text of any other; without empty ones."""
    items = cell if isinstance(cell, list) else [cell]
    return [text for text in map(text_of, items) if text]
