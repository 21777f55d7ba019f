"""The embedded engine behind the model: Splink on a private in-memory DuckDB.

Rules: nothing touches disk or network (no temporary directory, no extension is looked for, external access is off); values
go in as Arrow, SQL text holds only our own column names; Splink's loggers stay silent, because its messages are meant for
a person at a notebook; an engine error loses its message, which may quote a value.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from analysis_worker.steps.match.errors import MatchEngineError, MatchError

_CONFINEMENT = (
    "SET temp_directory = ''",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",  # last but one: it forbids changing the temporary directory
    "SET lock_configuration = true",
)


@contextmanager
def open_engine(*, threads: int, memory_limit_mb: int) -> Iterator[Any]:
    """A DuckDB connection that lives for one match.

    Raises:
        MatchEngineError: the engine refused a query inside the block.
    """
    import duckdb
    from splink.internals.exceptions import SplinkException

    connection = duckdb.connect(":memory:", config={"threads": threads, "memory_limit": f"{memory_limit_mb}MB"})
    try:
        for statement in _CONFINEMENT:
            connection.execute(statement)
        with _silenced():
            yield connection
    except MatchError:
        raise
    except (duckdb.Error, SplinkException) as error:
        raise MatchEngineError(f"the engine refused the match ({type(error).__name__})") from None
    finally:
        connection.close()


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep Splink's messages from every handler, the root's included, and restore the logger afterwards."""
    logger = logging.getLogger("splink")
    level, propagate, handler = logger.level, logger.propagate, logging.NullHandler()
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
        logger.setLevel(level)
