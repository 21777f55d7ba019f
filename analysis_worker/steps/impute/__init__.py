"""The impute step: fills gaps in customer columns where a model is shown to know better than a constant.

Public surface: `impute`, its options, its result and the refusal it raises. Everything else is private to the step.
"""

from analysis_worker.steps.impute.options import FORBIDDEN_COLUMNS, ImputeOptions, ImputeRefusedError
from analysis_worker.steps.impute.step import impute
from analysis_worker.steps.impute.summary import CandidateError, ColumnImputation, ImputeResult, ImputeSummary

__all__ = [
    "FORBIDDEN_COLUMNS",
    "CandidateError",
    "ColumnImputation",
    "ImputeOptions",
    "ImputeRefusedError",
    "ImputeResult",
    "ImputeSummary",
    "impute",
]
