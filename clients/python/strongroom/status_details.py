"""From a failed gRPC call to a typed error, by the `google.rpc.Status` in `grpc-status-details-bin`.

Rules: the reason comes from `ErrorInfo`; hint and incident id from `ErrorInfo.metadata` (`hint`, `incident`, `call`,
`request`), `Help` or `RequestInfo`; details that do not parse never hide the error itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import grpc

from strongroom import errors
from strongroom.errors import StrongroomError

if TYPE_CHECKING:
    from google.rpc.status_pb2 import Status

_DETAILS_KEY = "grpc-status-details-bin"
_INCIDENT_KEYS = ("incident", "call", "request")
_LONGEST_DETAIL = 500

_ERROR_OF_CODE: dict[grpc.StatusCode, type[StrongroomError]] = {
    grpc.StatusCode.CANCELLED: errors.CancelledError,
    grpc.StatusCode.INVALID_ARGUMENT: errors.InvalidArgumentError,
    grpc.StatusCode.DEADLINE_EXCEEDED: errors.DeadlineExceededError,
    grpc.StatusCode.NOT_FOUND: errors.NotFoundError,
    grpc.StatusCode.ALREADY_EXISTS: errors.AlreadyExistsError,
    grpc.StatusCode.PERMISSION_DENIED: errors.PermissionDeniedError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: errors.ResourceExhaustedError,
    grpc.StatusCode.FAILED_PRECONDITION: errors.FailedPreconditionError,
    grpc.StatusCode.ABORTED: errors.ConflictError,
    grpc.StatusCode.OUT_OF_RANGE: errors.OutOfRangeError,
    grpc.StatusCode.UNIMPLEMENTED: errors.UnimplementedError,
    grpc.StatusCode.INTERNAL: errors.InternalError,
    grpc.StatusCode.UNKNOWN: errors.InternalError,
    grpc.StatusCode.UNAVAILABLE: errors.UnavailableError,
    grpc.StatusCode.DATA_LOSS: errors.IntegrityError,
    grpc.StatusCode.UNAUTHENTICATED: errors.UnauthenticatedError,
}

_OWN_HINT: dict[grpc.StatusCode, str] = {
    grpc.StatusCode.UNAVAILABLE: "Check that the vault runs and that the profile's target and certificates are right.",
    grpc.StatusCode.DEADLINE_EXCEEDED: "Try again with a larger timeout.",
    grpc.StatusCode.UNAUTHENTICATED: "Check the profile's token file or client certificate; tokens expire.",
    grpc.StatusCode.PERMISSION_DENIED: "Ask an administrator for the role or grant that this needs.",
    grpc.StatusCode.ABORTED: "Read the record again and repeat the change on what is there now.",
    grpc.StatusCode.UNIMPLEMENTED: "Update the vault, or use the SDK that belongs to it.",
}

# What gRPC says where this side ended the call. Else nobody asked for it: a server that shuts down cuts off so what comes last.
_CUT_OFF = "The vault cannot be reached: it cut off the call, as one does that is shutting down."
_ENDED_HERE = frozenset({"Locally cancelled by application!", "Channel closed!"})

# A word in gRPC's own text, what it means to a person, what to do.
_UNREACHED = (
    (
        "CERTIFICATE_VERIFY_FAILED",
        "its certificate was not made by the authority in the profile's `ca_file`, or is for another name",
        "Name the vault's own `ca_file` (DIR/tls/ca.crt.pem beside its keys), or check the profile's target.",
    ),
    ("security handshaker", "the profile's `ca_file` holds no certificate", "Name the vault's own: DIR/tls/ca.crt.pem."),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS there", "Check the port of the profile's target."),
    ("Connection refused", "nothing listens at the profile's target", "Start the vault, or check host and port of the target."),
    ("errors resolving", "the host of the profile's target is not known", "Check the target: HOST:PORT."),
)


class FailedCall(Protocol):
    """What sync and asyncio RPC errors have in common; the trailers are a tuple of pairs or a mapping that iterates pairs."""

    def code(self) -> grpc.StatusCode: ...

    def details(self) -> str | None: ...

    def trailing_metadata(self) -> Iterable[tuple[str, str | bytes]] | None: ...


@dataclass(slots=True)
class _Explained:
    reason: str = ""
    hint: str = ""
    request_id: str = ""
    message: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


def error_of(call: FailedCall) -> StrongroomError:
    """Return the typed error of a failed call; never raises."""
    code = call.code()
    explained = _explain(_trailer(call))
    if code is grpc.StatusCode.CANCELLED and not explained.reason and call.details() not in _ENDED_HERE:
        return errors.UnavailableError(_CUT_OFF, hint="Try again in a moment.")
    kind = _ERROR_OF_CODE.get(code, errors.InternalError)
    message = explained.message or _first_line(call.details()) or f"The call ended with {code.name}."
    if code is grpc.StatusCode.UNAVAILABLE and not explained.reason:  # gRPC's own words: no vault answered
        message, explained.hint = _unreached(message.rpartition("last error: ")[2])
    if code is grpc.StatusCode.DEADLINE_EXCEEDED and not explained.reason:
        message = "The vault did not answer in time."
    return kind(
        message,
        reason=explained.reason,
        hint=explained.hint or _OWN_HINT.get(code, ""),
        request_id=explained.request_id,
        metadata=explained.metadata,
    )


def _unreached(why: str) -> tuple[str, str]:
    """Return what happened, and what to do where that is known."""
    for word, what, hint in _UNREACHED:
        if word in why:
            return f"The vault cannot be reached: {what}.", hint
    return f"The vault cannot be reached: {why.rstrip('.')}.", ""


def _trailer(call: FailedCall) -> bytes:
    for key, value in call.trailing_metadata() or ():
        if key == _DETAILS_KEY and isinstance(value, bytes):
            return value
    return b""


def _explain(details: bytes) -> _Explained:
    explained = _Explained()
    if not details:
        return explained
    from google.protobuf.message import DecodeError
    from google.rpc.status_pb2 import Status

    try:
        _read_details(Status.FromString(details), explained)
    except DecodeError:  # a proxy mangled the details: the code and the message are still true
        return explained
    return explained


def _read_details(status: Status, explained: _Explained) -> None:
    from google.rpc.error_details_pb2 import ErrorInfo, Help, RequestInfo

    explained.message = status.message
    info, help_, request = ErrorInfo(), Help(), RequestInfo()
    for detail in status.details:
        if detail.Unpack(info):
            explained.reason = info.reason
            explained.metadata = dict(info.metadata)
        elif detail.Unpack(help_) and help_.links:
            explained.hint = help_.links[0].description
        elif detail.Unpack(request):
            explained.request_id = request.request_id
    explained.hint = explained.metadata.pop("hint", "") or explained.hint
    for key in _INCIDENT_KEYS:
        explained.request_id = explained.request_id or explained.metadata.pop(key, "")


def _first_line(details: str | None) -> str:
    return (details or "").partition("\n")[0][:_LONGEST_DETAIL]
