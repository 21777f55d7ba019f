"""Every method against every sort of caller: what the protos say is what is served, and nobody else gets in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from helpers.raw_calls import api_methods, bearer, call, call_method
from helpers.running_vault import ROLES, VaultUnderTest
from strongroom.api.v1 import rules_pb2
from strongroom.api.v1.access_service_pb2 import Principal
from strongroom.api.v1.rules_pb2 import Role
from vault_server.usecases.call import Call

METHODS = api_methods()


@pytest.fixture
def channel(sqlite_vault: VaultUnderTest) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(sqlite_vault.target) as made:
        yield made


def allowed(method: MethodDescriptor, role: str) -> bool:
    access = method.GetOptions().Extensions[rules_pb2.access]
    return access.any_principal or Role.Value(f"ROLE_{role.upper()}") in access.roles


@pytest.mark.parametrize("role", ROLES)
def test_role_may_call_what_the_protos_say_and_nothing_else(
    sqlite_vault: VaultUnderTest, channel: grpc.Channel, role: str
) -> None:
    token = sqlite_vault.home.token(role)
    for path, method in METHODS:
        answer = call_method(channel, path, method, token=token)
        denied = answer.code == grpc.StatusCode.PERMISSION_DENIED
        assert denied != allowed(method, role), (path, role, answer)


def test_every_refusal_carries_exactly_one_reason(sqlite_vault: VaultUnderTest, channel: grpc.Channel) -> None:
    token = sqlite_vault.home.token("admin")
    for path, method in METHODS:
        answer = call_method(channel, path, method, b"", token=token)
        assert answer.code == grpc.StatusCode.OK or len(answer.infos) == 1, (path, answer)
        assert answer.code not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL), (path, answer)


def assert_nobody_gets_in(channel: grpc.Channel, token: str | None) -> None:
    seen = set()
    for path, method in METHODS:
        answer = call_method(channel, path, method, token=token)
        assert answer.code == grpc.StatusCode.UNAUTHENTICATED, (path, answer)
        seen.add((answer.details, answer.reason))
    assert len(seen) == 1


def test_caller_without_a_credential_gets_in_nowhere(channel: grpc.Channel) -> None:
    assert_nobody_gets_in(channel, None)


@pytest.mark.parametrize("token", ["srt_x", "nonsense", "srt_0000000000000000_" + "A" * 43, "x" * 4000])
def test_caller_with_a_wrong_token_gets_in_nowhere(channel: grpc.Channel, token: str) -> None:
    assert_nobody_gets_in(channel, token)


def test_changed_token_gets_in_nowhere(sqlite_vault: VaultUnderTest, channel: grpc.Channel) -> None:
    token = sqlite_vault.home.token("admin")
    assert_nobody_gets_in(channel, token[:-1] + ("A" if token[-1] != "A" else "B"))


def test_expired_token_gets_in_nowhere(sqlite_vault: VaultUnderTest, channel: grpc.Channel) -> None:
    _, secret = sqlite_vault.home.admin.access.issue_token("service", lifetime_s=60)
    assert sqlite_vault.connect("main", secret.reveal()).access.who_am_i().credential == "token"
    with sqlite_vault.clock.ahead(61):
        assert_nobody_gets_in(channel, secret.reveal())


def test_revoked_token_gets_in_nowhere_at_once(sqlite_vault: VaultUnderTest, channel: grpc.Channel) -> None:
    token, secret = sqlite_vault.home.admin.access.issue_token("service")
    assert sqlite_vault.connect("main", secret.reveal()).access.who_am_i().credential == "token"
    assert sqlite_vault.home.admin.access.revoke_token(token.name).revoked
    assert_nobody_gets_in(channel, secret.reveal())


def test_disabled_principal_gets_in_nowhere_at_once(sqlite_vault: VaultUnderTest, channel: grpc.Channel) -> None:
    tenant = sqlite_vault.tenant()
    tenant.service.access.who_am_i()
    name = f"{tenant.name}/principals/service"
    tenant.admin.access.put_principal(Principal(name=name, roles=[Role.ROLE_SERVICE], disabled=True))
    assert_nobody_gets_in(channel, tenant.token("service"))


def test_lost_role_holds_at_once(sqlite_vault: VaultUnderTest, channel: grpc.Channel) -> None:
    tenant = sqlite_vault.tenant()
    path = "/strongroom.api.v1.CustomerService/ListCustomers"
    assert call(channel, path, metadata=bearer(tenant.token("service"))).code == grpc.StatusCode.INVALID_ARGUMENT
    tenant.admin.access.put_principal(Principal(name=f"{tenant.name}/principals/service", roles=[Role.ROLE_OPERATOR]))
    assert call(channel, path, metadata=bearer(tenant.token("service"))).code == grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize(
    "metadata",
    [
        [("authorization", "Bearer")],
        [("authorization", "Basic abc")],
        [("authorization", "")],
        [("authorization", "Bearer a b")],
    ],
)
def test_malformed_credential_is_unauthenticated(channel: grpc.Channel, metadata: list[tuple[str, str]]) -> None:
    answer = call(channel, "/strongroom.api.v1.AccessService/WhoAmI", metadata=metadata)
    assert answer.code == grpc.StatusCode.UNAUTHENTICATED


def test_two_credentials_are_nobody(sqlite_vault: VaultUnderTest, channel: grpc.Channel) -> None:
    token = sqlite_vault.home.token("admin")
    answer = call(channel, "/strongroom.api.v1.AccessService/WhoAmI", metadata=[*bearer(token), *bearer(token)])
    assert answer.code == grpc.StatusCode.UNAUTHENTICATED


def test_unauthenticated_and_denied_calls_reach_no_use_case(
    sqlite_vault: VaultUnderTest, channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []
    monkeypatch.setattr(Call, "require_tenant", lambda call, _tenant: reached.append(call.method))
    monkeypatch.setattr(Call, "require_home", lambda call: reached.append(call.method))
    auditor = sqlite_vault.home.token("auditor")
    for path, method in METHODS:
        call_method(channel, path, method)
        if not allowed(method, "auditor"):
            call_method(channel, path, method, token=auditor)
    assert reached == []


@pytest.mark.parametrize(
    "path",
    [
        "/strongroom.api.v1.CustomerService/getcustomer",
        "/strongroom.api.v1.CustomerService/GetCustomer/",
        "//strongroom.api.v1.CustomerService/GetCustomer",
        "/strongroom.api.v1.CustomerService/../AccessService/WhoAmI",
        "/strongroom.api.v1.CustomerService",
        "/CustomerService/GetCustomer",
        "/" + "a" * 3000 + "/b",
        "/x",
        "/",
    ],
)
def test_path_that_is_no_method_is_not_served(sqlite_vault: VaultUnderTest, channel: grpc.Channel, path: str) -> None:
    answer = call(channel, path, metadata=bearer(sqlite_vault.home.token("admin")))
    assert answer.code in (grpc.StatusCode.UNIMPLEMENTED, grpc.StatusCode.INTERNAL), answer
    assert "strongroom" not in answer.details.lower()


@pytest.mark.parametrize("content", [b"\xff" * 50, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x02\xff\xfe"])
def test_bytes_that_are_no_request_are_refused_without_an_echo(
    sqlite_vault: VaultUnderTest, channel: grpc.Channel, content: bytes
) -> None:
    token = sqlite_vault.home.token("admin")
    for path, method in METHODS:
        answer = call_method(channel, path, method, content, token=token)
        assert answer.code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT), (path, answer)
        assert "Traceback" not in answer.details


def test_refusal_by_role_is_in_the_audit_log(sqlite_vault: VaultUnderTest, channel: grpc.Channel) -> None:
    path = "/strongroom.api.v1.PrivacyService/EraseCustomer"
    call(channel, path, metadata=bearer(sqlite_vault.home.token("operator")))
    events = [(event.principal, event.method, event.reason) for event in islice(sqlite_vault.home.auditor.audit.events(), 5)]
    assert ("operator", "PrivacyService/EraseCustomer", "PERMISSION_DENIED") in events
