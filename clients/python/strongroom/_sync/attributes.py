"""Fields that a tenant adds to its records."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom._sync.calls import Calls
from strongroom.api.v1 import attribute_service_pb2 as api
from strongroom.api.v1.rules_pb2 import Category
from strongroom.names import tenant_name


class Attributes:
    """The attribute definitions of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def create(
        self,
        key: str,
        *,
        type: api.AttributeType.ValueType,  # noqa: A002 - the API's word
        category: Category.ValueType,
        kind: api.RecordKind.ValueType = api.RECORD_KIND_CUSTOMER,
        description: str = "",
        unit: str = "",
        request_id: str = "",
    ) -> api.AttributeDefinition:
        """Define an attribute; defining the same again gives the same, and adds a unit (of a number) where none was said."""
        definition = api.AttributeDefinition(
            key=key, type=type, category=category, record_kind=kind, description=description, unit=unit
        )
        request = api.CreateAttributeDefinitionRequest(
            parent=tenant_name(self._tenant), attribute_definition=definition, request_id=request_id
        )
        return (self._calls.unary(request, api.CreateAttributeDefinitionResponse)).attribute_definition

    def list(self) -> Sequence[api.AttributeDefinition]:
        request = api.ListAttributeDefinitionsRequest(parent=tenant_name(self._tenant))
        return (self._calls.unary(request, api.ListAttributeDefinitionsResponse)).attribute_definitions
