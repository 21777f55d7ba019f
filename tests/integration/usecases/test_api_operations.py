"""Backups, schedules, keys, audit, tokens over real gRPC on both engines."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from helpers.running_vault import Tenant, VaultUnderTest, running_vault
from strongroom import (
    Customer,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from strongroom.api.v1.access_service_pb2 import Principal
from strongroom.api.v1.backup_service_pb2 import BACKUP_STATE_CREATING, BACKUP_STATE_VERIFIED, Backup
from strongroom.api.v1.key_service_pb2 import KEY_USE_DATA, KEY_USE_INDEX
from strongroom.api.v1.rules_pb2 import ROLE_SERVICE
from strongroom.api.v1.system_service_pb2 import PutScheduleRequest, PutScheduleResponse, Schedule


def finished(tenant: Tenant, name: str) -> Backup:
    while (backup := tenant.operator.backups.get(name)).state == BACKUP_STATE_CREATING:
        pass
    return backup


def test_backup_is_made_listed_and_verified(vault: VaultUnderTest) -> None:
    home = vault.home
    made = home.operator.backups.create(request_id="b-1")
    assert home.operator.backups.create(request_id="b-1").name == made.name
    assert finished(home, made.name).rows > 0
    assert home.operator.backups.verify(made.name).state == BACKUP_STATE_VERIFIED
    assert made.name in [one.name for one in home.auditor.backups.list()]
    with pytest.raises(NotFoundError):
        home.operator.backups.get("backups/00000000-0000-7000-8000-000000000000")


def test_what_concerns_the_whole_vault_is_for_its_home_tenant(acme: Tenant) -> None:
    for refusal in (
        acme.operator.backups.create,
        lambda: list(acme.operator.backups.list()),
        acme.operator.system.schedules,
        acme.operator.system.content_digest,
    ):
        with pytest.raises(PermissionDeniedError):
            refusal()


def put(tenant: Tenant, **fields: object) -> Schedule:
    request = PutScheduleRequest(schedule=Schedule(**fields))  # type: ignore[arg-type]  # fields by name
    return tenant.operator.calls.unary(request, PutScheduleResponse).schedule


def test_schedule_is_put_and_replaced(vault: VaultUnderTest) -> None:
    made = put(vault.home, name="schedules/nightly", job="backup", interval_s=86_400, disabled=True)
    assert not made.HasField("next_slot")
    put(vault.home, name="schedules/nightly", job="backup", interval_s=3600, disabled=True)
    assert [one.interval_s for one in vault.home.operator.system.schedules() if one.name == made.name] == [3600]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "schedules/x", "job": "rm", "interval_s": 3600},
        {"name": "schedules/x", "job": "backup", "interval_s": 0},
        {"name": "schedules/x", "job": "backup", "interval_s": -5},
        {"name": "schedules/X y", "job": "backup", "interval_s": 3600},
        {"name": "", "job": "backup", "interval_s": 3600},
    ],
)
def test_schedule_that_cannot_be_is_refused(vault: VaultUnderTest, fields: dict[str, object]) -> None:
    with pytest.raises(InvalidArgumentError):
        put(vault.home, **fields)


def test_digest_changes_with_records_only(vault: VaultUnderTest) -> None:
    before = vault.home.operator.system.content_digest()
    assert vault.home.operator.system.content_digest().digest == before.digest
    vault.home.admin.customers.create(Customer(given_name="Ada"))
    after = vault.home.operator.system.content_digest()
    assert after.digest != before.digest
    assert after.customers == before.customers + 1


def test_keys_are_listed_without_their_bytes(acme: Tenant) -> None:
    acme.admin.customers.create(Customer(given_name="Ada", emails=["ada@example.com"]))
    keys = acme.auditor.keys.list()
    assert {KEY_USE_DATA, KEY_USE_INDEX} <= {key.use for key in keys}
    assert all(key.epoch >= 1 and key.root_key_id for key in keys)
    with pytest.raises(PermissionDeniedError):
        acme.service.keys.list()


def test_audit_names_who_touched_what_and_only_of_the_own_tenant(acme: Tenant, other: Tenant) -> None:
    made = acme.service.customers.create(Customer(given_name="Ada"))
    acme.analyst.customers.get(made.name)
    other.service.customers.create(Customer(given_name="Eve"))
    seen = [(one.principal, one.method) for one in acme.auditor.audit.events(resource=made.name)]
    assert seen[-2:] == [("analyst", "CustomerService/GetCustomer"), ("service", "CustomerService/CreateCustomer")]
    assert {one.tenant for one in acme.auditor.audit.events()} == {acme.id}
    with pytest.raises(InvalidArgumentError):
        list(acme.auditor.audit.events(resource="ada@example.com"))
    with pytest.raises(PermissionDeniedError):
        list(acme.service.audit.events())


def test_audit_pages_hold_every_event_once(acme: Tenant) -> None:
    for _ in range(5):
        acme.service.access.who_am_i()
    events = [(one.writer, one.sequence) for one in islice(acme.auditor.audit.events(page_size=2), 5)]
    assert len(set(events)) == 5


def test_audit_log_verifies(vault: VaultUnderTest) -> None:
    found = vault.home.auditor.audit.verify()
    assert found.valid, found.findings
    assert found.events > 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET payload = x'00' WHERE sequence = 3",
        "DELETE FROM audit_events WHERE sequence = 3",
        "UPDATE audit_events SET sequence = -sequence WHERE sequence = 3",
    ],
)
def test_audit_log_that_was_tampered_with_does_not_verify(vault_template: Path, tmp_path: Path, statement: str) -> None:
    with running_vault(vault_template, tmp_path / "vault") as vault:
        for _ in range(5):
            vault.home.auditor.access.who_am_i()
        assert vault.home.auditor.audit.verify().valid
        vault.store.write_session(lambda session: session.connection.execute(statement))
        found = vault.home.auditor.audit.verify()
    assert not found.valid
    assert found.findings


def test_token_is_issued_once_per_request_and_shows_its_secret_once(acme: Tenant) -> None:
    token, secret = acme.admin.access.issue_token("service", lifetime_s=3600, request_id="t-1")
    assert token.expire_time.seconds - token.create_time.seconds == 3600
    with pytest.raises(FailedPreconditionError) as refused:
        acme.admin.access.issue_token("service", request_id="t-1")
    assert refused.value.reason == "TOKEN_ISSUED"
    assert secret.reveal() not in str(acme.auditor.access.tokens())
    assert acme.vault.connect(acme.id, secret.reveal()).access.who_am_i().principal.name == f"{acme.name}/principals/service"
    assert acme.admin.access.revoke_token(token.name).revoked
    assert acme.admin.access.revoke_token(token.name).revoked
    with pytest.raises(UnauthenticatedError):
        acme.vault.connect(acme.id, secret.reveal()).access.who_am_i()


@pytest.mark.parametrize("lifetime_s", [-1, 401 * 86_400])
def test_token_lives_within_bounds(acme: Tenant, lifetime_s: int) -> None:
    with pytest.raises(InvalidArgumentError):
        acme.admin.access.issue_token("service", lifetime_s=lifetime_s)


def test_token_of_nobody_or_of_another_tenant_is_not_issued(acme: Tenant, other: Tenant) -> None:
    with pytest.raises(NotFoundError):
        acme.admin.access.issue_token("nobody")
    with pytest.raises(PermissionDeniedError):
        acme.admin.access.issue_token(f"{other.name}/principals/service")
    with pytest.raises(PermissionDeniedError):
        acme.admin.access.put_principal(Principal(name=f"{other.name}/principals/eve", roles=[ROLE_SERVICE]))


def test_principal_has_known_roles(acme: Tenant) -> None:
    with pytest.raises(InvalidArgumentError):
        acme.admin.access.put_principal(Principal(name=f"{acme.name}/principals/eve", roles=[99]))  # type: ignore[list-item]  # no such role
