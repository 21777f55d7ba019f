"""Registers servicers from the API's own descriptors, so that a method without code or without a rule cannot be served."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from vault_server.errors import ConfigurationError
from vault_server.ports.access import Policy
from vault_server.transport.pipeline import Pipeline

# They read a few rows and change nothing; CRM pages call them for every click.
POINT_READS = frozenset(
    f"strongroom.api.v1.{name}"
    for name in (
        "CustomerService.GetCustomer",
        "CustomerService.SearchCustomers",
        "TransactionService.GetTransaction",
        "NeedService.GetNeed",
    )
)


def handlers(
    services: Iterable[tuple[ServiceDescriptor, object]], pipeline: Pipeline, policy: Policy
) -> Sequence[grpc.GenericRpcHandler]:
    """Handlers of every method of every service.

    Raises:
        ConfigurationError: a method has no code in its servicer, or no access rule.
    """
    return [_service_handler(descriptor, servicer, pipeline, policy) for descriptor, servicer in services]


def _service_handler(
    descriptor: ServiceDescriptor, servicer: object, pipeline: Pipeline, policy: Policy
) -> grpc.GenericRpcHandler:
    methods = {}
    for method in descriptor.methods:
        code = getattr(servicer, method.name, None)
        full_name = f"/{descriptor.full_name}/{method.name}"
        if code is None or policy.rule(full_name) is None:
            raise ConfigurationError(f"the method {method.full_name} has no code or no access rule", reason="INCOMPLETE_API")
        methods[method.name] = _method_handler(method, full_name, code, pipeline)
    return grpc.method_handlers_generic_handler(descriptor.full_name, methods)


def _method_handler(
    method: MethodDescriptor, full_name: str, code: Any, pipeline: Pipeline
) -> grpc.RpcMethodHandler[Message, Message]:
    decode = GetMessageClass(method.input_type).FromString
    if method.full_name in POINT_READS:
        return grpc.unary_unary_rpc_method_handler(pipeline.point_read(full_name, code), request_deserializer=decode)
    wrap, make = {
        (False, False): (pipeline.unary, grpc.unary_unary_rpc_method_handler),
        (False, True): (pipeline.streaming, grpc.unary_stream_rpc_method_handler),
        (True, True): (pipeline.streaming, grpc.stream_stream_rpc_method_handler),
    }[method.client_streaming, method.server_streaming]
    # the descriptor decides which of the wrappers fits the servicer's method; mypy cannot follow that
    return make(wrap(full_name, code), request_deserializer=decode)  # type: ignore[operator]
