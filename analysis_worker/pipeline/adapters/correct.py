"""Correct: proposals become corrections, accepted by rule where the rule is nearly certain.

A correction of a transaction names it in its path, `transactions[ROW ID].total_minor`, by the run's row id in hex; the vault
puts the transaction's own id in its place. A correction without a value asks a person to look, and is never accepted by rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.corrected import (
    ACCEPTED,
    PENDING,
    REJECTED,
    STATE,
    standing_lines,
    stated,
    with_corrections,
    with_states,
    with_totals,
)
from analysis_worker.pipeline.customers import CORRECTIONS, TRANSACTION_ROW_ID
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.options import step_options
from analysis_worker.pipeline.ports import JsonObject, ResultRow
from analysis_worker.pipeline.step_adapter import Computed, StepInputs, lines_by_row
from strongroom.api.v1.customer_pb2 import (
    PROPOSAL_STATE_ACCEPTED,
    PROPOSAL_STATE_PENDING,
    PROPOSAL_STATE_REJECTED,
    Correction,
    DerivedData,
    ProposalState,
)

_STATES: Mapping[str, ProposalState.ValueType] = {
    ACCEPTED: PROPOSAL_STATE_ACCEPTED,
    REJECTED: PROPOSAL_STATE_REJECTED,
    PENDING: PROPOSAL_STATE_PENDING,
}
_COUNTED = {"accepted": ACCEPTED, "waiting": PENDING, "rejected": REJECTED}
_SAID = ("field", "rule", "before", "after", "confidence")


class CorrectAdapter:
    """See `StepAdapter`."""

    name = "correct"
    customer_fields = frozenset(
        {
            *("given_name", "family_name", "full_name", "gender", "birth_date", "stated_age"),
            *("emails", "phones", "addresses", "language", "income", "attributes", "unparsed", CORRECTIONS),
        }
    )
    transaction_fields = frozenset({"customer_id", "total_minor", "lines"})
    names_transactions = True
    sees = frozenset[str]()

    def compute(self, inputs: StepInputs) -> Computed:
        from analysis_worker.steps.correct import CorrectOptions, correct

        options = step_options(CorrectOptions, inputs.options, as_of=inputs.as_of.date())
        transactions = inputs.transactions
        customers = inputs.customers
        source = customers.drop_columns([name for name in (CORRECTIONS,) if name in customers.column_names])
        result = correct(source, options, None if transactions is None else _numbered(transactions))
        proposals = result.proposals if transactions is None else _with_row_ids(result.proposals, transactions)
        proposals = with_states(proposals, standing_lines(customers))
        by_state = {state: _by_rule(proposals, state) for state in _STATES}
        rules: list[JsonObject] = [
            {"rule": rule, "proposals": count, "applied": by_state[ACCEPTED][rule], "waiting": by_state[PENDING][rule]}
            for rule, count in result.summary.by_rule.items()
        ]
        counts = {name: sum(by_state[state].values()) for name, state in _COUNTED.items()}
        summary = {**json_object(result.summary), **counts}
        return Computed(table=proposals, summary=summary, report={"rules": rules})

    def apply(self, customers: pa.Table, lines: pa.Table) -> pa.Table:
        """Accepted corrections in place of what the source says, in columns that were read."""
        return with_corrections(customers, lines)

    def apply_to_transactions(self, transactions: pa.Table, lines: pa.Table) -> pa.Table:
        """Accepted totals in place of wrong ones."""
        return with_totals(transactions, lines)

    def derive(self, lines: pa.Table) -> Iterator[ResultRow]:
        for row_id, proposals in lines_by_row(stated(lines)):
            yield row_id, DerivedData(corrections=[_correction(proposal) for proposal in proposals])


def _by_rule(proposals: pa.Table, state: str) -> Counter[str]:
    return Counter(proposals.column("rule").filter(pc.equal(proposals.column(STATE), state)).to_pylist())


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


def _correction(line: Mapping[str, Any]) -> Correction:
    return Correction(**{name: line[name] for name in _SAID}, state=_STATES[line[STATE]])
