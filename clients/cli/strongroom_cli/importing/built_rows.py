"""What a row builder answers: a row for the vault with what had to be kept verbatim, or a refusal."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Protocol

from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom_cli.importing import cells
from strongroom_cli.importing.source_rows import RefusedRow, SourceRow

LONGEST_UNPARSED = 10_000


@dataclass(frozen=True, slots=True)
class CellIssue:
    """A cell that was kept verbatim; never its value."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class BuiltRow:
    """A row ready to be sent."""

    row: ImportRow
    raw: str
    issues: list[CellIssue] = field(default_factory=list)


class RefusalError(Exception):
    """The row at hand cannot be used."""

    def __init__(self, reason: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field


class RowBuilder(Protocol):
    """Turns source rows into import rows; may hold rows back until it has seen the next one."""

    def add(self, row: SourceRow) -> list[BuiltRow | RefusedRow]: ...

    def finish(self) -> list[BuiltRow | RefusedRow]:
        """Return what was held back."""
        ...


@dataclass(slots=True)
class Unparsed:
    """Keeps cells verbatim in a record's `unparsed` map and remembers why."""

    line: int
    kept: MutableMapping[str, str]
    issues: list[CellIssue]

    def keep(self, name: str, text: str, reason: str = "UNPARSED") -> None:
        if len(text) > LONGEST_UNPARSED:
            raise RefusalError(
                "CELL_TOO_LARGE", f"the cell has {len(text):,} characters; the limit is {LONGEST_UNPARSED:,}", name
            )
        self.kept[name] = text
        self.issues.append(CellIssue(self.line, name, "PLACEHOLDER" if cells.is_placeholder(text) else reason))
