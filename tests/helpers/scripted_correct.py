"""A `correct` step that proposes what a test tells it, and is the real one in everything else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from analysis_worker.pipeline.adapters.correct import CorrectAdapter
from analysis_worker.pipeline.corrected import standing_lines, with_states
from analysis_worker.pipeline.customers import TRANSACTION_ROW_ID
from analysis_worker.pipeline.step_adapter import Computed, StepInputs


class Said(NamedTuple):
    """One proposal about every customer whose cell says `before`."""

    column: str
    before: str
    after: str
    confidence: float
    path: str = ""
    rule: str = "test.rule"


@dataclass
class ScriptedCorrect(CorrectAdapter):
    """Proposes `said`; `handed` is what it saw."""

    said: Iterable[Said] = ()
    handed: list[StepInputs] = field(default_factory=list)

    def compute(self, inputs: StepInputs) -> Computed:
        self.handed.append(inputs)
        rows = [row for one in self.said for row in _rows(one, inputs)]
        kinds = {"row_id": pa.int64(), "confidence": pa.float64()}
        names = ("row_id", "field", "rule", "before", "after", "confidence")
        schema = pa.schema([(name, kinds.get(name, pa.string())) for name in names])
        lines = pa.Table.from_pylist(sorted(rows, key=lambda row: row["row_id"]), schema=schema)
        lines = with_states(lines, standing_lines(inputs.customers))
        return Computed(table=lines, summary={}, report={"rules": []})


def _rows(one: Said, inputs: StepInputs) -> list[dict[str, Any]]:
    made = {"rule": one.rule, "before": one.before, "after": one.after, "confidence": one.confidence}
    if one.column == "total_minor":
        lines = [] if inputs.transactions is None else inputs.transactions.to_pylist()
        return [
            {"row_id": row["row_id"], "field": f"transactions[{row[TRANSACTION_ROW_ID].hex()}].total_minor", **made}
            for row in lines
            if str(row["total_minor"]) == one.before
        ]
    return [
        {"row_id": row["row_id"], "field": one.path or one.column, **made}
        for row in inputs.customers.to_pylist()
        if _says(row, one)
    ]


def _says(row: dict[str, Any], one: Said) -> bool:
    cell = row.get(one.column)
    if cell is None:
        return dict(row.get("unparsed") or ()).get(one.column) == one.before
    return one.before in cell if isinstance(cell, list) else str(cell) == one.before
