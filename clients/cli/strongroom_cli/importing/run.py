"""Send a planned import, or go through it without sending; count every row, keep every refused one.

Rules: the text of a row is held until the vault has acknowledged it, so a row that the vault refuses can be written out as
it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom.api.v1.import_service_pb2 import ROW_OUTCOME_REJECTED, Import, ImportRow, RowOutcome
from strongroom.chunks import MAX_ROW_BYTES
from strongroom.outcomes import ChunkResult
from strongroom_cli.importing.built_rows import BuiltRow
from strongroom_cli.importing.plan import KINDS, ImportPlan
from strongroom_cli.importing.source_rows import RefusedRow
from strongroom_cli.importing.tally import RejectsFile, Tally

if TYPE_CHECKING:
    from strongroom import Client

_OUTCOME_WORD = {number: name.removeprefix("ROW_OUTCOME_").lower() for name, number in RowOutcome.items()}


class ImportJob:
    """One pass through the file of a plan."""

    def __init__(self, plan: ImportPlan, rejects: Path | None) -> None:
        self._plan = plan
        self._rejects_path = rejects
        self._waiting: dict[int, str] = {}
        self.tally = Tally()
        self.summary: Import | None = None
        self.resent = False

    def rehearse(self) -> None:
        """Go through the whole file and send nothing."""
        with self._rejects() as rejects:
            for row in self._rows(rejects):
                self._waiting.pop(row.line)
                self.tally.outcomes["would be sent"] += 1

    def send(self, client: Client, on_progress: Callable[[int], None]) -> None:
        """Define new attributes, send every row, and finish the import."""
        options = self._plan.options
        kind = KINDS[options.kind]
        with self._rejects() as rejects:
            self._define_attributes(client)
            stream = client.imports.stream(
                self._rows(rejects), kind=kind, source=options.source, import_id=self._plan.import_id
            )
            for chunk in stream:
                self._count(chunk, rejects)
                on_progress(self.tally.rows)
            self.summary, self.resent = stream.summary, stream.resent
            if self.resent:
                self._recount(rejects)

    def _recount(self, rejects: RejectsFile) -> None:
        """Count a file that was imported before: what this program refused it refuses again; the vault kept its own count."""
        for row in self._rows(rejects):
            self._waiting.pop(row.line)
        if self.summary is not None:
            self.tally.outcomes["rejected"] += self.summary.rejected

    def _define_attributes(self, client: Client) -> None:
        for attribute in self._plan.attributes_to_define:
            client.attributes.create(
                attribute.key,
                type=attribute.type,
                category=attribute.category,
                kind=KINDS[self._plan.options.kind],
                description=f"column {attribute.column}"[:200],
                unit=attribute.unit,
            )

    def _rejects(self) -> RejectsFile:
        return RejectsFile(self._rejects_path, self._plan.source.reject_header, self._plan.options.encoding)

    def _rows(self, rejects: RejectsFile) -> Iterator[ImportRow]:
        for item in self._built():
            self.tally.rows += 1
            if isinstance(item, RefusedRow):
                self._refuse(item, rejects)
                continue
            size = item.row.ByteSize()
            if size > MAX_ROW_BYTES:
                message = f"the row has {size:,} bytes; the limit is {MAX_ROW_BYTES:,}"
                self._refuse(RefusedRow(item.row.line, "ROW_TOO_LARGE", message, item.raw), rejects)
                continue
            self.tally.note(item.issues)
            self._waiting[item.row.line] = item.raw
            yield item.row

    def _built(self) -> Iterator[BuiltRow | RefusedRow]:
        builder = self._plan.builder
        for row in self._plan.source.rows():
            if isinstance(row, RefusedRow):
                yield row
            else:
                yield from builder.add(row)
        yield from builder.finish()

    def _refuse(self, row: RefusedRow, rejects: RejectsFile) -> None:
        self.tally.refuse(row)
        rejects.write(row.raw)

    def _count(self, chunk: ChunkResult, rejects: RejectsFile) -> None:
        for result in chunk.rows():
            raw = self._waiting.pop(result.line, "")
            if result.outcome != ROW_OUTCOME_REJECTED:
                self.tally.outcomes[_OUTCOME_WORD[result.outcome]] += 1
                continue
            issue = next((found for found in result.issues if found.fatal), next(iter(result.issues), None))
            reason, message, field = (
                (issue.reason, issue.message, issue.field) if issue else ("REJECTED", "refused by the vault", "")
            )
            self._refuse(RefusedRow(result.line, reason, message, raw, field), rejects)
