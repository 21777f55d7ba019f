"""Which fields a set of categories may see, and records cut down to named fields.

Names are those of `CreateReadSessionRequest.fields`: fields of the record, `attributes.KEY`, `attributes` for all of them,
`customer_id`, and for customers the parts of derived data (`DERIVED_FIELDS`). The six output-only fields belong
to every row and cannot be asked for.

Rules. A field without a category says nothing about a person and is visible to all. An attribute needs both the category of
the `attributes` field it lives in (if that has one) and its own; one that was defined without a category counts as
DEMOGRAPHIC, because an undecided attribute must not be open to everyone. Derived data needs DERIVED, and what it says about a
field (a correction, an imputed or enriched value) is shown only beside a right to see that field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from strongroom.api.v1 import rules_pb2
from strongroom.api.v1.attribute_service_pb2 import AttributeDefinition
from strongroom.api.v1.customer_pb2 import DerivedData
from vault_server.errors import InvalidArgumentError
from vault_server.ports.records import RecordKind
from vault_server.records.dictionary import Dictionary, KindSpec, Record

CUSTOMER_ID = "customer_id"
ATTRIBUTES = "attributes"
ATTRIBUTE_PREFIX = "attributes."
DERIVED_FIELDS = (
    "entity",
    "segment",
    "imputed",
    "corrections",
    "enriched",
    "value",
    "classifications",
    "recommendations",
)


def field_names(dictionary: Dictionary, kind: RecordKind, attributes: Mapping[str, AttributeDefinition]) -> tuple[str, ...]:
    """Every name that can be read of a kind, in a fixed order, `attributes` itself left out."""
    return tuple(_categories(dictionary.for_kind(kind), attributes))


def visible(
    dictionary: Dictionary, kind: RecordKind, categories: frozenset[int], attributes: Mapping[str, AttributeDefinition]
) -> tuple[str, ...]:
    """The names of `field_names` that the categories may see."""
    needed = _categories(dictionary.for_kind(kind), attributes)
    return tuple(name for name, category in needed.items() if category <= categories)


def expand(
    dictionary: Dictionary, kind: RecordKind, fields: Iterable[str], attributes: Mapping[str, AttributeDefinition]
) -> tuple[str, ...]:
    """Requested names, each once, `attributes` as the keys that are defined; none at all means every name.

    Raises:
        InvalidArgumentError: UNKNOWN_FIELD, if a name is not of this kind.
    """
    known = field_names(dictionary, kind, attributes)
    wanted = dict.fromkeys(fields)
    if not wanted:
        return known
    names: dict[str, None] = {}
    for name in wanted:
        if name == ATTRIBUTES:
            names.update(dict.fromkeys(one for one in known if one.startswith(ATTRIBUTE_PREFIX)))
        elif name in known:
            names[name] = None
        else:
            raise InvalidArgumentError(
                f"a requested field does not exist on a {kind.name.lower()}",
                reason="UNKNOWN_FIELD",
                hint="field names are those of the record, attributes.KEY, customer_id and the derived fields",
            )
    return tuple(names)


class Projection:
    """Cuts records of one kind down to named fields. Compiled once, used for many rows.

    Args:
        fields: expanded names, see `expand`.
        attributes: the tenant's definitions now; if `fields` has every one of the kind's, attribute maps stay whole.
        visible_fields: names that may be seen at all, requested or not: derived data about others is left out.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        kind: RecordKind,
        fields: Sequence[str],
        attributes: Mapping[str, AttributeDefinition],
        *,
        visible_fields: Iterable[str],
    ) -> None:
        spec = dictionary.for_kind(kind)
        names = frozenset(fields)
        own = {name for name, field in spec.fields.items() if not field.output_only and name != ATTRIBUTES}
        defined = {name for name in field_names(dictionary, kind, attributes) if name.startswith(ATTRIBUTE_PREFIX)}
        self._message = spec.message
        self._cleared = tuple(own - names)
        self._keys = frozenset(name.removeprefix(ATTRIBUTE_PREFIX) for name in names if name.startswith(ATTRIBUTE_PREFIX))
        self._all_attributes = defined <= names and (bool(defined) or not self._cleared)
        self._names = names
        self._visible = frozenset(visible_fields)
        self.derived = tuple(name for name in DERIVED_FIELDS if name in names)

    @property
    def identity(self) -> bool:
        """Whether rows stay as they are, so that nothing needs to be parsed."""
        return not self._cleared and self._all_attributes

    def project(self, record: Record) -> Record:
        """The record itself, cut down: give a copy if the whole is still needed."""
        record.DiscardUnknownFields()
        for name in self._cleared:
            record.ClearField(name)  # type: ignore[arg-type]  # names of this message, from its own dictionary
        if not self._all_attributes and record.attributes:
            self._cut_attributes(record)
        return record

    def project_bytes(self, plaintext: bytes) -> bytes:
        """A sealed record's plaintext, cut down."""
        if self.identity:
            return plaintext
        return self.project(self._message.FromString(plaintext)).SerializePartialToString(deterministic=True)

    def project_derived(self, derived: DerivedData) -> DerivedData:
        """Derived data, itself, cut down to the named results and to what they say about visible fields."""
        derived.DiscardUnknownFields()
        for name in DERIVED_FIELDS:
            if name not in self._names:
                derived.ClearField(name)  # type: ignore[arg-type]  # one of the literal names
                derived.ClearField(f"{name}_origin")  # type: ignore[arg-type]  # as above
        for results in (derived.imputed, derived.corrections, derived.enriched):
            for position in reversed(range(len(results))):
                if root_name(results[position].field) not in self._visible:
                    del results[position]
        return derived

    def _cut_attributes(self, record: Record) -> None:
        if not self._keys:
            record.ClearField("attributes")
            return
        for key in [key for key in record.attributes if key not in self._keys]:
            del record.attributes[key]


def root_name(path: str) -> str:
    """The requestable name of a path: `emails` of `emails[0]`, `attributes.tariff` of itself."""
    if path.startswith(ATTRIBUTE_PREFIX):
        return path
    return path.partition("[")[0].partition(".")[0]


def _categories(spec: KindSpec, attributes: Mapping[str, AttributeDefinition]) -> dict[str, frozenset[int]]:
    needed = {
        name: _needs(field.category) for name, field in spec.fields.items() if not field.output_only and name != ATTRIBUTES
    }
    of_map = _needs(spec.fields[ATTRIBUTES].category)
    for key in sorted(attributes):
        definition = attributes[key]
        if (definition.record_kind or RecordKind.CUSTOMER) == spec.kind:
            needed[ATTRIBUTE_PREFIX + key] = of_map | _needs(definition.category or rules_pb2.CATEGORY_DEMOGRAPHIC)
    needed[CUSTOMER_ID] = frozenset()
    if spec.kind is RecordKind.CUSTOMER:
        needed.update(dict.fromkeys(DERIVED_FIELDS, _needs(rules_pb2.CATEGORY_DERIVED)))
    return needed


def _needs(category: int) -> frozenset[int]:
    return frozenset((category,)) if category else frozenset()
