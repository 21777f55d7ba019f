"""What a match hands back: arrays and a summary without a single value of a record."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pyarrow as pa


class Band(StrEnum):
    """What a pair of rows is to a reviewer."""

    MATCH = "match"
    """One entity, held together by sure pairs: can be applied by rule."""
    REVIEW = "review"
    """Doubtful: one entity without a chain of sure pairs, or two entities that look alike."""
    DIFFERENT = "different"
    """Compared, alike in something, and almost surely two people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSummary:
    """One degree of likeness of one field: m and u as trained, and the bits it adds before term frequencies."""

    field: str
    label: str
    m: float
    u: float
    bits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSummary:
    """Counts, rules and numbers of one match; no timings, because a step has no clock.

    Attributes:
        rows: rows in the table.
        identical_rows: rows that repeat another row in every compared field.
        rows_kept: rows that kept an earlier entity in an incremental match.
        contradictions: decisions that two rows are one which other decisions forbid.
        entities: distinct entities found.
        rows_in_shared_entities: rows that share their entity with another row.
        largest_entity: rows in the largest entity.
        comparisons: pairs scored.
        comparison_budget: how many blocking could have spent.
        rules: blocking rules used, cheapest first; names of fields, never values.
        rules_skipped: rules that the budget had no room for.
        roles: column and what it was used as.
        training_sessions: fields that expectation-maximisation blocked on; empty when start values were used.
        prior: chance that two rows drawn at random match, as calibrated.
        expected_matches: that chance times all possible pairs.
        edge_probability, cut_probability: where components begin and where average linkage stops.
        pairs_by_band: kept pairs in each band.
        levels: the model.
    """

    rows: int
    identical_rows: int = 0
    rows_kept: int = 0
    contradictions: int = 0
    entities: int
    rows_in_shared_entities: int = 0
    largest_entity: int = 0
    comparisons: int = 0
    comparison_budget: int = 0
    rules: tuple[str, ...] = ()
    rules_skipped: int = 0
    roles: tuple[tuple[str, str], ...] = ()
    training_sessions: tuple[str, ...] = ()
    prior: float = 0.0
    expected_matches: float = 0.0
    edge_probability: float = 0.0
    cut_probability: float = 0.0
    pairs_by_band: tuple[tuple[Band, int], ...] = ()
    levels: tuple[LevelSummary, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchResult:
    """Entities and the pairs behind them.

    Attributes:
        row_id: the input's ids, in the input's order.
        entity: int64, shape (n,), in the input's order; the rank (by row_id, from 0) of the entity's smallest row id.
        leader: int64, shape (n,), in the input's order; the rank of the row that the entity is named after.
        pairs: row_a, row_b (type of row_id, row_a the smaller), probability and weight (float64; weight in bits), band
            (string), same_entity (bool), and one float64 column `weight.<field>` per compared field: what agreement or
            disagreement there added or took, in bits. Ascending by the rows' ids.
        summary: counts, rules, thresholds.
    """

    row_id: pa.ChunkedArray
    entity: npt.NDArray[np.int64]
    leader: npt.NDArray[np.int64]
    pairs: pa.Table
    summary: MatchSummary
