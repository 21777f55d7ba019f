"""What a failed SDK call means for the run at hand.

Rule: the text of a vault's error names fields and limits, never values (the vault's own rule), so it may be passed on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from analysis_worker.pipeline.errors import LeaseLostError, RunFailureError, VaultAwayError
from strongroom.errors import (
    CancelledError,
    ConflictError,
    DeadlineExceededError,
    NotFoundError,
    ResourceExhaustedError,
    StrongroomError,
    UnauthenticatedError,
    UnavailableError,
)

_AWAY = (UnavailableError, DeadlineExceededError, CancelledError, UnauthenticatedError)
_BUSY_REASONS = frozenset({"RESOURCE_EXHAUSTED", "TOO_MANY_CALLS", "BUSY"})


@contextmanager
def run_errors() -> Iterator[None]:
    """Turn SDK errors into the pipeline's.

    Raises:
        LeaseLostError: the run has moved on.
        VaultAwayError: not now; the run can go on later. An expired credential counts: the run is not to blame.
        RunFailureError: it will not work by trying again.
    """
    try:
        yield
    except StrongroomError as error:
        raise _meaning(error) from error


def _meaning(error: StrongroomError) -> Exception:
    if isinstance(error, ConflictError) or (
        isinstance(error, NotFoundError) and error.reason in ("NOT_FOUND", "RUN_NOT_FOUND")
    ):
        return LeaseLostError(error.reason)
    busy = isinstance(error, ResourceExhaustedError) and error.reason in _BUSY_REASONS
    if busy or isinstance(error, _AWAY):
        return VaultAwayError(error.reason)
    return RunFailureError(error.reason, error.message)
