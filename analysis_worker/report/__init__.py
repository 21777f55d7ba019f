"""The page people look at after a run, and its JSON twin: aggregates only, readable without scripts and without network."""

from analysis_worker.report.adapt import corrections_of, duplicates_of, imputation_of, quality_of, segments_of
from analysis_worker.report.model import (
    BandCount,
    ClusterSize,
    CorrectionRule,
    Duplicates,
    ImputedColumn,
    ProfileLine,
    Provenance,
    QualityColumn,
    ReportInput,
    ReviewQueue,
    ScoreBin,
    SegmentEntry,
    Segments,
    StepDuration,
    UndoStep,
)
from analysis_worker.report.page import build_report
from analysis_worker.report.twin import report_json

__all__ = [
    "BandCount",
    "ClusterSize",
    "CorrectionRule",
    "Duplicates",
    "ImputedColumn",
    "ProfileLine",
    "Provenance",
    "QualityColumn",
    "ReportInput",
    "ReviewQueue",
    "ScoreBin",
    "SegmentEntry",
    "Segments",
    "StepDuration",
    "UndoStep",
    "build_report",
    "corrections_of",
    "duplicates_of",
    "imputation_of",
    "quality_of",
    "report_json",
    "segments_of",
]
