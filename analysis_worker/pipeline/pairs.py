"""Pairs of rows that wait for a person, and pairs about which people decided.

Rules: a run asks at most `MOST_PAIRS` questions of a step, those about which it is torn the most; the others are counted. The
order in which pairs are written is that of the step's own table, so that whoever goes on writes the same pairs behind the same
offset.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from analysis_worker.pipeline.customers import OTHER_ROW_ID, PSEUDONYM, ROW_ID
from analysis_worker.pipeline.ports import AskedPair, DecidedPair

MOST_PAIRS = 10_000
MOST_WEIGHTS = 100  # as many as the vault takes
STEPS_WITH_DECISIONS = frozenset({"match"})
"""Only a step that compares people is told what people decided about them."""
SCORE, WEIGHTS, SAME = "score", "weights", "same"


def most_doubtful(pairs: pa.Table, most: int = MOST_PAIRS) -> tuple[pa.Table, int]:
    """The `most` pairs whose score is nearest to one half, in their order, and how many were left out."""
    if pairs.num_rows <= most:
        return pairs, 0
    certainty = np.abs(pairs.column(SCORE).to_numpy() - 0.5)
    kept = np.sort(np.argsort(certainty, kind="stable")[:most])
    return pairs.take(pa.array(kept)), pairs.num_rows - most


def asked_pairs(pairs: pa.Table, written: int) -> Iterator[AskedPair]:
    """The pairs behind the first `written`; row ids are pseudonyms."""
    columns = [pairs.column(name).to_pylist() for name in (ROW_ID, OTHER_ROW_ID, SCORE, WEIGHTS)]
    for row_id, other, score, weights in list(zip(*columns, strict=True))[written:]:
        yield AskedPair(
            row_id=row_id,
            other_row_id=other,
            score=min(max(score, 0.0), 1.0),  # rounding may carry a probability past its ends
            weights=_heaviest([(one["field"], one["weight"]) for one in weights or ()]),
        )


def _heaviest(weights: list[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """At most `MOST_WEIGHTS`, in their order."""
    if len(weights) <= MOST_WEIGHTS:
        return tuple(weights)
    kept = sorted(range(len(weights)), key=lambda place: (-abs(weights[place][1]), place))[:MOST_WEIGHTS]
    return tuple(weights[place] for place in sorted(kept))


def decision_table(decisions: list[DecidedPair]) -> pa.Table:
    """Decisions under the vault's names of the rows."""
    return pa.table(
        {
            ROW_ID: pa.array([one.row_id for one in decisions], PSEUDONYM),
            OTHER_ROW_ID: pa.array([one.other_row_id for one in decisions], PSEUDONYM),
            SAME: pa.array([one.same for one in decisions], pa.bool_()),
        }
    )
