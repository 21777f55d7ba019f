"""Turns errors into google.rpc.Status: exactly one ErrorInfo, nothing that was not written for callers.

Unknown exceptions become INTERNAL with the call's id and no text of their own: their text may hold a customer's values.
"""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from vault_server import errors

DOMAIN = "strongroom"
DETAILS_KEY = "grpc-status-details-bin"
MAX_DETAIL_CHARS = 1000

_CODES: tuple[tuple[type[errors.VaultError], grpc.StatusCode], ...] = (
    (errors.InvalidArgumentError, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.UnauthenticatedError, grpc.StatusCode.UNAUTHENTICATED),
    (errors.PermissionDeniedError, grpc.StatusCode.PERMISSION_DENIED),
    (errors.NotFoundError, grpc.StatusCode.NOT_FOUND),
    (errors.AlreadyExistsError, grpc.StatusCode.ALREADY_EXISTS),
    (errors.ConflictError, grpc.StatusCode.ABORTED),
    (errors.FailedPreconditionError, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.OutOfRangeError, grpc.StatusCode.OUT_OF_RANGE),
    (errors.ResourceExhaustedError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.StorageFullError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.UnavailableError, grpc.StatusCode.UNAVAILABLE),
    (errors.KeyUnavailableError, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.IntegrityError, grpc.StatusCode.DATA_LOSS),
    (errors.VaultError, grpc.StatusCode.INTERNAL),
)


def status_of(error: BaseException, call_id: str) -> tuple[grpc.StatusCode, Status]:
    """The gRPC code and the full status of an error."""
    if not isinstance(error, errors.VaultError):
        error = errors.VaultError(
            "something went wrong inside the vault",
            hint="give the incident id to your operator",
            metadata={"incident": call_id},
        )
    code = next(code for kind, code in _CODES if isinstance(error, kind))
    metadata = {**error.metadata, "call": call_id}
    if error.hint:
        metadata["hint"] = error.hint
    info = ErrorInfo(reason=error.reason, domain=DOMAIN, metadata={k: v[:MAX_DETAIL_CHARS] for k, v in metadata.items()})
    detail = Any()
    detail.Pack(info)
    return code, Status(code=code.value[0], message=error.message[:MAX_DETAIL_CHARS], details=[detail])


def abort(context: grpc.ServicerContext, error: BaseException, call_id: str) -> grpc.StatusCode:
    """Ends the call with the error's status. Only the outermost wrapper calls this; raises gRPC's own end-of-call exception."""
    code, status = status_of(error, call_id)
    context.set_trailing_metadata(((DETAILS_KEY, status.SerializeToString()),))
    context.abort(code, status.message)
    return code
