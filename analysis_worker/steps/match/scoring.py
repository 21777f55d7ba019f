"""Every candidate's weight, field by field, with term frequencies.

Levels come from the engine (`levels.py`); what they weigh is looked up here, because a join of every pair with every table of
frequencies cost more than the distances. Rules: a weight depends on its own pair and on numbers that are fixed before the
first cell, so neither threads nor cells nor who scores which cell change a bit of it; results come back in the order of the
pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis_worker.steps.match.comparisons import Comparison
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.levels import LevelEngine, Levels, Rows, cells_of
from analysis_worker.steps.match.parameters import LevelOdds, Parameters
from analysis_worker.steps.match.strangers import Grouping, value_frequencies

Bits = npt.NDArray[np.float64]

_LEAST_SHARE = 2.0**-60


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scored pairs.

    Attributes:
        left, right: int64, shape (n_pairs,), ascending by (left, right).
        weights: float64, shape (n_pairs, n_fields), bits that each field adds.
        levels: int8, shape (n_pairs, n_fields), which level of each comparison holds; ABSENT where a value is missing.
    """

    left: Rows
    right: Rows
    weights: Bits
    levels: Levels

    def keep(self, mask: npt.NDArray[np.bool_] | Rows) -> "Scores":
        return Scores(left=self.left[mask], right=self.right[mask], weights=self.weights[mask], levels=self.levels[mask])


class Scorer:
    """One trained model."""

    def __init__(
        self,
        engine: LevelEngine,
        features: Features,
        comparisons: tuple[Comparison, ...],
        parameters: Parameters,
        grouping: Grouping,
    ) -> None:
        self.engine = engine
        self._comparisons = comparisons
        self._parameters = parameters
        self._rarity = dict(_rarities(features, comparisons, grouping))

    def score(self, left: Rows, right: Rows, *, least: float | None = None) -> Scores:
        """Weights of the given pairs; those under `least` bits are left out."""
        parts = [self.weighed(*cell, self.engine.levels(*cell), least=least) for cell in cells_of(left, right)]
        return merged(parts, fields=len(self._comparisons))

    def weighed(self, left: Rows, right: Rows, levels: Levels, *, least: float | None = None) -> Scores:
        """Weights of pairs whose levels are known; those under `least` bits are left out."""
        weights = np.column_stack(
            [self._weights(entry, levels[:, number], left, right) for number, entry in enumerate(self._comparisons)]
        )
        found = Scores(left=left, right=right, weights=weights, levels=levels)
        return found if least is None else found.keep(self._assumed_bits() + weights.sum(axis=1) >= least)

    def _weights(self, comparison: Comparison, levels: Levels, left: Rows, right: Rows) -> Bits:
        odds = self._parameters.levels[comparison.name]
        table = np.append([np.log2(level.m / level.u) for level in odds], 0.0)  # ABSENT is the last place
        weights: Bits = table[levels]
        for place, level in enumerate(comparison.levels):
            if level.frequency_column is not None:
                at = np.flatnonzero(levels == place)
                rarity = self._rarity[level.frequency_column]
                common = np.log2(_equality_u(comparison, odds, level.frequency_column))
                weights[at] += common - np.maximum(rarity[left[at]], rarity[right[at]])
        return weights

    def _assumed_bits(self) -> float:
        prior = self._parameters.prior
        return float(np.log2(prior / (1 - prior)))


def merged(parts: list[Scores], *, fields: int) -> Scores:
    """All parts as one, ascending by (left, right)."""
    none = np.empty(0, dtype=np.int64)
    left = np.concatenate([none, *(part.left for part in parts)])
    right = np.concatenate([none, *(part.right for part in parts)])
    everything = Scores(
        left=left,
        right=right,
        weights=np.concatenate([np.empty((0, fields)), *(part.weights for part in parts)]),
        levels=np.concatenate([np.empty((0, fields), dtype=np.int8), *(part.levels for part in parts)]),
    )
    order = np.lexsort((right, left))
    return everything if np.array_equal(order, np.arange(len(order))) else everything.keep(order)


def _rarities(
    features: Features, comparisons: tuple[Comparison, ...], grouping: Grouping
) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    """Per column with term frequencies: log2 of the chance that a stranger has the row's value, shape (n,)."""
    uses = {(level.frequency_column, entry) for entry in comparisons for level in entry.levels}
    for column, entry in sorted(((name, entry) for name, entry in uses if name), key=lambda use: use[0]):
        cells = features.scalars[column]
        found = value_frequencies(cells, grouping, start=entry.start_frequency(column))
        yield column, cells.per_row(np.log2(np.maximum(found, _LEAST_SHARE)), 0.0)  # a value of no row is never looked up


def _equality_u(comparison: Comparison, odds: tuple[LevelOdds, ...], column: str) -> float:
    """The chance that strangers share a value of `column`: every level that implies it, together."""
    return sum(odd.u for level, odd in zip(comparison.levels, odds, strict=True) if level.frequency_column == column)
