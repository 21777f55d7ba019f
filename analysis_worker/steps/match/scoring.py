"""Every candidate's weight, field by field, with term frequencies.

Rules: pairs go through the engine in chunks, so memory is bounded by the chunk and not by the table; a weight depends on
its own pair only, so threads and chunks do not change a bit of it; results come back in the order of the pairs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis_worker.steps.match.comparisons import Comparison
from analysis_worker.steps.match.features import Features
from analysis_worker.steps.match.parameters import Parameters
from analysis_worker.steps.match.settings import INDEX, define_levels, feature_table, model_settings, open_linker
from analysis_worker.steps.match.strangers import Grouping, value_frequencies

Rows = npt.NDArray[np.int64]
Bits = npt.NDArray[np.float64]

_CHUNK_PAIRS = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scored pairs.

    Attributes:
        left, right: int64, shape (n_pairs,), ascending by (left, right).
        weights: float64, shape (n_pairs, n_fields), bits that each field adds.
    """

    left: Rows
    right: Rows
    weights: Bits

    def keep(self, mask: npt.NDArray[np.bool_]) -> "Scores":
        return Scores(left=self.left[mask], right=self.right[mask], weights=self.weights[mask])


class Scorer:
    """One trained model on one engine connection."""

    def __init__(
        self,
        connection: Any,
        features: Features,
        comparisons: tuple[Comparison, ...],
        parameters: Parameters,
        grouping: Grouping,
    ) -> None:
        self._connection = connection
        self._comparisons = comparisons
        self._chunks = 0
        define_levels(connection, comparisons)
        settings = model_settings(comparisons, parameters)
        self._linker, self._api = open_linker(connection, feature_table(features, comparisons), "records", settings)
        self._register_frequencies(features, grouping)

    def score(self, left: Rows, right: Rows, *, least: float | None = None) -> Scores:
        """Weights of the given pairs; those under `least` bits are left out."""
        parts = [
            self._score_chunk(left[start : start + _CHUNK_PAIRS], right[start : start + _CHUNK_PAIRS], least)
            for start in range(0, len(left), _CHUNK_PAIRS)
        ]
        return merged(parts, fields=len(self._comparisons))

    def _register_frequencies(self, features: Features, grouping: Grouping) -> None:
        uses = {(level.frequency_column, entry) for entry in self._comparisons for level in entry.levels}
        for column, entry in sorted(((name, entry) for name, entry in uses if name), key=lambda use: use[0]):
            start = entry.start_frequency(column)
            found = value_frequencies(features.scalars[column], grouping, start=start)
            lookup = pa.table({column: list(found), f"tf_{column}": pa.array(found.values(), pa.float64())})
            registered = self._api.register(lookup, table_name=f"frequencies_{column}")
            self._linker.table_management.register_term_frequency_lookup(registered, column)

    def _score_chunk(self, left: Rows, right: Rows, least: float | None) -> Scores:
        keys = pa.table({"join_key_l": left, "join_key_r": right, "match_key": pa.array(["0"] * len(left), pa.string())})
        self._chunks += 1
        name = f"candidate_pairs_{self._chunks}"  # Splink refuses a name that it has seen
        self._linker.table_management.register_blocked_pairs_for_predict(self._api.register(keys, table_name=name))
        predicted = self._linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        fields = ", ".join(f'{_weight_sql(entry)} AS "field_{number}"' for number, entry in enumerate(self._comparisons))
        found = self._connection.execute(
            f'SELECT "{INDEX}_l" AS a, "{INDEX}_r" AS b, {fields} FROM {predicted.physical_name} ORDER BY a, b'
        ).to_arrow_table()
        predicted.drop_table_from_database_and_remove_from_cache()
        self._connection.unregister(name)
        return Scores(
            left=found["a"].to_numpy(),
            right=found["b"].to_numpy(),
            weights=np.column_stack([found[f"field_{number}"].to_numpy() for number in range(len(self._comparisons))]),
        )


def merged(parts: list[Scores], *, fields: int) -> Scores:
    """All parts as one, ascending by (left, right)."""
    none = np.empty(0, dtype=np.int64)
    left = np.concatenate([none, *(part.left for part in parts)])
    right = np.concatenate([none, *(part.right for part in parts)])
    order = np.lexsort((right, left))
    return Scores(
        left=left[order],
        right=right[order],
        weights=np.concatenate([np.empty((0, fields)), *(part.weights for part in parts)])[order],
    )


def _weight_sql(comparison: Comparison) -> str:
    adjusted = any(level.frequency_column for level in comparison.levels)
    return f'"mw_{comparison.name}"' + (f' + "mw_tf_adj_{comparison.name}"' if adjusted else "")
