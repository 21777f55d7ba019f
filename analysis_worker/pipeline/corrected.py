"""What steps see of corrections: every step but `correct` itself works on corrected values, `correct` on what the source says.

Rules: if `correct` ran before in the same run, its proposals count, each in the state that it has; else those count that the
vault says stand from earlier runs (column `corrections`). Only accepted ones are applied, only where the cell still says what
it said, and nothing is written: the source's values stay stored as they are.
"""

from __future__ import annotations

import re
from typing import Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.compute as pc

from analysis_worker.pipeline.customers import CORRECTIONS, ROW_ID, TRANSACTION_ROW_ID
from analysis_worker.pipeline.step_adapter import StepAdapter

CORRECT = "correct"
ACCEPTED_CONFIDENCE = 0.98
"""Rules at least this sure are applied without a reviewer."""
ACCEPTED, REJECTED, PENDING = "accepted", "rejected", "pending"
STATE = "state"
_TOTAL = "total_minor"
_OF_TOTAL = re.compile(r"transactions\[([0-9a-f]{32})\]\.total_minor")
_LINES = pa.schema(
    {
        ROW_ID: pa.int64(),
        "field": pa.string(),
        "rule": pa.string(),
        "before": pa.string(),
        "after": pa.string(),
        "confidence": pa.float64(),
        STATE: pa.string(),
    }
)
_KEY = (ROW_ID, "field", "rule", "after")


@runtime_checkable
class CorrectsTransactions(Protocol):
    """A step whose lines change transactions, too."""

    def apply_to_transactions(self, transactions: pa.Table, lines: pa.Table) -> pa.Table: ...


def seen_by(
    step: str, customers: pa.Table, transactions: pa.Table | None, done: tuple[StepAdapter, pa.Table] | None
) -> tuple[pa.Table, pa.Table | None]:
    """Customers and transactions as a step sees them.

    Args:
        step: its name.
        customers: as they were read: `row_id` (place) and columns, `corrections` among them if the vault said any.
        transactions: as they were read, with `transaction_row_id`; None without any.
        done: the adapter that corrected in this run and its lines by place; None if none has yet.
    """
    if step == CORRECT:
        return customers, transactions
    if done is None:
        lines = standing_lines(customers)
        totals = None if transactions is None else with_totals(transactions, lines)
        return with_corrections(customers, lines), totals
    adapter, lines = done
    if transactions is not None and isinstance(adapter, CorrectsTransactions):
        transactions = adapter.apply_to_transactions(transactions, lines)
    return adapter.apply(customers, lines), transactions


def standing_lines(customers: pa.Table) -> pa.Table:
    """What was decided about corrections before this run: `row_id` (place), field, rule, before, after, confidence, state."""
    if CORRECTIONS not in customers.column_names:
        return _LINES.empty_table()
    told = customers.column(CORRECTIONS).combine_chunks()
    places = customers.column(ROW_ID).combine_chunks().take(pc.list_parent_indices(told))
    each = pc.list_flatten(told)
    columns = [pc.struct_field(each, name) for name in _LINES.names[1:]]
    texts = [pc.fill_null(column, "") if pa.types.is_string(column.type) else column for column in columns]
    return pa.table([places, *texts], schema=_LINES)


def with_states(proposals: pa.Table, standing: pa.Table) -> pa.Table:
    """Proposals with the state of each: what was decided about the same question, else what its confidence says."""
    sure = pc.and_(pc.greater_equal(proposals.column("confidence"), ACCEPTED_CONFIDENCE), pc.not_equal(proposals["after"], ""))
    states = pc.if_else(sure, ACCEPTED, PENDING)
    decided = _decided_otherwise(standing)
    if decided:
        concerned = pc.is_in(proposals.column(ROW_ID), pa.array({key[0] for key in decided}, pa.int64()))
        found = states.to_pylist()
        rows = pc.indices_nonzero(concerned).to_pylist()
        for row, line in zip(rows, proposals.select(_KEY).take(rows).to_pylist(), strict=True):
            found[row] = decided.get(tuple(line[name] for name in _KEY), found[row])
        states = pa.chunked_array([pa.array(found, pa.string())])
    return proposals.append_column(STATE, states)


def _decided_otherwise(standing: pa.Table) -> dict[tuple[object, ...], str]:
    """Decisions that a rule's confidence would not tell, by question: as a rule people's."""
    sure = pc.greater_equal(standing.column("confidence"), ACCEPTED_CONFIDENCE)
    other = standing.filter(pc.or_(pc.equal(standing.column(STATE), REJECTED), pc.invert(sure)))
    return {tuple(line[name] for name in _KEY): line[STATE] for line in other.to_pylist()}


def stated(lines: pa.Table) -> pa.Table:
    """Lines with their states, also those of a checkpoint of a version that did not keep them."""
    return lines if STATE in lines.column_names else with_states(lines, _LINES.empty_table())


def accepted(lines: pa.Table) -> pa.Table:
    """The lines that are applied."""
    lines = stated(lines)
    return lines.filter(pc.and_(pc.equal(lines.column(STATE), ACCEPTED), pc.not_equal(lines.column("after"), "")))


def with_corrections(customers: pa.Table, lines: pa.Table) -> pa.Table:
    """Accepted corrections in place of what the source says, in columns that were read."""
    found = accepted(lines)
    if not found.num_rows:
        return customers
    from analysis_worker.steps.correct import apply_proposals

    return apply_proposals(customers, found).select(customers.column_names)


def with_totals(transactions: pa.Table, lines: pa.Table) -> pa.Table:
    """Accepted totals in place of wrong ones, where the total still is what it was."""
    fields = lines.column("field")
    found = accepted(lines.filter(pc.starts_with(fields, "transactions[")))
    if not found.num_rows or not {_TOTAL, TRANSACTION_ROW_ID} <= set(transactions.column_names):
        return transactions
    paths = [_OF_TOTAL.fullmatch(path) for path in found.column("field").to_pylist()]
    ids = pa.array([bytes.fromhex(path.group(1)) if path else None for path in paths], pa.binary(16))
    places = pc.index_in(ids, value_set=transactions.column(TRANSACTION_ROW_ID).combine_chunks())
    totals = transactions.column(_TOTAL).to_pylist()
    for place, line in zip(places.to_pylist(), found.to_pylist(), strict=True):
        if place is not None and str(totals[place]) == line["before"]:
            totals[place] = int(line["after"])
    column = transactions.column_names.index(_TOTAL)
    field = transactions.schema.field(column)
    return transactions.set_column(column, field, pa.array(totals, field.type))
