"""DuckDB inside the worker's process: a private engine in memory that can reach nothing else.

Rules: nothing touches disk or network (no temporary directory, no extension is looked for, external access is off, and the
configuration is locked, so that no later SQL can undo it); nothing is drawn on a terminal; an engine error loses its words,
because they may quote a value. What a step runs on the engine is the step's business: no step is known here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CONFINEMENT = (
    "SET enable_progress_bar = false",
    "SET temp_directory = ''",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",  # last but one: it forbids changing the temporary directory
    "SET lock_configuration = true",
)


class EmbeddedEngineError(Exception):
    """The engine refused a query, usually because the memory limit was reached.

    Attributes:
        kind: the engine's name for the refusal, such as `OutOfMemoryException`; never its message.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(f"the embedded engine refused a query ({kind})")
        self.kind = kind


@contextmanager
def open_embedded(*, threads: int, memory_limit_mb: int) -> Iterator[Any]:
    """A confined DuckDB connection that lives, with all it holds, as long as the block.

    Args:
        threads: how many the engine may use; 1 makes the order of float sums, and so the bits of a result, repeatable.
        memory_limit_mb: there is no disk to spill to; a query above the limit is refused.

    Raises:
        EmbeddedEngineError: the engine refused a query inside the block.
    """
    import duckdb

    connection = duckdb.connect(":memory:", config={"threads": threads, "memory_limit": f"{memory_limit_mb}MB"})
    try:
        for statement in _CONFINEMENT:
            connection.execute(statement)
        yield connection
    except duckdb.Error as error:
        raise EmbeddedEngineError(type(error).__name__) from None
    finally:
        connection.close()
