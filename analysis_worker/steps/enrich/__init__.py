"""The enrich step: gaps filled with what is known elsewhere, before anything is guessed; see docs/methods/enrich.md."""

from analysis_worker.steps.enrich.apply import apply_cells
from analysis_worker.steps.enrich.options import EnrichOptions, Join, parse_join
from analysis_worker.steps.enrich.refusals import EnrichRefusedError
from analysis_worker.steps.enrich.result import CELL_FIELDS, ENTITY, EnrichResult, EnrichSummary, FilledField
from analysis_worker.steps.enrich.step import enrich

__all__ = [
    "CELL_FIELDS",
    "ENTITY",
    "EnrichOptions",
    "EnrichRefusedError",
    "EnrichResult",
    "EnrichSummary",
    "FilledField",
    "Join",
    "apply_cells",
    "enrich",
    "parse_join",
]
