"""Entity ids that last: what a worker names by its run's pseudonym of a record, the vault names for the tenant.

A worker says which record stands for an entity, by its row id. The vault turns that into a keyed token of the record's id:
equal in every run in which the same record stands for the entity, and opaque to everybody without the index key. A correction
that points at a transaction names it by row id too, and gets the transaction's own id.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from strongroom.api.v1.analysis_worker_service_pb2 import RowResult
from vault_server.errors import InvalidArgumentError
from vault_server.ports.run_secrets import Pseudonyms
from vault_server.ports.sealed_values import BlindIndex
from vault_server.usecases import names

ENTITY_FIELD = 9001
_OF_TRANSACTION = re.compile(r"transactions\[([0-9a-f]{32})\](\.[a-z_]+)")


def name_entities(results: Sequence[RowResult], pseudonyms: Pseudonyms, index: BlindIndex) -> None:
    """Replace the row id that stands for each entity by the entity's id, in place.

    Raises:
        InvalidArgumentError: an entity is not named by a row id in hex.
    """
    named = [result.derived.entity for result in results if result.derived.HasField("entity")]
    try:
        row_ids = [bytes.fromhex(entity.entity) for entity in named]
    except ValueError:
        raise InvalidArgumentError(
            "an entity is named by a row id in hex", reason="INVALID_ENTITY", metadata={"field": "entity"}
        ) from None
    for entity, record_id in zip(named, pseudonyms.decode_many(row_ids), strict=True):
        entity.entity = index.token(ENTITY_FIELD, record_id).hex()


def name_golden_fields(results: Sequence[RowResult], pseudonyms: Pseudonyms, tenant: str) -> None:
    """Replace the row ids that golden records point at by the customers' names, in place.

    Raises:
        InvalidArgumentError: a field points at no row id in hex.
    """
    fields = [field for result in results for field in result.derived.entity.golden]
    try:
        row_ids = [bytes.fromhex(field.customer) for field in fields]
    except ValueError:
        raise InvalidArgumentError(
            "a golden field points at a row id in hex", reason="INVALID_ENTITY", metadata={"field": "golden"}
        ) from None
    for field, customer_id in zip(fields, pseudonyms.decode_many(row_ids), strict=True):
        field.customer = names.customer_name(tenant, customer_id)


def name_transactions(results: Sequence[RowResult], pseudonyms: Pseudonyms) -> None:
    """Replace the row ids of transactions in the paths of corrections by the transactions' ids, in place.

    Raises:
        InvalidArgumentError: a path begins like one of a transaction and names none by its row id.
    """
    corrections = [
        correction
        for result in results
        for correction in result.derived.corrections
        if correction.field.startswith("transactions")
    ]
    paths = [_OF_TRANSACTION.fullmatch(correction.field) for correction in corrections]
    row_ids = [bytes.fromhex(path.group(1)) for path in paths if path is not None]
    if len(row_ids) < len(corrections):
        raise InvalidArgumentError(
            "a correction names a transaction by its row id in hex", reason="INVALID_ROW_ID", metadata={"field": "field"}
        )
    for correction, path, record_id in zip(corrections, paths, pseudonyms.decode_many(row_ids), strict=True):
        rest = path.group(2) if path is not None else ""
        correction.field = f"transactions[{names.uuid_text(record_id)}]{rest}"
