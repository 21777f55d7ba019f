"""The attributes that tenants defined, kept at hand for the validation of every record.

A definition is only ever added (later perhaps a unit to it), never changed or removed, so a cached catalogue can only be too
small: whoever misses an attribute asks again with `refresh`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import MappingProxyType

from strongroom.api.v1.attribute_service_pb2 import AttributeDefinition
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import ReadableStore

Definitions = Mapping[str, AttributeDefinition]


class AttributeCatalogue:
    """Definitions by key, for each tenant. Safe for several threads."""

    def __init__(self, store: ReadableStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._by_tenant: dict[str, Definitions] = {}

    def of(self, tenant: str, *, refresh: bool = False) -> Definitions:
        if not refresh:
            known = self._by_tenant.get(tenant)
            if known is not None:
                return known
        with self._store.read() as view:
            rows = view.resources.list(tenant, ResourceKind.ATTRIBUTE)
        definitions = [AttributeDefinition.FromString(row.payload) for row in rows]
        fresh = MappingProxyType({definition.key: definition for definition in definitions})
        with self._lock:
            self._by_tenant[tenant] = fresh
        return fresh
