"""The helper's side of a match that another worker leads: takes the features over, then does cells.

Rules: nothing is decided here: which rows stand for others, which pairs are compared, what a level weighs and who is one
person is the leader's. A helper whose options, code or engine differ, or that was handed other features, says so in place of
helping.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from analysis_worker.steps.match import basis
from analysis_worker.steps.match.blocking import Combinations
from analysis_worker.steps.match.comparisons import build_comparisons
from analysis_worker.steps.match.engine import open_engine
from analysis_worker.steps.match.errors import MatchInputError
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.handover import decode_features
from analysis_worker.steps.match.levels import LevelEngine
from analysis_worker.steps.match.options import MatchOptions
from analysis_worker.steps.match.together import rule_costs


class MatchHelp:
    """`engines.workers.Help` for match, on one engine connection."""

    def __init__(self, connection: Any, features: Features, options: MatchOptions) -> None:
        self._connection = connection
        self._options = options
        self._features = features
        self._comparisons = build_comparisons(self._features)
        self._digest = basis.basis_digest(self._features, self._comparisons, options)
        self._rules: Combinations | None = None
        self._levels: LevelEngine | None = None

    def accepts(self, setup: bytes) -> bool:
        return setup[: basis.DIGEST_BYTES] == self._digest

    def do(self, grid: str, setup: bytes, task: bytes) -> bytes:
        """The result of one cell.

        Raises:
            MatchInputError: no such grid.
        """
        if grid == basis.RULES:
            return basis.encode_counts(task, rule_costs(self._combinations(setup), task))
        if grid in (basis.LESSONS, basis.LEVELS):
            if self._levels is None:
                self._levels = LevelEngine(self._connection, self._features, self._comparisons)
            return basis.encode_levels(task, self._levels.levels(*basis.decode_pairs(task)))
        raise MatchInputError("no such grid")

    def _combinations(self, setup: bytes) -> Combinations:
        if self._rules is None:
            masks, options = basis.decode_masks(setup), self._options
            self._rules = Combinations(
                self._features,
                masks.active,
                masks.kept,
                budget=options.comparison_budget(self._features.rows),
                value_rows_max=options.value_rows_max,
            )
        return self._rules


@contextmanager
def match_help(handed_over: bytes, options: MatchOptions) -> Iterator[MatchHelp]:
    """Take features over, then do cells as long as the block lasts.

    Raises:
        MatchInputError: these are no features.
        MatchEngineError: the engine refused.
    """
    with open_engine(threads=options.threads, memory_limit_mb=options.memory_limit_mb) as connection:
        yield MatchHelp(connection, decode_features(handed_over), options)
