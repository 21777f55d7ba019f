"""Rows of a read session as Arrow record batches.

The first column is always `row_id` (16 bytes): the record's id, or its pseudonym under a run. `customer_id`, if it was asked
for, is another column of 16 bytes. Then come the requested fields in the order asked for; `income` is two columns
(`income_minor`, `income_currency`), each attribute is a column `attributes.KEY` of its declared type (dates as ISO texts); its
declared unit, if there is one, is in the metadata of the schema's field as `unit`.
Derived data: `entity` (its id) and `entity_leads`, `segment` and `segment_label`, `value` as a struct, `imputed`, `enriched`,
`corrections`, `classifications` and `recommendations` as lists of structs. In full, which a worker does not get, also
`entity_size`, `entity_golden`, `segment_confidence`, `segment_moves`, and the reasons of classifications.

A reader does `schema = pyarrow.ipc.read_schema(pyarrow.py_buffer(arrow_schema))` once, then for every response
`pyarrow.ipc.read_record_batch(pyarrow.py_buffer(arrow_batch), schema)`. Batches need no dictionaries and no order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from google.protobuf.descriptor import Descriptor

from strongroom.api.v1 import attribute_service_pb2 as definitions
from strongroom.api.v1.attribute_service_pb2 import AttributeDefinition
from strongroom.api.v1.customer_pb2 import (
    Classification,
    DerivedData,
    EnrichedValue,
    EntityAssignment,
    ImputedValue,
    SegmentAssignment,
    ValueEstimate,
)
from vault_server.errors import InvalidArgumentError
from vault_server.ports.records import RecordKind
from vault_server.records.columns import TEXT, Column, Shape, field_columns, list_of, plain, shape_of, struct_of
from vault_server.records.dictionary import Dictionary
from vault_server.records.projection import ATTRIBUTE_PREFIX, CUSTOMER_ID, DERIVED_FIELDS, root_name

ROW_ID = "row_id"
_ID = pa.binary(16)

_ATTRIBUTE_SHAPES: Mapping[int, tuple[str, Shape]] = MappingProxyType(
    {
        definitions.ATTRIBUTE_TYPE_STRING: ("string_value", plain(pa.utf8())),
        definitions.ATTRIBUTE_TYPE_INT: ("int_value", plain(pa.int64())),
        definitions.ATTRIBUTE_TYPE_DOUBLE: ("double_value", plain(pa.float64())),
        definitions.ATTRIBUTE_TYPE_BOOL: ("bool_value", plain(pa.bool_())),
        definitions.ATTRIBUTE_TYPE_DATE: ("date_value", plain(pa.utf8())),
    }
)


class ArrowEncoder:
    """Turns opened plaintexts of one read session into record batches. Compiled once; safe for several threads.

    Args:
        fields: expanded names, see `projection.expand`; only these columns are made, whatever the plaintexts hold.
        attributes: the tenant's definitions by key.
        visible_fields: names that may be seen at all, requested or not: derived data about others is left out.
        in_full: derived data with what explains it; it names customers.

    Raises:
        InvalidArgumentError: UNKNOWN_FIELD, for a name that is not of this kind.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        kind: RecordKind,
        fields: Sequence[str],
        attributes: Mapping[str, AttributeDefinition],
        *,
        visible_fields: Iterable[str] = (),
        in_full: bool = False,
    ) -> None:
        seen = frozenset(visible_fields)
        derived = {**_DERIVED_COLUMNS, **(_EXPLAINED_COLUMNS if in_full else {})}
        self._units = {ATTRIBUTE_PREFIX + key: one.unit for key, one in attributes.items() if one.unit}
        self._parse = dictionary.for_kind(kind).message.FromString
        names = [name for name in fields if name != CUSTOMER_ID]
        self._own = [
            column for name in names if name not in DERIVED_FIELDS for column in _columns(dictionary, kind, name, attributes)
        ]
        self._derived = [column for name in names if name in DERIVED_FIELDS for column in derived[name](seen)]
        self._with_customer_id = CUSTOMER_ID in fields
        self.schema = self._schema()
        self.schema_bytes: bytes = self.schema.serialize().to_pybytes()

    def _schema(self) -> Any:
        ids = [ROW_ID, CUSTOMER_ID] if self._with_customer_id else [ROW_ID]
        typed = [_typed(column, self._units) for column in (*self._own, *self._derived)]
        return pa.schema([*(pa.field(name, _ID, nullable=False) for name in ids), *typed])

    def encode(
        self,
        plaintexts: Sequence[bytes],
        *,
        row_ids: Sequence[bytes],
        customer_ids: Sequence[bytes] | None = None,
        derived: Sequence[bytes | None] | None = None,
    ) -> bytes:
        """One IPC record-batch message.

        Args:
            plaintexts: serialised records, one a row.
            row_ids: 16 bytes each: record ids or pseudonyms.
            customer_ids: 16 bytes each; needed if `customer_id` was asked for, by default the row ids (for customers).
            derived: serialised `DerivedData` or None, one a row; needed for derived fields, by default none.
        """
        arrays = [pa.array(row_ids, _ID)]
        if self._with_customer_id:
            arrays.append(pa.array(row_ids if customer_ids is None else customer_ids, _ID))
        if self._own:
            records = [self._parse(plaintext) for plaintext in plaintexts]
            arrays += [column.array(records) for column in self._own]
        if self._derived:
            results = _parse_derived(derived, len(plaintexts))
            arrays += [column.array(results) for column in self._derived]
        return bytes(pa.RecordBatch.from_arrays(arrays, schema=self.schema).serialize())


