"""What became of imported rows: kept small (one byte a row beside ids and issues), so a million rows stay countable.

Rules: an outcome exists only for a row that the vault acknowledged as durable.
"""

from __future__ import annotations

import uuid
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from strongroom.api.v1.import_service_pb2 import (
    ROW_OUTCOME_REJECTED,
    Import,
    ImportRow,
    ImportRowsResponse,
    RowIssue,
    RowOutcome,
)
from strongroom.errors import ProtocolError

_ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """One acknowledged row.

    Attributes:
        line: line in the file, from 1.
        outcome: created, updated, unchanged or rejected.
        record_id: id of the record; None for a refused row.
        issues: what is wrong with the row or its cells.
    """

    line: int
    outcome: RowOutcome.ValueType
    record_id: uuid.UUID | None
    issues: tuple[RowIssue, ...] = ()

    @property
    def rejected(self) -> bool:
        return self.outcome == ROW_OUTCOME_REJECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkResult:
    """One acknowledged chunk."""

    chunk: int
    lines: Sequence[int]
    answer: ImportRowsResponse

    def rows(self) -> Iterator[RowResult]:
        issues: dict[int, list[RowIssue]] = {}
        for issue in self.answer.issues:
            issues.setdefault(issue.line, []).append(issue)
        for index, line in enumerate(self.lines):
            raw = self.answer.record_ids[index * _ID_BYTES : (index + 1) * _ID_BYTES]
            record_id = uuid.UUID(bytes=raw) if len(raw) == _ID_BYTES and any(raw) else None
            found = tuple(issues.get(line, ()))
            yield RowResult(line=line, outcome=self.answer.outcomes[index], record_id=record_id, issues=found)


def matched(chunk: int, rows: Sequence[ImportRow], answer: ImportRowsResponse) -> ChunkResult:
    """Return the result of a chunk.

    Raises:
        ProtocolError: the answer is for another chunk or other rows; nothing may be taken as durable.
    """
    if answer.chunk != chunk or len(answer.outcomes) != len(rows):
        raise ProtocolError(
            f"The vault acknowledged chunk {answer.chunk} with {len(answer.outcomes)} rows; chunk {chunk} has {len(rows)}.",
            reason="ACKNOWLEDGEMENT_MISMATCH",
        )
    return ChunkResult(chunk=chunk, lines=array("q", [row.line for row in rows]), answer=answer)


@dataclass(slots=True, kw_only=True)
class ImportResult:
    """A finished import; iterating gives one `RowResult` for each row that was sent.

    Attributes:
        summary: the import with its counts, as the vault keeps them.
        resent: whether an import of this id was already finished, so that nothing was sent.
    """

    summary: Import
    resent: bool = False
    chunks: list[ChunkResult] = field(default_factory=list)

    def __iter__(self) -> Iterator[RowResult]:
        for chunk in self.chunks:
            yield from chunk.rows()

    def __len__(self) -> int:
        return sum(len(chunk.lines) for chunk in self.chunks)

    @property
    def rejected(self) -> list[RowResult]:
        return [row for row in self if row.rejected]
