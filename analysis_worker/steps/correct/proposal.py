"""Proposals: what the step says should change, as an Arrow table, and the summary counts beside it.

Rules: one proposal at most per row and field; `before` is what the source says, verbatim; proposals are ordered by row,
then field, so the same input gives the same bytes.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa

PROPOSAL_FIELDS = ("row_id", "field", "rule", "before", "after", "confidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A better value for one cell, with the rule that found it and how sure it is (0..1)."""

    rule: str
    after: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change of one field of one row; `position` is the row's place in the input."""

    position: int
    field: str
    before: str
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectSummary:
    """Counts for the report: no customer value in it."""

    rows: int
    rows_changed: int
    proposals: int
    by_rule: dict[str, int]
    by_field: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectResult:
    """Proposals (columns `PROPOSAL_FIELDS`; confidence float64, 0..1) and their summary."""

    proposals: pa.Table
    summary: CorrectSummary


def field_name(path: str) -> str:
    """Return the field without its index, `addresses[0].postal_code` as `addresses.postal_code`."""
    head, bracket, tail = path.partition("[")
    return head + tail.partition("]")[2] if bracket else head


def to_result(proposals: Iterable[Proposal], row_ids: pa.ChunkedArray) -> CorrectResult:
    found = sorted(proposals, key=lambda proposal: (proposal.position, proposal.field))
    positions = pa.array([proposal.position for proposal in found], pa.int64())
    table = pa.table(
        {
            "row_id": row_ids.take(positions),
            "field": pa.array([proposal.field for proposal in found], pa.string()),
            "rule": pa.array([proposal.change.rule for proposal in found], pa.string()),
            "before": pa.array([proposal.before for proposal in found], pa.string()),
            "after": pa.array([proposal.change.after for proposal in found], pa.string()),
            "confidence": pa.array([proposal.change.confidence for proposal in found], pa.float64()),
        }
    )
    return CorrectResult(proposals=table, summary=_summary(found, len(row_ids)))


def _summary(found: list[Proposal], rows: int) -> CorrectSummary:
    rules = Counter(proposal.change.rule for proposal in found)
    fields = Counter(field_name(proposal.field) for proposal in found)
    return CorrectSummary(
        rows=rows,
        rows_changed=len({proposal.position for proposal in found}),
        proposals=len(found),
        by_rule=dict(sorted(rules.items())),
        by_field=dict(sorted(fields.items())),
    )
