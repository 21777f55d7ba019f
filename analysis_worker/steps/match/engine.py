"""The embedded engine of a match. An error of it loses its message, which may quote a value.

Values go in as Arrow, SQL text holds only our own column names. That the engine reaches neither disk nor network is
`analysis_worker/engines/embedded.py`'s promise.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from analysis_worker.engines.embedded import EmbeddedEngineError, open_embedded
from analysis_worker.steps.match.errors import MatchEngineError


@contextmanager
def open_engine(*, threads: int, memory_limit_mb: int) -> Iterator[Any]:
    """A DuckDB connection that lives for one match.

    Raises:
        MatchEngineError: the engine refused a query inside the block.
    """
    try:
        with open_embedded(threads=threads, memory_limit_mb=memory_limit_mb) as connection:
            yield connection
    except EmbeddedEngineError as error:
        raise MatchEngineError(f"the engine refused the match ({error.kind})") from None
