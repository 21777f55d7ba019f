"""The vault's one error tree, sorted by who can put the fault right.

Every error carries a stable `reason` (UPPER_SNAKE, part of the API), a message that is safe to show, and a `hint` that says
what to do next. No message, field or metadata value ever holds a customer's value, a secret or a statement with bound
values: errors travel to callers, logs and audit. Code raises these; only the transport turns them into a status.
"""

from __future__ import annotations

from collections.abc import Mapping


class VaultError(Exception):
    """Something that the vault refuses or cannot do.

    Attributes:
        reason: stable identifier of the kind of fault, such as `ETAG_MISMATCH`.
        message: one line for people, free of customer values.
        hint: what to do next, or "".
        metadata: small typed facts (field names, limits, resource names), free of customer values.
    """

    reason = "INTERNAL"

    def __init__(
        self, message: str, *, hint: str = "", reason: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.metadata = dict(metadata or {})
        if reason is not None:
            self.reason = reason


class CallerError(VaultError):
    """The caller can put it right by sending something else."""


class InvalidArgumentError(CallerError):
    """A request or a field of it is malformed or breaks a declared limit."""

    reason = "INVALID_ARGUMENT"


class UnauthenticatedError(CallerError):
    """Nobody valid is calling: no credential, or one that is unknown, expired or revoked."""

    reason = "UNAUTHENTICATED"


class PermissionDeniedError(CallerError):
    """The principal may not do this, or may not know whether the thing exists."""

    reason = "PERMISSION_DENIED"


class NotFoundError(CallerError):
    """The named thing does not exist for a caller who is allowed to know."""

    reason = "NOT_FOUND"


class AlreadyExistsError(CallerError):
    """The name, id or offset is already taken."""

    reason = "ALREADY_EXISTS"


class ConflictError(CallerError):
    """Somebody else was faster: re-read and try again (etag, fence, lease)."""

    reason = "ABORTED"


class FailedPreconditionError(CallerError):
    """The state of the vault must change first: erased, deleted, expired, not yet ready."""

    reason = "FAILED_PRECONDITION"


class OutOfRangeError(CallerError):
    """An offset or position lies outside what exists."""

    reason = "OUT_OF_RANGE"


class ResourceExhaustedError(CallerError):
    """A limit on size, count, rate or budget is reached."""

    reason = "RESOURCE_EXHAUSTED"


class OperatorError(VaultError):
    """The operator can put it right: configuration, disk, keys, versions."""


class ConfigurationError(OperatorError):
    """The vault refuses to start as configured."""

    reason = "CONFIGURATION"


class UnavailableError(OperatorError):
    """Not now: draining, starting, storage busy or full. Safe to try again later."""

    reason = "UNAVAILABLE"


class StorageFullError(UnavailableError):
    """The disk or database is full; nothing of the call was kept."""

    reason = "STORAGE_FULL"


class IntegrityError(VaultError):
    """Stored bytes are not what was written: tampering, a broken disk, or the wrong key. Never retried, never ignored."""

    reason = "INTEGRITY"


class KeyUnavailableError(OperatorError):
    """A key cannot be unwrapped or is not there. Uniform for every cause, so that it tells an attacker nothing."""

    reason = "KEY_UNAVAILABLE"


class ErasedError(FailedPreconditionError):
    """The customer was erased: the key is gone for ever."""

    reason = "ERASED"
