"""Refusals of the fake vault, told the way the real one tells them: google.rpc.Status with one ErrorInfo."""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status


class Refusal(Exception):  # noqa: N818 - it is what the vault says, not what went wrong in it
    """What a handler raises to end a call with a typed error."""

    def __init__(self, code: grpc.StatusCode, reason: str, message: str, **metadata: str) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.metadata = code, reason, message, metadata


def abort(context: grpc.ServicerContext, refusal: Refusal) -> Exception:
    detail = AnyMessage()
    detail.Pack(ErrorInfo(reason=refusal.reason, domain="strongroom", metadata=refusal.metadata))
    status = Status(code=refusal.code.value[0], message=refusal.message, details=[detail])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    try:
        context.abort(refusal.code, refusal.message)
    except Exception as error:  # the sync stack aborts by a bare exception
        return error
    return refusal
