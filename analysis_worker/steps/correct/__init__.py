"""The correct step: proposals for values that are certainly written wrongly; see docs/methods/correct.md."""

from analysis_worker.steps.correct.apply import apply_proposals
from analysis_worker.steps.correct.options import CorrectOptions
from analysis_worker.steps.correct.people import INPUT_FIELDS
from analysis_worker.steps.correct.proposal import PROPOSAL_FIELDS, CorrectResult, CorrectSummary
from analysis_worker.steps.correct.step import correct
from analysis_worker.steps.correct.totals import TRANSACTION, TRANSACTION_FIELDS, total_field

__all__ = [
    "INPUT_FIELDS",
    "PROPOSAL_FIELDS",
    "TRANSACTION",
    "TRANSACTION_FIELDS",
    "CorrectOptions",
    "CorrectResult",
    "CorrectSummary",
    "apply_proposals",
    "correct",
    "total_field",
]
