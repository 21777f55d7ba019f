"""Makes a tenant with its principals, purposes, grants and tokens; `new_folder` makes the files of a vault.

Part of the composition root: it sees adapters, because making a vault is wiring too. Everything is made only where it is
missing, so that it can be run again; nothing is ever overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from strongroom.api.v1.access_service_pb2 import Grant, Principal
from strongroom.api.v1.attribute_service_pb2 import RecordKind as ApiKind
from strongroom.api.v1.privacy_service_pb2 import LegalBasis, Purpose
from strongroom.api.v1.rules_pb2 import Category, Role
from vault_server.config import Settings
from vault_server.crypto.api_tokens import HashedApiTokens
from vault_server.crypto.private_files import write_private
from vault_server.new_folder import MadeFiles
from vault_server.ports.access_data import TokenRow
from vault_server.ports.resources import ResourceKind
from vault_server.ports.runtime import Runtime
from vault_server.ports.store import Store, WriteView
from vault_server.usecases import names
from vault_server.usecases.principals import put_grant, put_principal

YEAR_US = 365 * 24 * 3600 * 1_000_000
_EVERY_KIND = (ApiKind.RECORD_KIND_CUSTOMER, ApiKind.RECORD_KIND_TRANSACTION, ApiKind.RECORD_KIND_NEED)
_ORDINARY = tuple(sorted(set(Category.values()) - {Category.CATEGORY_UNSPECIFIED, Category.CATEGORY_SPECIAL}))

PRINCIPALS: Mapping[str, tuple[Role.ValueType, ...]] = {
    "admin": (Role.ROLE_ADMIN,),
    "operator": (Role.ROLE_OPERATOR,),
    "service": (Role.ROLE_SERVICE,),
    "analyst": (Role.ROLE_ANALYST,),
    "worker": (Role.ROLE_WORKER,),
    "auditor": (Role.ROLE_AUDITOR,),
}
DEVELOPER = "developer"
DEVELOPER_ROLES = (Role.ROLE_ADMIN, Role.ROLE_OPERATOR, Role.ROLE_SERVICE, Role.ROLE_ANALYST, Role.ROLE_AUDITOR)
PURPOSES: Mapping[str, str] = {
    "service": "Serve customers: answer them, ship to them, bill them.",
    "analysis": "Clean and understand the customer base.",
    "export": "Hand customer data to another system of the tenant.",
}
GRANTED: Mapping[str, tuple[str, ...]] = {
    "service": ("service", "export"),
    "analyst": ("analysis", "export"),
    DEVELOPER: tuple(PURPOSES),
}


def make_tenant(store: Store, folder: Path, tenant: str, runtime: Runtime, *, developer: bool) -> MadeFiles:
    """A tenant with a principal for each role, the usual purposes and grants, and a token file for each principal."""
    names.require_slug(tenant, "tenant")
    roles = {**PRINCIPALS, **({DEVELOPER: DEVELOPER_ROLES} if developer else {})}
    store.write(lambda view: _put_tenant(view, tenant, roles))
    made = [line for principal in roles for line in _make_token(store, folder, tenant, principal, runtime)]
    return MadeFiles(lines=tuple(made))


def _put_tenant(view: WriteView, tenant: str, roles: Mapping[str, tuple[Role.ValueType, ...]]) -> None:
    view.access.add_tenant(tenant)
    for principal, given in roles.items():
        if view.resources.get(tenant, ResourceKind.PRINCIPAL, principal) is None:
            name = names.child_name(tenant, "principals", principal)
            put_principal(view, tenant, principal, Principal(name=name, roles=given))
    for purpose_id, description in PURPOSES.items():
        if view.resources.get(tenant, ResourceKind.PURPOSE, purpose_id) is None:
            purpose = Purpose(
                name=names.child_name(tenant, "purposes", purpose_id),
                description=description,
                legal_basis=LegalBasis.LEGAL_BASIS_CONTRACT
                if purpose_id == "service"
                else LegalBasis.LEGAL_BASIS_LEGITIMATE_INTERESTS,
                categories=_ORDINARY,
                kinds=_EVERY_KIND,
            )
            view.resources.put(tenant, ResourceKind.PURPOSE, purpose_id, purpose.SerializeToString(deterministic=True))
    for principal, purposes in GRANTED.items():
        for purpose_id in purposes if principal in roles else ():
            grant_id = f"{principal}.{purpose_id}"
            if view.resources.get(tenant, ResourceKind.GRANT, grant_id) is None:
                put_grant(
                    view,
                    tenant,
                    Grant(
                        name=names.child_name(tenant, "grants", grant_id),
                        principal=names.child_name(tenant, "principals", principal),
                        purpose=names.child_name(tenant, "purposes", purpose_id),
                    ),
                )


def token_file(folder: Path, tenant: str, principal: str) -> Path:
    """Where the token of a principal is written when its tenant is made."""
    return folder / "tokens" / (f"{principal}.token" if tenant == "main" else f"{tenant}.{principal}.token")


def _make_token(store: Store, folder: Path, tenant: str, principal: str, runtime: Runtime) -> Iterable[str]:
    path = token_file(folder, tenant, principal)
    if path.exists():
        return
    issued, now_us = HashedApiTokens().issue(), runtime.now_us()
    row = TokenRow(issued.token_id, tenant, principal, issued.digest, now_us, now_us + YEAR_US, revoked=False)
    store.write(lambda view: view.access.put_token(row))
    write_private(path, issued.secret.reveal() + b"\n")
    yield f"{path}: API token of {principal}, valid for a year"


def recovery_hint(settings: Settings) -> str:
    """A reminder as long as the recovery key lies beside the vault."""
    private = [path for path in settings.keys.recovery_key_files if path.with_name(path.name.replace(".pub", "")).exists()]
    return f"the recovery key still lies in {private[0].parent}: move it to a safe place offline" if private else ""
