"""The table of methods and roles."""

from __future__ import annotations

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

from strongroom.api.v1 import rules_pb2
from vault_server.access.policy import MethodPolicy, api_policy, api_services
from vault_server.errors import ConfigurationError, PermissionDeniedError
from vault_server.ports.access import Identity

GET = "/strongroom.api.v1.CustomerService/GetCustomer"


def identity(*roles: int) -> Identity:
    return Identity(tenant="acme", principal="p", roles=frozenset(roles), credential="token")


def service(access: rules_pb2.AccessRules | None) -> ServiceDescriptor:
    """A service of one method with this rule, in a pool of its own."""
    pool = descriptor_pool.DescriptorPool()
    for known in (descriptor_pb2.DESCRIPTOR, rules_pb2.DESCRIPTOR):
        pool.AddSerializedFile(known.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(
        name="t.proto", package="t", dependency=["strongroom/api/v1/rules.proto"], syntax="proto3"
    )
    file.message_type.add(name="Empty")
    method = file.service.add(name="S").method.add(name="M", input_type=".t.Empty", output_type=".t.Empty")
    if access is not None:
        method.options.Extensions[rules_pb2.access].CopyFrom(access)
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName("t.S")


def test_role_of_the_rule_may_call() -> None:
    rule = api_policy().require(identity(rules_pb2.ROLE_ANALYST), GET)
    assert (rule.method, rule.mutation) == ("CustomerService/GetCustomer", False)


@pytest.mark.parametrize("roles", [(), (rules_pb2.ROLE_OPERATOR,), (rules_pb2.ROLE_WORKER, rules_pb2.ROLE_AUDITOR)])
def test_other_roles_may_not_call(roles: tuple[int, ...]) -> None:
    with pytest.raises(PermissionDeniedError):
        api_policy().require(identity(*roles), GET)


@pytest.mark.parametrize("method", ["", "/", GET.lower(), GET[1:], GET + "/", "/grpc.health.v1.Health/Check", "\0"])
def test_method_without_a_rule_is_denied_to_everybody(method: str) -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        api_policy().require(identity(*range(20)), method)
    assert not method or method not in str(caught.value) or method == "/"


def test_every_principal_may_call_an_open_method() -> None:
    assert api_policy().require(identity(), "/strongroom.api.v1.AccessService/WhoAmI").any_principal


def test_no_data_of_customers_for_operators_and_auditors() -> None:
    policy = api_policy()
    records = ("CustomerService", "TransactionService", "NeedService", "ReadSessionService", "ImportService/ImportRows")
    for method in policy.methods:
        rule = policy.rule(method)
        if rule is not None and rule.method.startswith(records):
            assert not rule.any_principal
            allowed = rule.roles & {rules_pb2.ROLE_OPERATOR, rules_pb2.ROLE_AUDITOR}
            assert not allowed, method


def test_every_service_of_the_api_is_in_the_table() -> None:
    pool = descriptor_pool.Default()
    files = {service.file.name for service in api_services()}
    assert len(api_policy().methods) == sum(len(one.methods) for one in api_services())
    assert all(pool.FindFileByName(name).package == "strongroom.api.v1" for name in files)


@pytest.mark.parametrize(
    "access",
    [
        None,
        rules_pb2.AccessRules(),
        rules_pb2.AccessRules(mutation=True),
        rules_pb2.AccessRules(roles=[rules_pb2.ROLE_UNSPECIFIED]),
    ],
)
def test_method_that_lets_nobody_in_stops_the_start(access: rules_pb2.AccessRules | None) -> None:
    with pytest.raises(ConfigurationError):
        MethodPolicy([service(access)])


def test_method_with_a_rule_starts() -> None:
    policy = MethodPolicy([service(rules_pb2.AccessRules(roles=[rules_pb2.ROLE_ADMIN]))])
    assert policy.methods == ("/t.S/M",)
