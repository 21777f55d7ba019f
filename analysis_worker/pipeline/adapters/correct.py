"""Correct: proposals become corrections, accepted by rule where the rule is nearly certain.

A correction of a transaction names it in its path, `transactions[ROW ID].total_minor`, by the run's row id in hex; the vault
puts the transaction's own id in its place. A correction without a value asks a person to look, and is never accepted by rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import TRANSACTION_ROW_ID
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
            *("emails", "phones", "addresses", "language", "income", "attributes", "unparsed"),
        }
    )
    transaction_fields = frozenset({"customer_id", "total_minor", "lines"})
    names_transactions = True
    sees = frozenset[str]()

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.correct import CorrectOptions, correct

        options = step_options(CorrectOptions, inputs.options, as_of=inputs.as_of.date())
        transactions = inputs.transactions
        result = correct(inputs.customers, options, None if transactions is None else _numbered(transactions))
        proposals = result.proposals if transactions is None else _with_row_ids(result.proposals, transactions)
        accepted = _accepted(proposals)
        applied = Counter(proposals.column("rule").filter(accepted).to_pylist())
        rules: list[JsonObject] = [
            {"rule": rule, "proposals": count, "applied": applied[rule], "waiting": count - applied[rule]}
            for rule, count in result.summary.by_rule.items()
        ]
        counts = {"accepted": sum(applied.values()), "waiting": result.summary.proposals - sum(applied.values())}
        summary = {**json_object(result.summary), **counts}
        return Computed(table=proposals, summary=summary, report={"rules": rules})

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        """Accepted corrections in place of what the source says, in columns that were read."""
        from analysis_worker.steps.correct import apply_proposals

        corrected = apply_proposals(customers, lines, min_confidence=ACCEPTED_CONFIDENCE)
        return corrected.select(customers.column_names)

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, proposals in lines_by_row(lines):
            yield row_id, DerivedData(corrections=[_correction(**proposal) for proposal in proposals])


def _accepted(proposals: pa.Table) -> pa.ChunkedArray:
    sure = pc.greater_equal(proposals.column("confidence"), ACCEPTED_CONFIDENCE)
    return pc.and_(sure, pc.not_equal(proposals.column("after"), ""))


def _numbered(transactions: pa.Table) -> pa.Table:
    """Transactions under their numbers, so that the order of proposals does not follow from a run's pseudonyms."""
    from analysis_worker.steps.correct import TRANSACTION

    return transactions.append_column(TRANSACTION, pa.array(range(transactions.num_rows), pa.int64()))


def _with_row_ids(proposals: pa.Table, transactions: pa.Table) -> pa.Table:
    """Proposals whose paths name transactions by row id."""
    from analysis_worker.steps.correct import total_field

    if TRANSACTION_ROW_ID not in transactions.column_names:  # nothing to point with, so nothing is said about transactions
        return proposals.filter(pc.invert(pc.starts_with(proposals.column("field"), "transactions[")))
    row_ids = transactions.column(TRANSACTION_ROW_ID)
    fields = [
        total_field(row_ids[int(path[len("transactions[") :].partition("]")[0])].as_py().hex())
        if path.startswith("transactions[")
        else path
        for path in proposals.column("field").to_pylist()
    ]
    return proposals.set_column(proposals.column_names.index("field"), "field", pa.array(fields, pa.string()))


def _correction(*, row_id: bytes, field: str, rule: str, before: str, after: str, confidence: float) -> Correction:
    del row_id
    state = PROPOSAL_STATE_ACCEPTED if after and confidence >= ACCEPTED_CONFIDENCE else PROPOSAL_STATE_PENDING
    return Correction(field=field, rule=rule, before=before, after=after, confidence=confidence, state=state)
