"""Result rows and pairs in batches that a call can carry: bounded in rows and in bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from analysis_worker.pipeline.ports import AskedPair, ResultRow
from strongroom.api.v1.analysis_worker_service_pb2 import PairProposal, RowResult
from strongroom.api.v1.review_service_pb2 import FieldWeight

MAX_ROWS = 1_000
MAX_BYTES = 900_000
"""Under 1 MiB with the request around it: larger messages gain nothing and wait for each other."""


T = TypeVar("T", RowResult, PairProposal)


def batched(rows: Iterator[ResultRow]) -> Iterator[list[RowResult]]:
    """Yield the rows in order; a batch is never empty, and one row larger than the limit travels alone."""
    return _batched(RowResult(row_id=row_id, derived=derived) for row_id, derived in rows)


def batched_pairs(pairs: Iterator[AskedPair]) -> Iterator[list[PairProposal]]:
    """The same for pairs."""
    return _batched(
        PairProposal(
            row_id=pair.row_id,
            other_row_id=pair.other_row_id,
            score=pair.score,
            weights=[FieldWeight(field=field, weight=weight) for field, weight in pair.weights],
        )
        for pair in pairs
    )


def _batched(results: Iterator[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    size = 0
    for result in results:
        more = result.ByteSize()
        if batch and (len(batch) >= MAX_ROWS or size + more > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(result)
        size += more
    if batch:
        yield batch
