"""How a channel is opened: TLS from files, plain text to loopback only, limits on messages.

Rules: credentials are read once, when the client is made; a rotated client certificate needs a new client.
"""

from __future__ import annotations

from pathlib import Path

import grpc

from strongroom.errors import ConfigurationError
from strongroom.profiles import Profile, read_token, require_private
from strongroom.secret import Secret

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
Metadata = tuple[tuple[str, str], ...]


def channel_options(profile: Profile) -> list[tuple[str, int | str]]:
    options: list[tuple[str, int | str]] = [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 2_000),
        ("grpc.enable_retries", 0),  # the SDK retries; twice the retries would break the budget
    ]
    if profile.server_name:
        options.append(("grpc.ssl_target_name_override", profile.server_name))
    return options


def channel_credentials(profile: Profile) -> grpc.ChannelCredentials | None:
    """Return TLS credentials, None for plain text to loopback."""
    if profile.insecure:
        return None
    key = None
    if profile.client_key_file:
        require_private(Path(profile.client_key_file), what="client key file")
        key = _bytes(profile.client_key_file, "client key file")
    return grpc.ssl_channel_credentials(
        root_certificates=_bytes(profile.ca_file, "CA file") if profile.ca_file else None,
        private_key=key,
        certificate_chain=_bytes(profile.client_cert_file, "client certificate file") if key is not None else None,
    )


def call_metadata(profile: Profile, token: Secret | None) -> Metadata:
    """Return what every call carries: the bearer token, from the argument or the profile's file."""
    chosen = token or (read_token(Path(profile.token_file)) if profile.token_file else None)
    return (("authorization", f"Bearer {chosen.reveal()}"),) if chosen else ()


def _bytes(path: str, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The {what} {path} cannot be read: {error.strerror}.") from None
