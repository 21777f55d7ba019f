"""Why a run does not go on: told apart by what the worker does next.

Rule: no message holds a customer's value; column names, option names and error types are all that is said.
"""

from __future__ import annotations


class RunStoppedError(Exception):
    """The run does not go on here; base of all below."""


class LeaseLostError(RunStoppedError):
    """Somebody else has the run, it was cancelled, or it has ended: nothing more may be written."""


class StopRequestedError(RunStoppedError):
    """The worker was asked to end: the run goes back to the queue."""


class VaultAwayError(RunStoppedError):
    """The vault does not answer: the run stays as it is and somebody goes on with it later."""


class RunFailureError(RunStoppedError):
    """Trying again is useless.

    Attributes:
        reason: stable name of the fault.
        message: one line without customer values.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
