"""Correct: proposals become corrections, accepted by rule where the rule is nearly certain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import JsonObject, ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import PROPOSAL_STATE_ACCEPTED, PROPOSAL_STATE_PENDING, Correction, DerivedData

ACCEPTED_CONFIDENCE = 0.98
"""Rules at least this sure are applied without a reviewer."""


class CorrectAdapter:
    """See `StepAdapter`."""

    name = "correct"
    customer_fields = frozenset(
        {
            *("given_name", "family_name", "full_name", "gender", "birth_date", "stated_age"),
            *("emails", "phones", "addresses", "language", "unparsed"),
        }
    )
    transaction_fields = frozenset[str]()
    sees = frozenset[str]()

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.correct import CorrectOptions, correct

        options = step_options(CorrectOptions, inputs.options, as_of=inputs.as_of.date())
        result = correct(inputs.customers, options)
        accepted = pc.greater_equal(result.proposals.column("confidence"), ACCEPTED_CONFIDENCE)
        applied = Counter(result.proposals.column("rule").filter(accepted).to_pylist())
        rules: list[JsonObject] = [
            {"rule": rule, "proposals": count, "applied": applied[rule], "waiting": count - applied[rule]}
            for rule, count in result.summary.by_rule.items()
        ]
        counts = {"accepted": sum(applied.values()), "waiting": result.summary.proposals - sum(applied.values())}
        summary = {**json_object(result.summary), **counts}
        return Computed(table=result.proposals, summary=summary, report={"rules": rules})

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        """Accepted corrections in place of what the source says, in columns that were read."""
        from analysis_worker.steps.correct import apply_proposals

        corrected = apply_proposals(customers, lines, min_confidence=ACCEPTED_CONFIDENCE)
        return corrected.select(customers.column_names)

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, proposals in lines_by_row(lines):
            yield row_id, DerivedData(corrections=[_correction(**proposal) for proposal in proposals])


def _correction(*, row_id: bytes, field: str, rule: str, before: str, after: str, confidence: float) -> Correction:
    del row_id
    state = PROPOSAL_STATE_ACCEPTED if confidence >= ACCEPTED_CONFIDENCE else PROPOSAL_STATE_PENDING
    return Correction(field=field, rule=rule, before=before, after=after, confidence=confidence, state=state)
