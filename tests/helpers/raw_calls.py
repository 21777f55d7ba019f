"""Calls that no client would make: any path, any bytes, any metadata; the answer is looked at, never raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from vault_server.access.policy import api_services


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a call ended.

    Attributes:
        details: the message of the status.
        infos: every ErrorInfo of the status.
        raw: the details as they came, to search.
    """

    code: grpc.StatusCode
    details: str
    infos: tuple[ErrorInfo, ...]
    raw: bytes

    @property
    def reason(self) -> str:
        return self.infos[0].reason if self.infos else ""


def api_methods() -> list[tuple[str, MethodDescriptor]]:
    """Full name and descriptor of every method of the API."""
    return [(f"/{service.full_name}/{method.name}", method) for service in api_services() for method in service.methods]


def bearer(token: str | None) -> Sequence[tuple[str, str]]:
    return () if token is None else (("authorization", f"Bearer {token}"),)


def call(
    channel: grpc.Channel,
    path: str,
    request: bytes = b"",
    *,
    metadata: Sequence[tuple[str, str]] = (),
    client_stream: bool = False,
    server_stream: bool = False,
    timeout_s: float = 20.0,
) -> Answer:
    """Send bytes to a path and say how it ended."""
    untyped: Any = channel  # bytes in, bytes out: gRPC's types know messages only
    try:
        if client_stream:
            list(untyped.stream_stream(path)(iter([request]), metadata=metadata, timeout=timeout_s))
        elif server_stream:
            list(untyped.unary_stream(path)(request, metadata=metadata, timeout=timeout_s))
        else:
            untyped.unary_unary(path)(request, metadata=metadata, timeout=timeout_s)
    except grpc.RpcError as error:
        return answer_of(error)
    return Answer(code=grpc.StatusCode.OK, details="", infos=(), raw=b"")


def call_method(
    channel: grpc.Channel, path: str, method: MethodDescriptor, request: bytes = b"", *, token: str | None = None
) -> Answer:
    """`call` for a method of the API."""
    return call(
        channel,
        path,
        request,
        metadata=bearer(token),
        client_stream=method.client_streaming,
        server_stream=method.server_streaming,
    )


def answer_of(error: grpc.RpcError) -> Answer:
    ended: grpc.Call = error  # type: ignore[assignment]  # gRPC raises an object that is both
    trailing = dict(ended.trailing_metadata() or ())
    raw = trailing.get("grpc-status-details-bin", b"")
    raw = raw if isinstance(raw, bytes) else raw.encode()
    infos = []
    for detail in Status.FromString(raw).details:
        info = ErrorInfo()
        if detail.Unpack(info):
            infos.append(info)
    return Answer(code=ended.code(), details=ended.details() or "", infos=tuple(infos), raw=raw)
