"""Which part of derived data each step writes: what a step may write, and whose rows a reader of some parts needs to open."""

from __future__ import annotations

from collections.abc import Collection, Mapping

PART_OF_STEP: Mapping[str, str] = {
    "correct": "corrections",
    "enrich": "enriched",
    "match": "entity",
    "impute": "imputed",
    "segment": "segment",
    "value": "value",
    "classify": "classifications",
    "associate": "recommendations",
}


def steps_of(parts: Collection[str]) -> frozenset[str]:
    """The steps that write one of the parts."""
    return frozenset(step for step, part in PART_OF_STEP.items() if part in parts)
