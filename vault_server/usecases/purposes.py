"""Purposes and consent: why data is used, and what customers say to it."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.access_service_pb2 import Grant
from strongroom.api.v1.attribute_service_pb2 import RecordKind as ApiKind
from strongroom.api.v1.privacy_service_pb2 import Consent, CreatePurposeRequest, LegalBasis, Purpose, SetConsentRequest
from strongroom.api.v1.rules_pb2 import Category
from vault_server.access.read_decision import ReadDecision, decide_read, matching_grant, require_grant
from vault_server.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from vault_server.ports.records import ConsentRow, RecordKind
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Purposes:
    """Defines purposes, records consent."""

    vault: Vault

    def create(self, call: Call, request: CreatePurposeRequest) -> Purpose:
        """Define a purpose. Defining the same again gives the same.

        Raises:
            InvalidArgumentError: no legal basis, no category or kind, an unknown one.
            AlreadyExistsError: another purpose has the id.
        """
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        purpose_id = names.require_slug(request.purpose_id, "purpose_id")
        purpose = Purpose()
        purpose.CopyFrom(request.purpose)
        purpose.name = names.child_name(tenant, "purposes", purpose_id)
        _check(purpose)
        call.audit([purpose.name])
        self.vault.store.write(lambda view: put_purpose(view, tenant, purpose_id, purpose))
        return purpose

    def list_purposes(self, call: Call, parent: str) -> list[Purpose]:
        tenant = call.require_tenant(names.parse_tenant(parent))
        with self.vault.store.read() as view:
            rows = view.resources.list(tenant, ResourceKind.PURPOSE)
        call.audit([parent], records=len(rows))
        return [Purpose.FromString(row.payload) for row in rows]

    def set_consent(self, call: Call, request: SetConsentRequest) -> Consent:
        tenant, customer_id = names.parse_customer(request.name)
        call.require_tenant(tenant)
        purpose_id = purpose_id_of(call, request.purpose)
        now_us = self.vault.runtime.now_us()
        call.audit([request.name], purpose=request.purpose)

        def work(view: WriteView) -> None:
            if not view.records.get(tenant, RecordKind.CUSTOMER, [customer_id]):
                raise NotFoundError("there is no such customer")
            if view.resources.get(tenant, ResourceKind.PURPOSE, purpose_id) is None:
                raise _unknown_purpose()
            view.records.put_consent(tenant, ConsentRow(customer_id, purpose_id, request.given, now_us))

        self.vault.store.write(work)
        return Consent(purpose=request.purpose, given=request.given, time=timestamp(now_us))

    def list_consents(self, call: Call, name: str) -> list[Consent]:
        tenant, customer_id = names.parse_customer(name)
        call.require_tenant(tenant)
        with self.vault.store.read() as view:
            if not view.records.get(tenant, RecordKind.CUSTOMER, [customer_id]):
                raise NotFoundError("there is no such customer")
            rows = view.records.consents(tenant, [customer_id])
        call.audit([name])
        return [
            Consent(purpose=names.child_name(tenant, "purposes", row.purpose), given=row.given, time=timestamp(row.time_us))
            for row in rows
        ]


def put_purpose(view: WriteView, tenant: str, purpose_id: str, purpose: Purpose) -> None:
    """Store a purpose; the same again is harmless, another under its id is refused."""
    known = view.resources.get(tenant, ResourceKind.PURPOSE, purpose_id)
    payload = purpose.SerializeToString(deterministic=True)
    if known is None:
        view.resources.put(tenant, ResourceKind.PURPOSE, purpose_id, payload, expected_version=0)
    elif known.payload != payload:
        raise AlreadyExistsError("another purpose has this id", reason="PURPOSE_EXISTS", hint="choose another id")


def require_usable_purpose(vault: Vault, call: Call, name: str) -> Purpose:
    """The purpose, if the caller may use it.

    Raises:
        InvalidArgumentError: no purpose is named.
        NotFoundError: the tenant has no such purpose.
        PermissionDeniedError: the caller has no grant to it, or it has ended.
    """
    purpose_id, tenant, now_us = purpose_id_of(call, name), call.identity.tenant, vault.runtime.now_us()
    with vault.store.read() as view:
        row = view.resources.get(tenant, ResourceKind.PURPOSE, purpose_id)
        grants = [Grant.FromString(item.payload) for item in view.resources.list(tenant, ResourceKind.GRANT)]
    if row is None:
        raise _unknown_purpose()
    purpose = Purpose.FromString(row.payload)
    require_grant(purpose, matching_grant(grants, call.identity, name, now_us), call.identity, now_us)
    return purpose


def decide_under_purpose(vault: Vault, call: Call, name: str, kind: RecordKind) -> ReadDecision:
    """What the caller may see of a kind under a purpose.

    Raises:
        NotFoundError: the tenant has no such purpose.
        PermissionDeniedError: no grant of it, or it does not cover the kind.
    """
    purpose_id, tenant, now_us = purpose_id_of(call, name), call.identity.tenant, vault.runtime.now_us()
    with vault.store.read() as view:
        row = view.resources.get(tenant, ResourceKind.PURPOSE, purpose_id)
        grants = [Grant.FromString(item.payload) for item in view.resources.list(tenant, ResourceKind.GRANT)]
    if row is None:
        raise _unknown_purpose()
    return decide_read(
        purpose=Purpose.FromString(row.payload),
        grant=matching_grant(grants, call.identity, name, now_us),
        identity=call.identity,
        kind=kind,
        requested=(),
        allow_withheld=True,
        dictionary=vault.dictionary,
        attributes=vault.attributes.of(tenant, refresh=True),
        now_us=now_us,
    )


def purpose_id_of(call: Call, name: str) -> str:
    if not name:
        raise InvalidArgumentError("a purpose must be named", reason="NO_PURPOSE", hint="`strongroom purposes list` shows them")
    tenant, purpose_id = names.parse_child(name, "purposes")
    call.require_tenant(tenant)
    return purpose_id


def _unknown_purpose() -> NotFoundError:
    return NotFoundError("there is no such purpose", reason="UNKNOWN_PURPOSE", hint="`strongroom purposes list` shows them")


def _check(purpose: Purpose) -> None:
    known = set(Category.values()) - {Category.CATEGORY_UNSPECIFIED}
    kinds = set(ApiKind.values()) - {ApiKind.RECORD_KIND_UNSPECIFIED}
    if purpose.legal_basis not in set(LegalBasis.values()) - {LegalBasis.LEGAL_BASIS_UNSPECIFIED}:
        raise InvalidArgumentError(
            "a purpose needs a legal basis", reason="NO_LEGAL_BASIS", metadata={"field": "purpose.legal_basis"}
        )
    if not purpose.categories or set(purpose.categories) - known:
        raise InvalidArgumentError(
            "a purpose needs known categories", reason="INVALID_CATEGORY", metadata={"field": "purpose.categories"}
        )
    if not purpose.kinds or set(purpose.kinds) - kinds:
        raise InvalidArgumentError(
            "a purpose needs known kinds of record", reason="INVALID_KIND", metadata={"field": "purpose.kinds"}
        )
    if purpose.row_budget < 0:
        raise InvalidArgumentError(
            "row_budget must not be negative", reason="INVALID_ROW_BUDGET", metadata={"field": "purpose.row_budget"}
        )
