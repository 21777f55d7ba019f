"""The steps that this worker can do. Adapters import their engines late: the worker starts fast and idles small."""

from __future__ import annotations

from collections.abc import Mapping

from analysis_worker.pipeline.adapters.associate import AssociateAdapter
from analysis_worker.pipeline.adapters.classify import ClassifyAdapter
from analysis_worker.pipeline.adapters.correct import CorrectAdapter
from analysis_worker.pipeline.adapters.impute import ImputeAdapter
from analysis_worker.pipeline.adapters.match import MatchAdapter
from analysis_worker.pipeline.adapters.segment import SegmentAdapter
from analysis_worker.pipeline.adapters.value import ValueAdapter
from analysis_worker.pipeline.step_adapter import StepAdapter


def known_steps() -> Mapping[str, StepAdapter]:
    """Name to adapter."""
    adapters: tuple[StepAdapter, ...] = (
        CorrectAdapter(),
        MatchAdapter(),
        ImputeAdapter(),
        SegmentAdapter(),
        ValueAdapter(),
        ClassifyAdapter(),
        AssociateAdapter(),
    )
    return {adapter.name: adapter for adapter in adapters}
