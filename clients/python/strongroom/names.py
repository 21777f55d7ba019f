"""Resource names. Callers may give a full name (`tenants/main/customers/0190…`) or only its last part."""

from __future__ import annotations


def tenant_name(tenant: str) -> str:
    return tenant if tenant.startswith("tenants/") else f"tenants/{tenant}"


def resource_name(tenant: str, collection: str, given: str) -> str:
    """Return the full name of `given` in a collection of the tenant."""
    return given if "/" in given else f"{tenant_name(tenant)}/{collection}/{given}"


def top_level_name(collection: str, given: str) -> str:
    """Return the full name of something that belongs to the vault, not to a tenant."""
    return given if "/" in given else f"{collection}/{given}"


def last_part(name: str) -> str:
    return name.rpartition("/")[2]