def schema(
    dictionary: Dictionary, kind: RecordKind, fields: Sequence[str], attributes: Mapping[str, AttributeDefinition]
) -> Any:
    """The Arrow schema (`pyarrow.Schema`) of rows with these fields."""
    return ArrowEncoder(dictionary, kind, fields, attributes).schema


def _columns(
    dictionary: Dictionary, kind: RecordKind, name: str, attributes: Mapping[str, AttributeDefinition]
) -> list[Column]:
    if name.startswith(ATTRIBUTE_PREFIX):
        return [_attribute_column(name, attributes)]
    spec = dictionary.for_kind(kind)
    if name not in spec.fields or spec.fields[name].output_only or name == "attributes":
        raise _unknown_field()
    return field_columns(spec.message.DESCRIPTOR.fields_by_name[name])


def _typed(column: Column, units: Mapping[str, str]) -> Any:
    unit = units.get(column.name)
    return pa.field(column.name, column.shape.type, metadata={"unit": unit} if unit else None)


def _attribute_column(name: str, attributes: Mapping[str, AttributeDefinition]) -> Column:
    key = name.removeprefix(ATTRIBUTE_PREFIX)
    if key not in attributes or attributes[key].type not in _ATTRIBUTE_SHAPES:
        raise _unknown_field()
    member, shape = _ATTRIBUTE_SHAPES[attributes[key].type]

    def read(records: Sequence[Any]) -> list[Any]:
        values = [record.attributes.get(key) for record in records]
        return [getattr(value, member) if value is not None and value.HasField(member) else None for value in values]

    return Column(name=name, shape=shape, read=read)


def _unknown_field() -> InvalidArgumentError:
    return InvalidArgumentError("a requested field does not exist on this kind of record", reason="UNKNOWN_FIELD")


def _parse_derived(derived: Sequence[bytes | None] | None, rows: int) -> list[DerivedData]:
    contents = [None] * rows if derived is None else derived
    return [DerivedData.FromString(content or b"") for content in contents]


def _entity(_seen: frozenset[str]) -> list[Column]:
    return [
        Column(name="entity", shape=TEXT, read=lambda rows: [row.entity.entity for row in rows]),
        Column(
            name="entity_leads",
            shape=plain(pa.bool_()),
            read=lambda rows: [row.entity.leads if row.HasField("entity") else None for row in rows],
        ),
    ]


def _segment(_seen: frozenset[str]) -> list[Column]:
    def numbers(rows: Sequence[Any]) -> list[Any]:
        return [row.segment.segment if row.HasField("segment") else None for row in rows]

    return [
        Column(name="segment", shape=plain(pa.int32()), read=numbers),
        Column(name="segment_label", shape=TEXT, read=lambda rows: [row.segment.label for row in rows]),
    ]


