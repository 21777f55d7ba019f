"""Result rows in batches that a call can carry: bounded in rows and in bytes."""

from __future__ import annotations

from collections.abc import Iterator

from analysis_worker.pipeline.ports import ResultRow
from strongroom.api.v1.analysis_worker_service_pb2 import RowResult

MAX_ROWS = 1_000
MAX_BYTES = 900_000
"""Under 1 MiB with the request around it: larger messages gain nothing and wait for each other."""


def batched(rows: Iterator[ResultRow]) -> Iterator[list[RowResult]]:
    """Yield the rows in order; a batch is never empty, and one row larger than the limit travels alone."""
    batch: list[RowResult] = []
    size = 0
    for row_id, derived in rows:
        result = RowResult(row_id=row_id, derived=derived)
        more = result.ByteSize()
        if batch and (len(batch) >= MAX_ROWS or size + more > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(result)
        size += more
    if batch:
        yield batch
