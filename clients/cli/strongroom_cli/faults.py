"""What the command itself refuses, each with its exit code; errors of the SDK are mapped to exit codes here too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_cli import exit_codes

if TYPE_CHECKING:
    from strongroom.errors import StrongroomError


class CommandError(Exception):
    """The command cannot go on.

    Attributes:
        exit_code: what the process ends with.
        hint: what to do next, or "".
    """

    exit_code = exit_codes.USAGE

    def __init__(self, message: str, *, hint: str = "", exit_code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if exit_code is not None:
            self.exit_code = exit_code


class BadFileError(CommandError):
    """An input file is not what it should be; nothing of it was sent."""

    exit_code = exit_codes.BAD_FILE


def exit_code_of(error: StrongroomError) -> int:
    """Return the exit code for an error of the SDK."""
    from strongroom import errors

    table: tuple[tuple[type[StrongroomError], int], ...] = (
        (errors.ConfigurationError, exit_codes.CONFIGURATION),
        (errors.NotFoundError, exit_codes.NOT_FOUND),
        (errors.UnauthenticatedError, exit_codes.DENIED),
        (errors.PermissionDeniedError, exit_codes.DENIED),
        (errors.InvalidArgumentError, exit_codes.USAGE),
        (errors.OutOfRangeError, exit_codes.USAGE),
        (errors.ResourceExhaustedError, exit_codes.UNAVAILABLE),
        (errors.CallerError, exit_codes.CONFLICT),
        (errors.RunFailedError, exit_codes.CHECK_FAILED),
        (errors.BackupFailedError, exit_codes.CHECK_FAILED),
    )
    return next((code for kind, code in table if isinstance(error, kind)), exit_codes.UNAVAILABLE)
