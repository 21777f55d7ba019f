"""The classify step: how likely each customer is to be of a declared class, with reasons, and when it would rather not say.

Public surface: `classify`, its options, its result and the refusal it raises. Everything else is private to the step.
"""

from analysis_worker.steps.classify.card import ClassifyResult, ClassifySummary, LeftOut
from analysis_worker.steps.classify.options import ClassifyOptions, ClassifyRefusedError
from analysis_worker.steps.classify.step import classify

__all__ = ["ClassifyOptions", "ClassifyRefusedError", "ClassifyResult", "ClassifySummary", "LeftOut", "classify"]
