"""What can go wrong, sorted by who can put it right. Every error says what happened, why, and what to do next.

Rules: an error carries the vault's stable `reason`, never a customer's value; text that did not come with a `google.rpc`
status from a vault is not trusted to be free of such values and is shortened to its first line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class StrongroomError(Exception):
    """Anything that this SDK raises.

    Attributes:
        reason: stable identifier of the kind of fault, such as `ETAG_MISMATCH`.
        message: one line for people.
        hint: what to do next, or "".
        request_id: id of the call or incident in the vault's audit log and server log, or "".
        metadata: small facts that the vault added: field names, limits, resource names.
    """

    default_reason: ClassVar[str] = "UNKNOWN"

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        hint: str = "",
        request_id: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.hint = hint
        self.request_id = request_id
        self.metadata = dict(metadata or {})

    def __str__(self) -> str:
        tail = f" {self.hint}" if self.hint else ""
        incident = f" (id {self.request_id})" if self.request_id else ""
        return f"{self.message}{tail} [{self.reason}]{incident}"


class ConfigurationError(StrongroomError):
    """The profile, a file it names, or the environment is not usable; nothing was sent."""

    default_reason = "CONFIGURATION"


class MissingExtraError(ConfigurationError):
    """An optional package is needed for this and is not installed."""

    default_reason = "MISSING_EXTRA"


class CallerError(StrongroomError):
    """The caller can put it right by sending something else."""


class InvalidArgumentError(CallerError):
    """A request or a field of it is malformed or breaks a declared limit."""

    default_reason = "INVALID_ARGUMENT"


class UnauthenticatedError(CallerError):
    """Nobody valid is calling: no credential, or one that is unknown, expired or revoked."""

    default_reason = "UNAUTHENTICATED"


class PermissionDeniedError(CallerError):
    """The principal may not do this, or may not know whether the thing exists."""

    default_reason = "PERMISSION_DENIED"


class NotFoundError(CallerError):
    """The named thing does not exist."""

    default_reason = "NOT_FOUND"


class AlreadyExistsError(CallerError):
    """The name, id or offset is already taken."""

    default_reason = "ALREADY_EXISTS"


class ConflictError(CallerError):
    """Somebody else was faster: read again and try again (etag, fence, lease)."""

    default_reason = "ABORTED"


class FailedPreconditionError(CallerError):
    """The state of the vault must change first: erased, deleted, expired, not yet ready."""

    default_reason = "FAILED_PRECONDITION"


class OutOfRangeError(CallerError):
    """An offset or position lies outside what exists."""

    default_reason = "OUT_OF_RANGE"


class ResourceExhaustedError(CallerError):
    """A limit on size, count, rate or budget is reached."""

    default_reason = "RESOURCE_EXHAUSTED"


class ServerError(StrongroomError):
    """The vault or the way to it failed; the operator can put it right."""


class UnavailableError(ServerError):
    """Not now: not reachable, draining, busy or full. Safe calls were already tried again."""

    default_reason = "UNAVAILABLE"


class DeadlineExceededError(ServerError):
    """The call's time budget ran out. A mutation may or may not have happened."""

    default_reason = "DEADLINE_EXCEEDED"


class CancelledError(ServerError):
    """The call was cancelled before it ended."""

    default_reason = "CANCELLED"


class UnimplementedError(ServerError):
    """This vault does not know the call: it is older than this SDK."""

    default_reason = "UNIMPLEMENTED"


class IntegrityError(ServerError):
    """Stored bytes are not what was written, or the vault cannot read them. Never retried."""

    default_reason = "INTEGRITY"


class InternalError(ServerError):
    """The vault failed in a way that it does not explain; its log has the incident id."""

    default_reason = "INTERNAL"


class ProtocolError(ServerError):
    """The vault answered something that its API does not allow."""

    default_reason = "PROTOCOL"


class ImportIncompleteError(StrongroomError):
    """Not every row was acknowledged as durable. The same import id resumes it and duplicates nothing.

    Attributes:
        import_name: resource name of the import.
        acknowledged_rows: rows that are durable.
        first_open_line: line of the first row that is not acknowledged, or 0.
    """

    default_reason = "IMPORT_INCOMPLETE"

    def __init__(
        self, message: str, *, import_name: str, acknowledged_rows: int, first_open_line: int, hint: str, reason: str = ""
    ) -> None:
        super().__init__(message, hint=hint, reason=reason)
        self.import_name = import_name
        self.acknowledged_rows = acknowledged_rows
        self.first_open_line = first_open_line


class RunFailedError(StrongroomError):
    """An analysis run ended without results: failed or cancelled."""

    default_reason = "RUN_FAILED"


class BackupFailedError(StrongroomError):
    """A backup could not be made, or was found broken."""

    default_reason = "BACKUP_FAILED"
