"""Search tokens of records: made from the normalised values under the tenant's index key, stored beside the sealed row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from strongroom.api.v1.customer_pb2 import ExternalId
from vault_server.errors import AlreadyExistsError
from vault_server.ports.records import RecordKind, SearchToken
from vault_server.ports.sealed_values import BlindIndex
from vault_server.records.search import IndexedValue, external_id_key
from vault_server.usecases.record_kinds import AnyKind, Record
from vault_server.usecases.vault import Vault


def search_tokens(
    vault: Vault, tenant: str, spec: AnyKind, customer_id: bytes, record_id: bytes, record: Record
) -> list[SearchToken]:
    """Tokens that many records may share."""
    index = vault.keyring.blind_index(tenant)
    return as_tokens(index, spec.kind, customer_id, record_id, vault.search.search_values(record))


def unique_tokens(
    vault: Vault, tenant: str, spec: AnyKind, customer_id: bytes, record_id: bytes, record: Record
) -> list[SearchToken]:
    """Tokens that this record alone may carry."""
    index = vault.keyring.blind_index(tenant)
    return as_tokens(index, spec.kind, customer_id, record_id, vault.search.unique_values(record))


def as_tokens(
    index: BlindIndex, kind: RecordKind, customer_id: bytes, record_id: bytes, values: Iterable[IndexedValue]
) -> list[SearchToken]:
    version = index.version
    return [SearchToken(field, version, index.token(field, value), kind, customer_id, record_id) for field, value in values]


def tokens_of_many(
    index: BlindIndex, kind: RecordKind, ids: Sequence[tuple[bytes, bytes]], values: Sequence[Sequence[IndexedValue]]
) -> list[SearchToken]:
    """`as_tokens` for many records at once, field by field.

    Args:
        ids: customer id and record id of each record.
        values: what can be searched for in each record, in the same order.
    """
    by_field: dict[int, tuple[list[tuple[bytes, bytes]], list[bytes]]] = {}
    for owner, found in zip(ids, values, strict=True):
        for field, value in found:
            owners, normalized = by_field.get(field) or by_field.setdefault(field, ([], []))
            owners.append(owner)
            normalized.append(value)
    version = index.version
    return [
        SearchToken(field, version, token, kind, customer_id, record_id)
        for field, (owners, normalized) in by_field.items()
        for token, (customer_id, record_id) in zip(index.tokens(field, normalized), owners, strict=True)
    ]


def text_query(vault: Vault, tenant: str, kind: RecordKind, field: str, text: str) -> list[bytes]:
    """What to look for when somebody searches a field for a text, in every live index version."""
    number = vault.dictionary.index_number(kind, field)
    normalized = vault.search.normalize_for_search(number, text)
    return vault.keyring.blind_index(tenant).tokens_for_search(number, normalized)


def external_id_query(vault: Vault, tenant: str, kind: RecordKind, field: str, external_id: ExternalId) -> list[bytes]:
    number = vault.dictionary.index_number(kind, field)
    key = external_id_key(external_id.source, external_id.id)
    return vault.keyring.blind_index(tenant).tokens_for_search(number, key)


def require_unclaimed(vault: Vault, tenant: str, unique: Sequence[SearchToken]) -> None:
    """For dry runs: what `put_tokens` would refuse.

    Raises:
        AlreadyExistsError: another record has one of the external ids.
    """
    with vault.store.read() as view:
        for token in unique:
            held = view.records.match_unique(tenant, token.field, [token.token])
            if any(record_id != token.record_id for _, record_id in held.values()):
                raise AlreadyExistsError("another record has this external id", reason="DUPLICATE_EXTERNAL_ID")
