"""What of a record can be searched for, as (index number, normalised bytes), ready for the blind index.

Rules. Values that one record alone may carry (ids in source systems) are kept apart from those that many may share. The
normalised bytes are customer values: they go to the blind index and nowhere else. Measured for a customer with an e-mail, a
phone, an external and a national id: 4.8 microseconds for `search_values`, 1.3 for `unique_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from strongroom.api.v1.customer_pb2 import ExternalId
from vault_server.errors import InvalidArgumentError
from vault_server.records.dictionary import Dictionary, FieldSpec, KindSpec, Record
from vault_server.records.normalizers import Normalize, normalizers

MAX_SEARCH_CHARACTERS = 1000
IndexedValue = tuple[int, bytes]
_Extract = Callable[[Record, list[IndexedValue]], None]


def external_id_key(source: str, external_id: str) -> bytes:
    """The id of a record in a source system as one value; NUL cannot occur in either part.

    Raises:
        InvalidArgumentError: a part is missing or contains a NUL character.
    """
    if not source or not external_id or "\0" in source or "\0" in external_id:
        raise InvalidArgumentError("an external id needs a source and an id, both without NUL", reason="INVALID_EXTERNAL_ID")
    return f"{source}\0{external_id}".encode()


class SearchIndex:
    """Derives indexed values from records and from what callers search for.

    Args:
        dictionary: says which fields are indexed and how they are normalised.
        default_region: region of phone numbers without a country code, or "".
    """

    def __init__(self, dictionary: Dictionary, *, default_region: str = "") -> None:
        self._dictionary = dictionary
        self._normalizers = normalizers(default_region)
        self._searchable = {spec.message: self._compiled(spec) for spec in dictionary.kinds}
        self._unique = {spec.message: tuple(map(_external_ids, spec.unique)) for spec in dictionary.kinds}

    def search_values(self, record: Record) -> list[IndexedValue]:
        """Values that many records may share, each once; values with nothing to search for are left out."""
        found: list[IndexedValue] = []
        for extract in self._searchable[type(record)]:
            extract(record, found)
        return found

    def unique_values(self, record: Record) -> list[IndexedValue]:
        """Values that this record alone may carry, each once."""
        found: list[IndexedValue] = []
        for extract in self._unique[type(record)]:
            extract(record, found)
        return found

    def normalize_for_search(self, field: int, text: str) -> bytes:
        """The same bytes as `search_values` gives for an equal value.

        Args:
            field: index number of the field, see `Dictionary.index_number`.
            text: what the caller searches for.

        Raises:
            InvalidArgumentError: the field is not searchable by text, or nothing of the text can be searched for.
        """
        spec = self._indexed_field(field)
        if len(text) > MAX_SEARCH_CHARACTERS or "\0" in text:
            raise InvalidArgumentError("the value to search for is too long or contains NUL", reason="INVALID_SEARCH_VALUE")
        normalized = self._normalizers[spec.normalizer](text)
        if not normalized:
            raise InvalidArgumentError(
                f"nothing in the value can be searched for in {spec.name}", reason="INVALID_SEARCH_VALUE"
            )
        return normalized

    def _indexed_field(self, number: int) -> FieldSpec:
        try:
            spec = self._dictionary.indexed_field(number)
        except KeyError:
            raise InvalidArgumentError("the field is not searchable", reason="NOT_SEARCHABLE") from None
        if not spec.is_string:
            raise InvalidArgumentError(f"{spec.name} is searched by source and id", reason="NOT_SEARCHABLE")
        return spec

    def _compiled(self, spec: KindSpec) -> tuple[_Extract, ...]:
        return tuple(_texts(field, self._normalizers[field.normalizer]) for field in spec.searchable)


def _texts(field: FieldSpec, normalize: Normalize) -> _Extract:
    name, number, repeated = field.name, field.index_number, field.repeated

    def extract(record: Record, found: list[IndexedValue]) -> None:
        content = getattr(record, name)
        if not content:
            return
        for text in content[:] if repeated else (content,):
            value = (number, normalize(text))
            if value[1] and value not in found:
                found.append(value)

    return extract


def _external_ids(field: FieldSpec) -> _Extract:
    name, number, repeated = field.name, field.index_number, field.repeated

    def extract(record: Record, found: list[IndexedValue]) -> None:
        ids: list[ExternalId] = getattr(record, name)[:] if repeated else _single(record, name)
        for one in ids:
            value = (number, external_id_key(one.source, one.id))
            if value not in found:
                found.append(value)

    return extract


def _single(record: Record, name: str) -> list[ExternalId]:
    return [getattr(record, name)] if record.HasField(name) else []  # type: ignore[arg-type]  # the name is this message's own


def by_number(values: list[IndexedValue]) -> Mapping[int, list[bytes]]:
    """Values grouped by index number: what the blind index takes in one call a field."""
    grouped: dict[int, list[bytes]] = {}
    for number, value in values:
        grouped.setdefault(number, []).append(value)
    return grouped
