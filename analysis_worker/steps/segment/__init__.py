"""The segment step: named groups of customers, or the verdict that there are none; see docs/methods/segment.md."""

from analysis_worker.steps.segment.options import SegmentOptions
from analysis_worker.steps.segment.profiles import PROFILE_SCHEMA
from analysis_worker.steps.segment.rfm import RFM_COLUMNS, main_currency, rfm_features, with_rfm
from analysis_worker.steps.segment.step import Segment, SegmentResult, SegmentSummary, segment

__all__ = [
    "PROFILE_SCHEMA",
    "RFM_COLUMNS",
    "Segment",
    "SegmentOptions",
    "SegmentResult",
    "SegmentSummary",
    "main_currency",
    "rfm_features",
    "segment",
    "with_rfm",
]
