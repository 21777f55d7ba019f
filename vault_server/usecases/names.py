"""Resource names: parsed once at the edge, built only here.

A name that does not have its form is InvalidArgumentError; a name of another tenant is PermissionDeniedError, whether or not
the thing exists, and is raised by `Call.require_tenant`, not here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from vault_server.errors import InvalidArgumentError

MAX_NAME_CHARS = 512  # longer than any name the vault makes
_SLUG = r"[a-z][a-z0-9_.-]{0,62}"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TENANT = re.compile(rf"tenants/({_SLUG})\Z")
_CUSTOMER = re.compile(rf"tenants/({_SLUG})/customers/({_UUID})\Z")
_ANY_CUSTOMER = re.compile(rf"tenants/({_SLUG})/customers/(-|{_UUID})\Z")
_RECORD = {
    "transactions": re.compile(rf"tenants/({_SLUG})/customers/({_UUID})/transactions/({_UUID})\Z"),
    "needs": re.compile(rf"tenants/({_SLUG})/customers/({_UUID})/needs/({_UUID})\Z"),
}
_BY_UUID = {kind: re.compile(rf"tenants/({_SLUG})/{kind}/({_UUID})\Z") for kind in ("runs", "readSessions", "proposals")}
_BY_SLUG = {
    kind: re.compile(rf"tenants/({_SLUG})/{kind}/([A-Za-z0-9][A-Za-z0-9_.-]{{0,127}})\Z")
    for kind in ("purposes", "principals", "tokens", "grants", "imports", "attributes", "pipelines")
}
_STREAM = re.compile(rf"tenants/({_SLUG})/readSessions/({_UUID})/streams/([0-9]{{1,4}})\Z")
_ROOT = {kind: re.compile(rf"{kind}/([A-Za-z0-9][A-Za-z0-9_.-]{{0,127}})\Z") for kind in ("backups", "schedules")}


class CustomerName(NamedTuple):
    """`tenants/{t}/customers/{c}`."""

    tenant: str
    customer_id: bytes


class RecordName(NamedTuple):
    """`tenants/{t}/customers/{c}/transactions/{x}` and the same for needs."""

    tenant: str
    customer_id: bytes
    record_id: bytes


def uuid_text(raw: bytes) -> str:
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def uuid_bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))


def tenant_name(tenant: str) -> str:
    return f"tenants/{tenant}"


def customer_name(tenant: str, customer_id: bytes) -> str:
    return f"tenants/{tenant}/customers/{uuid_text(customer_id)}"


def record_name(tenant: str, customer_id: bytes, collection: str, record_id: bytes) -> str:
    return f"tenants/{tenant}/customers/{uuid_text(customer_id)}/{collection}/{uuid_text(record_id)}"


def child_name(tenant: str, collection: str, child: str) -> str:
    return f"tenants/{tenant}/{collection}/{child}"


def parse_tenant(name: str) -> str:
    return _match(_TENANT, name, "tenants/{tenant}").group(1)


def parse_customer(name: str) -> CustomerName:
    found = _match(_CUSTOMER, name, "tenants/{tenant}/customers/{customer}")
    return CustomerName(found.group(1), uuid_bytes(found.group(2)))


def parse_customer_or_any(name: str) -> tuple[str, bytes | None]:
    """The tenant and the customer's id, or None for `-` (all customers)."""
    found = _match(_ANY_CUSTOMER, name, "tenants/{tenant}/customers/{customer}")
    return found.group(1), None if found.group(2) == "-" else uuid_bytes(found.group(2))


def parse_record(name: str, collection: str) -> RecordName:
    found = _match(_RECORD[collection], name, f"tenants/{{tenant}}/customers/{{customer}}/{collection}/{{id}}")
    return RecordName(found.group(1), uuid_bytes(found.group(2)), uuid_bytes(found.group(3)))


def parse_uuid_child(name: str, collection: str) -> tuple[str, bytes]:
    found = _match(_BY_UUID[collection], name, f"tenants/{{tenant}}/{collection}/{{id}}")
    return found.group(1), uuid_bytes(found.group(2))


def parse_child(name: str, collection: str) -> tuple[str, str]:
    found = _match(_BY_SLUG[collection], name, f"tenants/{{tenant}}/{collection}/{{id}}")
    return found.group(1), found.group(2)


def parse_stream(name: str) -> tuple[str, bytes, int]:
    found = _match(_STREAM, name, "tenants/{tenant}/readSessions/{session}/streams/{stream}")
    return found.group(1), uuid_bytes(found.group(2)), int(found.group(3))


def parse_root(name: str, collection: str) -> str:
    return _match(_ROOT[collection], name, f"{collection}/{{id}}").group(1)


def is_resource(name: str, tenant: str) -> bool:
    """Whether the text has the form of a name of the tenant's or of the vault's, and so may stand in the audit log."""
    return len(name) <= MAX_NAME_CHARS and (
        name == tenant_name(tenant)
        or bool(re.fullmatch(rf"tenants/{re.escape(tenant)}(/[A-Za-z]{{1,30}}/([A-Za-z0-9_.-]{{1,128}})){{1,3}}", name))
        or bool(re.fullmatch(r"(backups|schedules)(/[A-Za-z0-9_.-]{1,128})?", name))
    )


def require_slug(text: str, what: str) -> str:
    """A new id chosen by a caller."""
    if not re.fullmatch(r"[a-z][a-z0-9_.-]{0,62}", text):
        raise InvalidArgumentError(
            f"{what} must be 1 to 63 of a-z, 0-9, '_', '.', '-' and start with a letter",
            reason="INVALID_ID",
            metadata={"field": what},
        )
    return text


def _match(pattern: re.Pattern[str], name: str, form: str) -> re.Match[str]:
    found = pattern.match(name) if len(name) <= MAX_NAME_CHARS else None
    if found is None:
        raise InvalidArgumentError(f"the name must have the form {form}", reason="INVALID_NAME", metadata={"form": form})
    return found
