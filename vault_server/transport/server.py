"""The gRPC server: one port, limits that gRPC does not set by itself, health, a drain that loses nothing.

Sync stack, measured against aio in docs/adr/0001.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
from google.protobuf.internal import api_implementation
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from vault_server.errors import ConfigurationError
from vault_server.transport.admission import Admission
from vault_server.transport.events import emit

MAX_MESSAGE_BYTES = 4 << 20
MAX_METADATA_BYTES = 16 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM contents: the server's key and chain, and the authority of client certificates.

    Attributes:
        require_client: ask clients for a certificate and refuse who has none; gRPC cannot ask without requiring.
    """

    key: bytes
    chain: bytes
    client_authority: bytes
    require_client: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What an operator may set.

    Attributes:
        address: host:port; port 0 lets the system choose.
        threads: calls that run at once, streams included.
        max_connection_age_s: after this time a client must connect, and prove itself, again.
        tls: None only on a loopback development server.
        reflection: whether the API describes itself.
    """

    address: str
    threads: int = 64
    max_concurrent_streams: int = 256
    max_connection_age_s: int = 3600
    multi_process: bool = False
    tls: TlsFiles | None = None
    reflection: bool = False


class VaultServer:
    """Serves until drained."""

    def __init__(
        self, options: ServerOptions, handlers: Sequence[grpc.GenericRpcHandler], admission: Admission, services: Sequence[str]
    ) -> None:
        _require_fast_protobuf()
        self._admission = admission
        self._pool = ThreadPoolExecutor(max_workers=options.threads, thread_name_prefix="call")
        self._server = grpc.server(self._pool, options=_channel_options(options))
        self._server.add_generic_rpc_handlers(handlers)
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if options.reflection:
            reflection.enable_server_reflection([*services, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server)
        self.port = self._bind(options)

    def start(self) -> None:
        self._server.start()
        self._health.set("", health_pb2.HealthCheckResponse.SERVING)
        emit("server_started", port=self.port)

    def drain(self, grace_s: float) -> None:
        """Report unhealthy, refuse new calls, let those in flight end, at most for `grace_s`."""
        emit("server_draining", grace_s=grace_s)
        self._health.enter_graceful_shutdown()
        self._admission.drain()
        self._server.stop(grace_s).wait()
        self._pool.shutdown(wait=True, cancel_futures=True)
        emit("server_stopped")

    def _bind(self, options: ServerOptions) -> int:
        try:
            if options.tls is None:
                port = self._server.add_insecure_port(options.address)
            else:
                port = self._server.add_secure_port(options.address, _credentials(options.tls))
        except RuntimeError:
            port = 0
        if not port:
            raise ConfigurationError(
                f"cannot listen on {options.address}", reason="CANNOT_LISTEN", hint="is another server running on this port?"
            )
        return port


def _credentials(tls: TlsFiles) -> grpc.ServerCredentials:
    configuration = grpc.ssl_server_certificate_configuration([(tls.key, tls.chain)], tls.client_authority)
    return grpc.dynamic_ssl_server_credentials(
        configuration, lambda: configuration, require_client_authentication=tls.require_client
    )


def _channel_options(options: ServerOptions) -> list[tuple[str, int]]:
    age_ms = options.max_connection_age_s * 1000
    return [
        ("grpc.so_reuseport", int(options.multi_process)),
        ("grpc.max_concurrent_streams", options.max_concurrent_streams),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_metadata_size", MAX_METADATA_BYTES),
        ("grpc.max_connection_age_ms", age_ms),
        ("grpc.max_connection_age_grace_ms", 600_000),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
    ]


def _require_fast_protobuf() -> None:
    """The pure-Python parser has no depth limit (CVE-2025-4565)."""
    if api_implementation.Type() != "upb":
        raise ConfigurationError(
            "protobuf does not run on upb", reason="SLOW_PROTOBUF", hint="unset PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
        )
