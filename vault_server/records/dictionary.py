"""The data dictionary, read from the options of the record messages.

Rules. A field is described once, in the proto. Index numbers are stored beside search tokens, so they never change: kind
times 1000 plus field number. The six fields that the vault itself sets have the same numbers in every kind, because sealed
plaintexts are completed with them by concatenation (see `sealing`); construction refuses a data model that breaks this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from strongroom.api.v1 import rules_pb2
from strongroom.api.v1.customer_pb2 import Customer
from strongroom.api.v1.need_pb2 import Need
from strongroom.api.v1.transaction_pb2 import Transaction
from vault_server.errors import ConfigurationError
from vault_server.ports.records import RecordKind

Record = Customer | Transaction | Need

MESSAGES: Mapping[RecordKind, type[Record]] = MappingProxyType(
    {RecordKind.CUSTOMER: Customer, RecordKind.TRANSACTION: Transaction, RecordKind.NEED: Need}
)
OUTPUT_ONLY_NUMBERS: Mapping[str, int] = MappingProxyType(
    {"name": 1, "etag": 2, "version": 3, "state": 4, "create_time": 5, "update_time": 6}
)
INDEX_NUMBERS_PER_KIND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a message, with what its options say.

    Attributes:
        index_number: number under which search tokens of the field are stored; 0 if the field is not indexed.
        category: number of the category that a purpose must name; 0 says nothing about a person.
        max_length: most characters of each string; 0 means no limit of its own.
        max_items: most items of a list or map; 0 means no limit of its own.
        bounds: least and largest number, or None.
        message: the fields of the nested message or of a map's message values; None for plain values.
        enum_numbers: the known numbers of an enum; None for other types.
    """

    name: str
    number: int
    index_number: int
    category: int
    normalizer: int
    mask: int
    format: int
    max_length: int
    max_items: int
    bounds: tuple[int, int] | None
    required: bool
    output_only: bool
    repeated: bool
    is_map: bool
    is_string: bool
    enum: EnumDescriptor | None
    enum_numbers: frozenset[int] | None
    type_name: str
    message: Mapping[str, FieldSpec] | None

    @property
    def indexed(self) -> bool:
        return self.index_number != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec:
    """One kind of record.

    Attributes:
        fields: every field by name, in the order of their numbers.
        unique: the indexed fields whose values one record alone may carry.
        searchable: the other indexed fields.
    """

    kind: RecordKind
    message: type[Record]
    fields: Mapping[str, FieldSpec]
    unique: tuple[FieldSpec, ...]
    searchable: tuple[FieldSpec, ...]


class Dictionary:
    """What holds for every field of every kind of record.

    Raises:
        ConfigurationError: the data model breaks a rule that stored data depends on.
    """

    def __init__(self) -> None:
        self._kinds = {kind: _kind_spec(kind, message) for kind, message in MESSAGES.items()}
        self._indexed = {
            field.index_number: field for spec in self._kinds.values() for field in spec.fields.values() if field.indexed
        }

    @property
    def kinds(self) -> tuple[KindSpec, ...]:
        return tuple(self._kinds.values())

    def for_kind(self, kind: RecordKind) -> KindSpec:
        return self._kinds[kind]

    def of_record(self, record: Record) -> KindSpec:
        return self._kinds[kind_of(record)]

    def indexed_field(self, index_number: int) -> FieldSpec:
        """The field whose tokens are stored under this number; KeyError if there is none."""
        return self._indexed[index_number]

    def index_number(self, kind: RecordKind, field: str) -> int:
        """The number of an indexed field; KeyError if it has none."""
        number = self._kinds[kind].fields[field].index_number
        if not number:
            raise KeyError(field)
        return number


def kind_of(record: Record) -> RecordKind:
    """Which table a record belongs to."""
    return _KIND_BY_TYPE[type(record)]


_KIND_BY_TYPE: Mapping[type[Message], RecordKind] = MappingProxyType({message: kind for kind, message in MESSAGES.items()})


def _kind_spec(kind: RecordKind, message: type[Record]) -> KindSpec:
    fields = {field.name: _field_spec(field, kind) for field in message.DESCRIPTOR.fields}
    _require_output_only(kind, fields)
    indexed = [field for field in fields.values() if field.indexed]
    return KindSpec(
        kind=kind,
        message=message,
        fields=MappingProxyType(fields),
        unique=tuple(field for field in indexed if field.type_name == "ExternalId"),
        searchable=tuple(field for field in indexed if field.type_name != "ExternalId"),
    )


def _require_output_only(kind: RecordKind, fields: Mapping[str, FieldSpec]) -> None:
    found = {field.name: field.number for field in fields.values() if field.output_only}
    if found != dict(OUTPUT_ONLY_NUMBERS):
        raise ConfigurationError(f"the output-only fields of {kind.name} are not the six that every record has")


def _field_spec(field: FieldDescriptor, kind: RecordKind | None) -> FieldSpec:
    rules = field.GetOptions().Extensions[rules_pb2.rules]
    entry = _map_entry(field)
    value = field if entry is None else entry.fields_by_name["value"]
    indexed = rules.index == rules_pb2.INDEX_EQUALITY
    if indexed and (kind is None or field.number >= INDEX_NUMBERS_PER_KIND):
        raise ConfigurationError(f"the field {field.full_name} cannot be indexed: it is nested or its number is too high")
    return FieldSpec(
        name=field.name,
        number=field.number,
        index_number=kind * INDEX_NUMBERS_PER_KIND + field.number if indexed and kind else 0,
        category=rules.category,
        normalizer=rules.normalizer,
        mask=rules.mask,
        format=rules.format,
        max_length=rules.max_length,
        max_items=rules.max_items,
        bounds=(rules.min_value, rules.max_value) if rules.bounded else None,
        required=rules.required,
        output_only=rules.output_only,
        repeated=field.is_repeated,
        is_map=entry is not None,
        is_string=value.type == FieldDescriptor.TYPE_STRING,
        enum=value.enum_type,
        enum_numbers=frozenset(value.enum_type.values_by_number) if value.enum_type is not None else None,
        type_name=value.message_type.name if value.message_type is not None else "",
        message=_nested(value),
    )


def _map_entry(field: FieldDescriptor) -> Descriptor | None:
    nested = field.message_type
    return nested if nested is not None and nested.GetOptions().map_entry else None


def _nested(field: FieldDescriptor) -> Mapping[str, FieldSpec] | None:
    if field.message_type is None:
        return None
    return MappingProxyType({inner.name: _field_spec(inner, None) for inner in field.message_type.fields})
