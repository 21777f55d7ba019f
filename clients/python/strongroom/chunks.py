"""Rows cut into chunks that fit a message: by count and by bytes, the same every time for the same rows.

Rules: the cut depends on the rows alone, so a repeated import sends the same chunks and the vault recognises them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom.errors import InvalidArgumentError

MAX_ROWS = 1_000
MAX_BYTES = 1024 * 1024
MAX_ROW_BYTES = 3 * 1024 * 1024
_FRAMING_BYTES = 6


def chunked(rows: Iterable[ImportRow], *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> Iterator[list[ImportRow]]:
    """Yield lists of at most `max_rows` rows and `max_bytes` bytes; a single larger row is a chunk of its own.

    Raises:
        InvalidArgumentError: a row is larger than any message may be.
    """
    chunk: list[ImportRow] = []
    size = 0
    for row in rows:
        row_bytes = row.ByteSize() + _FRAMING_BYTES
        if row_bytes > MAX_ROW_BYTES:
            raise InvalidArgumentError(
                f"The row on line {row.line} has {row_bytes:,} bytes; the limit is {MAX_ROW_BYTES:,}.", reason="ROW_TOO_LARGE"
            )
        if chunk and (len(chunk) >= max_rows or size + row_bytes > max_bytes):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += row_bytes
    if chunk:
        yield chunk
