"""Who may call which method, read from the API's own options.

Rules. Deny by exact name: a method that is not in the table is refused, whatever it is called. A method without a rule, or
with a rule that lets nobody in, stops the vault from starting, so it cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from strongroom.api.v1 import (
    access_service_pb2,
    analysis_service_pb2,
    analysis_worker_service_pb2,
    attribute_service_pb2,
    audit_service_pb2,
    backup_service_pb2,
    cell_service_pb2,
    customer_service_pb2,
    import_service_pb2,
    key_service_pb2,
    need_service_pb2,
    privacy_service_pb2,
    read_session_service_pb2,
    review_service_pb2,
    rules_pb2,
    system_service_pb2,
    transaction_service_pb2,
)
from vault_server.errors import ConfigurationError, PermissionDeniedError
from vault_server.ports.access import Identity, MethodRule

_API_FILES = (
    access_service_pb2,
    analysis_service_pb2,
    analysis_worker_service_pb2,
    attribute_service_pb2,
    audit_service_pb2,
    backup_service_pb2,
    cell_service_pb2,
    customer_service_pb2,
    import_service_pb2,
    key_service_pb2,
    need_service_pb2,
    privacy_service_pb2,
    read_session_service_pb2,
    review_service_pb2,
    system_service_pb2,
    transaction_service_pb2,
)


def api_services() -> tuple[ServiceDescriptor, ...]:
    """Every service of the API."""
    return tuple(service for file in _API_FILES for service in file.DESCRIPTOR.services_by_name.values())


class MethodPolicy:
    """The table of methods and roles.

    Raises:
        ConfigurationError: a method without a usable rule.
    """

    def __init__(self, services: Iterable[ServiceDescriptor]) -> None:
        self._rules = {
            f"/{service.full_name}/{method.name}": _rule(service, method) for service in services for method in service.methods
        }

    @property
    def methods(self) -> tuple[str, ...]:
        """Full names of every method that has a rule."""
        return tuple(self._rules)

    def rule(self, method: str) -> MethodRule | None:
        return self._rules.get(method)

    def require(self, identity: Identity, method: str) -> MethodRule:
        rule = self._rules.get(method)
        if rule is None:
            _deny("the method is not open to anybody")
        if not rule.any_principal and rule.roles.isdisjoint(identity.roles):
            _deny(f"the principal's roles do not allow {rule.method}")
        return rule


def api_policy() -> MethodPolicy:
    """The policy of the whole API."""
    return MethodPolicy(api_services())


def _deny(message: str) -> NoReturn:
    raise PermissionDeniedError(message, hint="ask an administrator of the tenant for a role that allows it")


def _rule(service: ServiceDescriptor, method: MethodDescriptor) -> MethodRule:
    access = method.GetOptions().Extensions[rules_pb2.access]
    roles = frozenset(access.roles)
    if rules_pb2.ROLE_UNSPECIFIED in roles or not (roles or access.any_principal):
        raise ConfigurationError(f"{method.full_name} has no access rule that lets anybody call it")
    return MethodRule(
        method=f"{service.name}/{method.name}", roles=roles, any_principal=access.any_principal, mutation=access.mutation
    )