def _explained_entity(seen: frozenset[str]) -> list[Column]:
    golden = shape_of(EntityAssignment.DESCRIPTOR.fields_by_name["golden"])

    def sizes(rows: Sequence[Any]) -> list[Any]:
        return [row.entity.size if row.HasField("entity") else None for row in rows]

    return [
        *_entity(seen),
        Column(name="entity_size", shape=plain(pa.int32()), read=sizes),
        Column(name="entity_golden", shape=golden, read=lambda rows: [list(row.entity.golden) for row in rows]),
    ]


def _explained_segment(seen: frozenset[str]) -> list[Column]:
    moves = shape_of(SegmentAssignment.DESCRIPTOR.fields_by_name["moves"])

    def confidences(rows: Sequence[Any]) -> list[Any]:
        return [row.segment.confidence if row.HasField("segment") else None for row in rows]

    return [
        *_segment(seen),
        Column(name="segment_confidence", shape=plain(pa.float64()), read=confidences),
        Column(name="segment_moves", shape=moves, read=lambda rows: [list(row.segment.moves) for row in rows]),
    ]


def _explained_classifications(_seen: frozenset[str]) -> list[Column]:
    shape = shape_of(DerivedData.DESCRIPTOR.fields_by_name["classifications"])
    return [Column(name="classifications", shape=shape, read=lambda rows: [list(row.classifications) for row in rows])]


def _corrections(seen: frozenset[str]) -> list[Column]:
    shape = shape_of(DerivedData.DESCRIPTOR.fields_by_name["corrections"])
    return [Column(name="corrections", shape=shape, read=lambda rows: [_about(row.corrections, seen) for row in rows])]


def _imputed(seen: frozenset[str]) -> list[Column]:
    shape = _values(ImputedValue.DESCRIPTOR, left_out="draws")
    return [Column(name="imputed", shape=shape, read=lambda rows: [_about(row.imputed, seen) for row in rows])]


def _enriched(seen: frozenset[str]) -> list[Column]:
    shape = _values(EnrichedValue.DESCRIPTOR)
    return [Column(name="enriched", shape=shape, read=lambda rows: [_about(row.enriched, seen) for row in rows])]


def _values(message: Descriptor, left_out: str = "") -> Shape:
    """Values as text beside their fields: one column holds values of every type."""
    members = [
        Column(name="value", shape=TEXT, read=lambda ones: [_as_text(one) for one in ones])
        if field.name == "value"
        else field_columns(field)[0]
        for field in message.fields
        if field.name != left_out
    ]
    return list_of(struct_of(members))


def _value(_seen: frozenset[str]) -> list[Column]:
    shape = struct_of([field_columns(field)[0] for field in ValueEstimate.DESCRIPTOR.fields])
    return [Column(name="value", shape=shape, read=lambda rows: [row.value if row.HasField("value") else None for row in rows])]


def _classifications(_seen: frozenset[str]) -> list[Column]:
    """Without the reasons: a worker learns nothing from them."""
    members = [field_columns(field)[0] for field in Classification.DESCRIPTOR.fields if field.name != "reasons"]
    shape = list_of(struct_of(members))
    return [Column(name="classifications", shape=shape, read=lambda rows: [list(row.classifications) for row in rows])]


def _recommendations(_seen: frozenset[str]) -> list[Column]:
    shape = shape_of(DerivedData.DESCRIPTOR.fields_by_name["recommendations"])
    return [Column(name="recommendations", shape=shape, read=lambda rows: [list(row.recommendations) for row in rows])]


def _about(results: Iterable[Any], seen: frozenset[str]) -> list[Any]:
    return [one for one in results if root_name(one.field) in seen]


def _as_text(one: ImputedValue) -> str | None:
    member = one.value.WhichOneof("value")
    if member is None:
        return None
    value = getattr(one.value, member)
    return str(value).lower() if isinstance(value, bool) else str(value)


_DERIVED_COLUMNS: Mapping[str, Callable[[frozenset[str]], list[Column]]] = MappingProxyType(
    {
        "entity": _entity,
        "segment": _segment,
        "imputed": _imputed,
        "corrections": _corrections,
        "enriched": _enriched,
        "value": _value,
        "classifications": _classifications,
        "recommendations": _recommendations,
    }
)
_EXPLAINED_COLUMNS: Mapping[str, Callable[[frozenset[str]], list[Column]]] = MappingProxyType(
    {
        "entity": _explained_entity,
        "segment": _explained_segment,
        "classifications": _explained_classifications,
    }
)
