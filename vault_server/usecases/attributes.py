"""Attributes: the fields that a tenant adds to its records."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1.attribute_service_pb2 import AttributeDefinition, AttributeType
from strongroom.api.v1.attribute_service_pb2 import RecordKind as ApiKind
from strongroom.api.v1.rules_pb2 import Category
from vault_server.errors import AlreadyExistsError, InvalidArgumentError, ResourceExhaustedError
from vault_server.ports.resources import ResourceKind
from vault_server.ports.store import WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call
from vault_server.usecases.vault import Vault

MAX_ATTRIBUTES = 1000
MAX_UNIT_CHARS = 20
_NUMBERS = frozenset({AttributeType.ATTRIBUTE_TYPE_INT, AttributeType.ATTRIBUTE_TYPE_DOUBLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """Defines and lists attributes."""

    vault: Vault

    def create(self, call: Call, parent: str, definition: AttributeDefinition) -> AttributeDefinition:
        """Define an attribute; defining the same again gives the same, and adds a unit where none was said.

        Raises:
            InvalidArgumentError: the key is no identifier, or there is no such type or category.
            AlreadyExistsError: the key is defined with another type, category, kind of record or unit.
        """
        tenant = call.require_tenant(names.parse_tenant(parent))
        key = names.require_slug(definition.key, "key")
        if definition.type not in set(AttributeType.values()) - {AttributeType.ATTRIBUTE_TYPE_UNSPECIFIED}:
            raise InvalidArgumentError("an attribute needs a type", reason="NO_TYPE", metadata={"field": "type"})
        if definition.category not in set(Category.values()) - {Category.CATEGORY_UNSPECIFIED, Category.CATEGORY_DERIVED}:
            raise InvalidArgumentError("an attribute needs a category", reason="NO_CATEGORY", metadata={"field": "category"})
        fresh = AttributeDefinition()
        fresh.CopyFrom(definition)
        fresh.name = names.child_name(tenant, "attributes", key)
        fresh.record_kind = definition.record_kind or ApiKind.RECORD_KIND_CUSTOMER
        fresh.description = definition.description[:1000]
        fresh.unit = _checked_unit(definition)
        call.audit([fresh.name])

        def work(view: WriteView) -> AttributeDefinition:
            row = view.resources.get(tenant, ResourceKind.ATTRIBUTE, key)
            if row is None:
                if len(view.resources.list(tenant, ResourceKind.ATTRIBUTE)) >= MAX_ATTRIBUTES:
                    raise ResourceExhaustedError(
                        f"a tenant has at most {MAX_ATTRIBUTES} attributes", reason="TOO_MANY_ATTRIBUTES"
                    )
                view.resources.put(tenant, ResourceKind.ATTRIBUTE, key, fresh.SerializeToString(), expected_version=0)
                return fresh
            known = AttributeDefinition.FromString(row.payload)
            if (known.type, known.category, known.record_kind) != (fresh.type, fresh.category, fresh.record_kind):
                raise AlreadyExistsError(
                    "the attribute is defined otherwise",
                    reason="ATTRIBUTE_EXISTS",
                    hint="choose another key",
                    metadata={"key": key, "type": AttributeType.Name(known.type)},
                )
            if fresh.unit in ("", known.unit):
                return known
            if known.unit:
                raise AlreadyExistsError(
                    "the attribute is defined with another unit", reason="ATTRIBUTE_EXISTS", metadata={"key": key}
                )
            known.unit = fresh.unit  # a unit explains values and changes none
            view.resources.put(tenant, ResourceKind.ATTRIBUTE, key, known.SerializeToString(), expected_version=row.version)
            return known

        made = self.vault.store.write(work)
        self.vault.attributes.of(tenant, refresh=True)
        return made

    def list_attributes(self, call: Call, parent: str) -> list[AttributeDefinition]:
        tenant = call.require_tenant(names.parse_tenant(parent))
        definitions = self.vault.attributes.of(tenant, refresh=True)
        call.audit([parent], records=len(definitions))
        return [definitions[key] for key in sorted(definitions)]


def _checked_unit(definition: AttributeDefinition) -> str:
    unit = definition.unit.strip()
    if unit and (definition.type not in _NUMBERS or len(unit) > MAX_UNIT_CHARS or not unit.isprintable()):
        raise InvalidArgumentError(
            f"a unit belongs to a number and is printable, {MAX_UNIT_CHARS} characters at most",
            reason="INVALID_UNIT",
            metadata={"field": "unit"},
        )
    return unit
