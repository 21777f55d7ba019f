"""What a step left behind, and its bytes as a checkpoint: an Arrow IPC stream whose schema carries the rest as JSON.

If the step proposes pairs, a second stream with them follows.
Rules: never pickle. Result rows are always written from a checkpoint's table, so that whoever goes on writes the same rows in
the same order behind the same offset. The table is ordered by row: all lines of one customer stand together. Format:
docs/adr/0011-worker.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import PSEUDONYM, ROW_ID
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.ports import JsonObject

FORMAT = 2
READABLE = frozenset({1, 2})  # 1 had no pairs
_METADATA_KEY = b"strongroom.step_outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOutcome:
    """One step, done.

    Attributes:
        step: its name.
        table: lines of results; `row_id` is the pseudonym.
        proposals: pairs that wait for a person, by pseudonyms; None if the step proposes none.
        summary: aggregates for the run's summary.
        report: aggregates for the report.
        seconds: how long it computed.
    """

    step: str
    table: pa.Table
    summary: JsonObject
    report: JsonObject
    seconds: float
    proposals: pa.Table | None = None

    @property
    def pairs(self) -> int:
        """As many pairs as the step proposes."""
        return 0 if self.proposals is None else int(self.proposals.num_rows)

    @property
    def rows(self) -> int:
        """Customers with results: as many rows as the step writes."""
        return int(pc.count_distinct(self.table.column(ROW_ID)).as_py())

    def encode(self) -> bytes:
        about = {"format": FORMAT, "step": self.step, "summary": self.summary, "report": self.report, "seconds": self.seconds}
        table = self.table.replace_schema_metadata({_METADATA_KEY: json.dumps(about, allow_nan=False).encode()})
        sink = pa.BufferOutputStream()
        for part in (table,) if self.proposals is None else (table, self.proposals):
            with pa.ipc.new_stream(sink, part.schema) as writer:
                writer.write_table(part)
        return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]  # pyarrow ships no types

    @classmethod
    def decode(cls, step: str, data: bytes) -> StepOutcome:
        """Read a checkpoint.

        Raises:
            RunFailureError: another program version wrote it, or it is no checkpoint of this step.
        """
        try:
            source = pa.BufferReader(data)
            table = pa.ipc.open_stream(source).read_all()
            proposals = pa.ipc.open_stream(source).read_all() if source.tell() < len(data) else None
            about = json.loads((table.schema.metadata or {})[_METADATA_KEY])
            right = about["format"] in READABLE and about["step"] == step and table.schema.field(ROW_ID).type == PSEUDONYM
            if right:
                plain = table.replace_schema_metadata(None)
                return cls(
                    step=step,
                    table=plain,
                    proposals=proposals,
                    summary=about["summary"],
                    report=about["report"],
                    seconds=about["seconds"],
                )
        except (pa.ArrowException, OSError, KeyError, ValueError, TypeError):
            pass
        raise RunFailureError(
            "CHECKPOINT_FORMAT", f"the checkpoint of step {step} cannot be read by this worker; start the run again"
        )
