"""The embedded engine as Splink needs it: silent, and with errors of this step.

Rules: values go in as Arrow, SQL text holds only our own column names; Splink's loggers stay silent, because its messages are
meant for a person at a notebook; an error of engine or Splink loses its message, which may quote a value. That the engine
reaches neither disk nor network is `analysis_worker/engines/embedded.py`'s promise.
"""

import logging
import warnings
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
    from splink.internals.exceptions import SplinkException

    try:
        with open_embedded(threads=threads, memory_limit_mb=memory_limit_mb) as connection, _silenced():
            yield connection
    except EmbeddedEngineError as error:
        raise MatchEngineError(f"the engine refused the match ({error.kind})") from None
    except SplinkException as error:
        raise MatchEngineError(f"the engine refused the match ({type(error).__name__})") from None


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
