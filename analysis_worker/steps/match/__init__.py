"""Which rows are one person: `match(table, options) -> MatchResult`."""

from analysis_worker.steps.match.errors import MatchEngineError, MatchError, MatchInputError, MatchOptionsError
from analysis_worker.steps.match.golden import golden_records
from analysis_worker.steps.match.helping import MatchHelp, match_help
from analysis_worker.steps.match.options import MatchOptions
from analysis_worker.steps.match.result import Band, LevelSummary, MatchResult, MatchSummary
from analysis_worker.steps.match.step import match

__all__ = [
    "Band",
    "LevelSummary",
    "MatchEngineError",
    "MatchError",
    "MatchHelp",
    "MatchInputError",
    "MatchOptions",
    "MatchOptionsError",
    "MatchResult",
    "MatchSummary",
    "golden_records",
    "match",
    "match_help",
]
