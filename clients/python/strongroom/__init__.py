"""The Strongroom SDK: typed, blocking or asyncio access to a customer-data vault.

Rules: what is in `__all__` is the public surface; records are the protobuf messages of `strongroom.api.v1`. Importing this
package loads neither gRPC nor pyarrow: names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom._aio.client import AsyncClient
    from strongroom._sync.client import Client
    from strongroom.api.v1.analysis_service_pb2 import Pipeline, PipelineSchedule, Run
    from strongroom.api.v1.customer_pb2 import Customer, DerivedData, ExternalId, PostalAddress
    from strongroom.api.v1.import_service_pb2 import ImportRow
    from strongroom.api.v1.need_pb2 import Need
    from strongroom.api.v1.transaction_pb2 import Transaction, TransactionLine
    from strongroom.connecting import connect, connect_async
    from strongroom.errors import (
        AlreadyExistsError,
        BackupFailedError,
        CallerError,
        CancelledError,
        ConfigurationError,
        ConflictError,
        DeadlineExceededError,
        FailedPreconditionError,
        ImportIncompleteError,
        IntegrityError,
        InternalError,
        InvalidArgumentError,
        MissingExtraError,
        NotFoundError,
        OutOfRangeError,
        PermissionDeniedError,
        ProtocolError,
        ResourceExhaustedError,
        RunFailedError,
        ServerError,
        StrongroomError,
        UnauthenticatedError,
        UnavailableError,
        UnimplementedError,
    )
    from strongroom.masking import masked
    from strongroom.outcomes import ImportResult, RowResult
    from strongroom.profile_writing import write_profile
    from strongroom.profiles import Profile, load_profile
    from strongroom.retrying import RetryPolicy
    from strongroom.secret import Secret

__version__ = "0.1.0"

_HOME: dict[str, str] = {
    "AsyncClient": "strongroom._aio.client",
    "Client": "strongroom._sync.client",
    "Customer": "strongroom.api.v1.customer_pb2",
    "DerivedData": "strongroom.api.v1.customer_pb2",
    "ExternalId": "strongroom.api.v1.customer_pb2",
    "ImportResult": "strongroom.outcomes",
    "ImportRow": "strongroom.api.v1.import_service_pb2",
    "Need": "strongroom.api.v1.need_pb2",
    "Pipeline": "strongroom.api.v1.analysis_service_pb2",
    "PipelineSchedule": "strongroom.api.v1.analysis_service_pb2",
    "PostalAddress": "strongroom.api.v1.customer_pb2",
    "Profile": "strongroom.profiles",
    "RetryPolicy": "strongroom.retrying",
    "RowResult": "strongroom.outcomes",
    "Run": "strongroom.api.v1.analysis_service_pb2",
    "Secret": "strongroom.secret",
    "Transaction": "strongroom.api.v1.transaction_pb2",
    "TransactionLine": "strongroom.api.v1.transaction_pb2",
    "connect": "strongroom.connecting",
    "connect_async": "strongroom.connecting",
    "load_profile": "strongroom.profiles",
    "masked": "strongroom.masking",
    "write_profile": "strongroom.profile_writing",
}

__all__ = [
    "AlreadyExistsError",
    "AsyncClient",
    "BackupFailedError",
    "CallerError",
    "CancelledError",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "Customer",
    "DeadlineExceededError",
    "DerivedData",
    "ExternalId",
    "FailedPreconditionError",
    "ImportIncompleteError",
    "ImportResult",
    "ImportRow",
    "IntegrityError",
    "InternalError",
    "InvalidArgumentError",
    "MissingExtraError",
    "Need",
    "NotFoundError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "Pipeline",
    "PipelineSchedule",
    "PostalAddress",
    "Profile",
    "ProtocolError",
    "ResourceExhaustedError",
    "RetryPolicy",
    "RowResult",
    "Run",
    "RunFailedError",
    "Secret",
    "ServerError",
    "StrongroomError",
    "Transaction",
    "TransactionLine",
    "UnauthenticatedError",
    "UnavailableError",
    "UnimplementedError",
    "__version__",
    "connect",
    "connect_async",
    "load_profile",
    "masked",
    "write_profile",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in _HOME:
        found: object = getattr(import_module(_HOME[name]), name)
    elif name in __all__ and name.endswith("Error"):
        found = getattr(import_module("strongroom.errors"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
