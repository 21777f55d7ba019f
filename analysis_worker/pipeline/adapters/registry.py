"""The steps that this worker can do. Adapters import their engines late: the worker starts fast and idles small."""

from __future__ import annotations

from collections.abc import Mapping

from analysis_worker.pipeline.adapters.associate import AssociateAdapter
from analysis_worker.pipeline.adapters.classify import ClassifyAdapter
from analysis_worker.pipeline.adapters.correct import CorrectAdapter
from analysis_worker.pipeline.adapters.enrich import EnrichAdapter, ReferenceTables
from analysis_worker.pipeline.adapters.impute import ImputeAdapter
from analysis_worker.pipeline.adapters.match import MatchAdapter
from analysis_worker.pipeline.adapters.segment import SegmentAdapter
from analysis_worker.pipeline.adapters.value import ValueAdapter
from analysis_worker.pipeline.step_adapter import StepAdapter
from analysis_worker.references import NO_REFERENCES


def known_steps(references: ReferenceTables = NO_REFERENCES) -> Mapping[str, StepAdapter]:
    """Name to adapter; `references` are the tables that runs may join by name."""
    adapters: tuple[StepAdapter, ...] = (
        CorrectAdapter(),
        EnrichAdapter(references),
        MatchAdapter(),
        ImputeAdapter(),
        SegmentAdapter(),
        ValueAdapter(),
        ClassifyAdapter(),
        AssociateAdapter(),
    )
    return {adapter.name: adapter for adapter in adapters}
