"""Between records and rows: what is sealed, under which reference, and what an opened row looks like to a caller.

A row holds the canonical record without what the vault itself adds (name, etag, version, state, times); that is appended to
the opened bytes. Keys live for one batch: rows are read first, then opened outside the storage transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from strongroom.api.v1.customer_pb2 import DerivedData, Origin
from vault_server.errors import IntegrityError, KeyUnavailableError
from vault_server.ports.keys import BatchCipher, Batches, RecordRef, WrappedDek
from vault_server.ports.records import DerivedRow, RecordKind, RecordRow, RowState
from vault_server.records.projection import DERIVED_FIELDS
from vault_server.records.sealing import etag, with_meta
from vault_server.usecases import names
from vault_server.usecases.record_kinds import AnyKind, KindSpec, R

if TYPE_CHECKING:
    from vault_server.usecases.vault import Vault

SCHEMA_REVISION = 1


def reference(tenant: str, kind: RecordKind, row: RecordRow) -> RecordRef:
    """Where a row's envelope belongs."""
    return RecordRef(tenant, row.customer_id, kind, row.record_id, row.version, row.schema_revision)


def references(tenant: str, kind: RecordKind, rows: Iterable[RecordRow]) -> list[RecordRef]:
    """`reference` for many."""
    return [
        RecordRef(tenant, customer_id, kind, record_id, version, revision)
        for customer_id, record_id, version, _, _, _, revision, _, _ in rows
    ]


def seal_new(
    cipher: BatchCipher, kind: RecordKind, customer_id: bytes, record_id: bytes, plaintext: bytes, now_us: int
) -> RecordRow:
    """Version 1 of a record; the cipher holds the customer's key."""
    ref = RecordRef(cipher.tenant, customer_id, kind, record_id, 1, SCHEMA_REVISION)
    sealed = cipher.seal(ref, plaintext)
    return RecordRow(customer_id, record_id, 1, RowState.LIVE, now_us, now_us, SCHEMA_REVISION, 0, sealed)


def seal_next(
    cipher: BatchCipher, kind: RecordKind, row: RecordRow, plaintext: bytes, now_us: int, *, state: RowState = RowState.LIVE
) -> RecordRow:
    """The version after `row`; the cipher holds the customer's key."""
    ref = RecordRef(cipher.tenant, row.customer_id, kind, row.record_id, row.version + 1, SCHEMA_REVISION)
    sealed = cipher.seal(ref, plaintext)
    return row._replace(
        version=row.version + 1, state=state, updated_us=now_us, schema_revision=SCHEMA_REVISION, position=0, sealed=sealed
    )


def open_rows(
    vault: Vault, tenant: str, kind: RecordKind, rows: Sequence[RecordRow], deks: Iterable[WrappedDek]
) -> list[bytes]:
    """Canonical plaintexts, in the order of the rows."""
    if not rows:
        return []
    with vault.keyring.batch(tenant) as cipher:
        cipher.load_deks(list(deks))
        return cipher.open_many(references(tenant, kind, rows), [row.sealed for row in rows])


def as_record(spec: KindSpec[R], tenant: str, row: RecordRow, plaintext: bytes) -> R:
    """The record as a caller sees it."""
    return spec.message.FromString(as_bytes(spec, tenant, row, plaintext))


def as_bytes(spec: AnyKind, tenant: str, row: RecordRow, plaintext: bytes) -> bytes:
    """The same, serialised; no parsing, so the bulk paths use it."""
    return with_meta(
        plaintext,
        name=spec.name(tenant, row.customer_id, row.record_id),
        etag=etag(row.record_id, row.version),
        version=row.version,
        state=row.state,
        created_us=row.created_us,
        updated_us=row.updated_us,
    )


def derived_reference(tenant: str, row: DerivedRow) -> RecordRef:
    """Derived rows are sealed under the run as record id and the step's number as version: moving one between steps fails."""
    return RecordRef(tenant, row.customer_id, RecordKind.DERIVED, row.run_id, step_number(row.step), row.schema_revision)


def step_number(step: str) -> int:
    """A stable number of a step's name, for associated data."""
    return int.from_bytes(step.encode().ljust(8, b"\0")[:8])


def open_derived(
    keyring: Batches,
    tenant: str,
    rows: Sequence[DerivedRow],
    deks: Iterable[WrappedDek],
    *,
    shown: Callable[[DerivedRow, DerivedData], DerivedData] = lambda _row, part: part,
) -> dict[bytes, DerivedData]:
    """Derived data by customer, each part with its origin, as `shown` cuts it. Rows without a key any more are left out."""
    if not rows:
        return {}
    found: dict[bytes, DerivedData] = {}
    with keyring.batch(tenant) as cipher:
        cipher.load_deks(list(deks))
        held = [row for row in rows if cipher.has_dek(row.customer_id)]
        plaintexts = cipher.open_many([derived_reference(tenant, row) for row in held], [row.sealed for row in held])
    for row, plaintext in zip(held, plaintexts, strict=True):
        part = DerivedData.FromString(plaintext)
        set_origins(part, tenant, row)
        found.setdefault(row.customer_id, DerivedData()).MergeFrom(shown(row, part))
    return found


def set_origins(part: DerivedData, tenant: str, row: DerivedRow) -> None:
    origin = Origin(run=names.child_name(tenant, "runs", names.uuid_text(row.run_id)), step=row.step)
    for field, _ in part.ListFields():
        if field.name in DERIVED_FIELDS:
            getattr(part, f"{field.name}_origin").CopyFrom(origin)


def only_row(rows: Sequence[RecordRow]) -> RecordRow | None:
    if len(rows) > 1:
        raise IntegrityError("one id has two rows")
    return rows[0] if rows else None


def require_deks(deks: Sequence[WrappedDek]) -> Sequence[WrappedDek]:
    """A live customer has a key; without one its record cannot be written."""
    if not deks:
        raise KeyUnavailableError("the customer's key is not there")
    return deks
