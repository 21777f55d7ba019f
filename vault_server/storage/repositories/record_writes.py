"""Writing records, keys, tokens and consents, and erasing a customer: the writing half of the record repository.

Rules. Every write to a customer's data first keeps erasures of the tenant out (`guard_erasures`), so that nothing of an
erased customer can appear behind an erasure that was committed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import bindparam, delete, or_, select, update

from vault_server.errors import AlreadyExistsError, ConflictError, ErasedError, NotFoundError
from vault_server.ports.keys import WrappedDek
from vault_server.ports.records import ConsentRow, ErasedCounts, RecordKind, RecordRow, SearchToken
from vault_server.storage.repositories import token_writes
from vault_server.storage.repositories.record_reads import SqlRecordReader
from vault_server.storage.repositories.record_tables import RECORD_TABLES, record_table
from vault_server.storage.review_tables import proposal_drafts, proposals
from vault_server.storage.run_tables import derived
from vault_server.storage.statements import insert_into, upsert
from vault_server.storage.tables import consents, customers, deks, erasures, needs, tenants, transactions

_UPDATE = {
    kind: update(each.table)
    .where(
        each.table.c.tenant_key == bindparam("of_tenant"),
        each.table.c.customer_id == bindparam("of_customer"),
        each.record_id == bindparam("of_record"),
        each.table.c.version == bindparam("new_version") - 1,
    )
    .values(
        version=bindparam("new_version"),
        state=bindparam("new_state"),
        created_us=bindparam("new_created"),
        updated_us=bindparam("new_updated"),
        schema_revision=bindparam("new_revision"),
        position=bindparam("new_position"),
        sealed=bindparam("new_sealed"),
    )
    for kind, each in RECORD_TABLES.items()
}
_RECORD_COLUMNS = ("version", "state", "created_us", "updated_us", "schema_revision", "position", "sealed")
_CUSTOMER_COLUMNS = ("tenant_key", "customer_id", *_RECORD_COLUMNS)
_CHILD_COLUMNS = ("tenant_key", "customer_id", "record_id", *_RECORD_COLUMNS)
_CHILD_IDS = {
    each: select(each.c.record_id).where(
        each.c.tenant_key == bindparam("tenant_key"), each.c.customer_id == bindparam("customer_id")
    )
    for each in (transactions, needs)
}
_DELETE_OF_CUSTOMER = {
    each: delete(each).where(each.c.tenant_key == bindparam("tenant_key"), each.c.customer_id == bindparam("customer_id"))
    for each in (customers, transactions, needs, derived, deks, consents)
}
_DELETE_PROPOSALS = tuple(
    delete(each).where(
        each.c.tenant_key == bindparam("tenant_key"),
        or_(each.c.customer_id == bindparam("customer_id"), each.c.other_id == bindparam("customer_id")),
    )
    for each in (proposals, proposal_drafts)
)
_TOMBSTONE = select(erasures.c.fence).where(
    erasures.c.tenant_key == bindparam("tenant_key"), erasures.c.customer_id == bindparam("customer_id")
)
_RAISE_FENCE = (
    update(tenants)
    .where(tenants.c.tenant_key == bindparam("of_tenant"))
    .values(fence=tenants.c.fence + 1, position=bindparam("new_position"))
    .returning(tenants.c.fence)
)
_PUT_TOMBSTONE = insert_into(erasures)
_CONSENT = upsert(consents)
_PUT_CONSENT = upsert(consents, where=_CONSENT.excluded.time_us >= consents.c.time_us)


class SqlRecordWriter(SqlRecordReader):
    """`ports.records.RecordWriter` on a session."""

    def _require_tenant(self, tenant: str) -> int:
        found = self._session.tenant_key(tenant)
        if found is None:
            raise NotFoundError("there is no such tenant", hint="create the tenant first")
        return found

    def _guard(self, tenant: str, customer_ids: Sequence[bytes]) -> int:
        tenant_key = self._require_tenant(tenant)
        self._session.guard_erasures(tenant_key)
        if self.erased(tenant, list(dict.fromkeys(customer_ids))):
            raise ErasedError("the customer was erased", hint="an erased customer cannot come back; use a new record")
        return tenant_key

    def insert(self, tenant: str, kind: RecordKind, rows: Sequence[RecordRow]) -> None:
        table = record_table(kind).table
        if not rows:
            return
        tenant_key = self._guard(tenant, [row.customer_id for row in rows])
        position = self._session.position()
        if kind is RecordKind.CUSTOMER:
            tuples = [(tenant_key, r[0], r[2], r[3], r[4], r[5], r[6], position, r[8]) for r in rows]
            self._session.insert(table, _CUSTOMER_COLUMNS, tuples)
            return
        self._session.insert(table, _CHILD_COLUMNS, [(tenant_key, *r[:7], position, r[8]) for r in rows])

    def insert_deks(self, tenant: str, deks: Sequence[WrappedDek]) -> None:
        if not deks:
            return
        tenant_key = self._guard(tenant, [dek.customer_id for dek in deks])
        position = self._session.position()
        columns = ("tenant_key", "customer_id", "dek_version", "kek_epoch", "wrapped", "position")
        self._session.insert(_DEKS, columns, [(tenant_key, *dek, position) for dek in deks])

    def update(self, tenant: str, kind: RecordKind, rows: Sequence[RecordRow]) -> None:
        record_table(kind)
        if not rows:
            return
        tenant_key = self._require_tenant(tenant)
        position = self._session.position()
        # One order for every writer, so that two batches over the same rows wait for each other instead of deadlocking.
        changes = [_change(tenant_key, row, position) for row in sorted(rows, key=lambda row: row.record_id)]
        if self._session.run_many(_UPDATE[kind], changes) != len(rows):
            raise ConflictError(
                "the record was changed meanwhile", reason="ETAG_MISMATCH", hint="read it again and repeat the change"
            )

    def put_tokens(self, tenant: str, tokens: Sequence[SearchToken], *, unique: Sequence[SearchToken] = ()) -> None:
        if not tokens and not unique:
            return
        try:
            token_writes.put(self._session, self._require_tenant(tenant), tokens, unique)
        except AlreadyExistsError:
            raise AlreadyExistsError(
                "another record carries this external id",
                reason="DUPLICATE_EXTERNAL_ID",
                hint="update that record, or remove the id from it first",
            ) from None

    def drop_tokens(self, tenant: str, kind: RecordKind, record_ids: Sequence[bytes]) -> None:
        record_table(kind)
        if record_ids:
            token_writes.drop(self._session, self._require_tenant(tenant), record_ids)

    def put_consent(self, tenant: str, row: ConsentRow) -> None:
        tenant_key = self._guard(tenant, [row.customer_id])
        self._session.run(
            _PUT_CONSENT,
            tenant_key=tenant_key,
            customer_id=row.customer_id,
            purpose=row.purpose,
            given=int(row.given),
            time_us=row.time_us,
            position=self._session.position(),
        )

    def erase(self, tenant: str, customer_id: bytes, now_us: int) -> ErasedCounts:
        tenant_key = self._require_tenant(tenant)
        position = self._session.position()
        # The fence first: its row lock waits for every insert that guards against this erasure.
        fence = self._session.rows(_RAISE_FENCE, of_tenant=tenant_key, new_position=position)[0][0]
        if self._session.rows(_TOMBSTONE, tenant_key=tenant_key, customer_id=customer_id):
            return ErasedCounts(0, 0, 0)
        records = self._record_ids(tenant_key, customer_id)
        if not self._remove(customers, tenant_key, customer_id):
            raise NotFoundError("there is no such customer")
        counts = ErasedCounts(*(self._remove(each, tenant_key, customer_id) for each in (transactions, needs, derived)))
        for each in (_DEKS, consents):
            self._remove(each, tenant_key, customer_id)
        for statement in _DELETE_PROPOSALS:
            self._session.run(statement, tenant_key=tenant_key, customer_id=customer_id)
        token_writes.drop(self._session, tenant_key, records)
        self._session.run(
            _PUT_TOMBSTONE, tenant_key=tenant_key, customer_id=customer_id, fence=fence, erased_us=now_us, position=position
        )
        return counts

    def _remove(self, table: object, tenant_key: int, customer_id: bytes) -> int:
        return self._session.run(_DELETE_OF_CUSTOMER[table], tenant_key=tenant_key, customer_id=customer_id)  # type: ignore[index]  # tables above

    def _record_ids(self, tenant_key: int, customer_id: bytes) -> list[bytes]:
        rows = [
            row
            for query in _CHILD_IDS.values()
            for row in self._session.rows(query, tenant_key=tenant_key, customer_id=customer_id)
        ]
        return [customer_id, *(cast("bytes", row[0]) for row in rows)]


_DEKS = deks  # `insert_deks` takes its rows under the name that the port gives them


def _change(tenant_key: int, row: RecordRow, position: int) -> dict[str, object]:
    return {
        "of_tenant": tenant_key,
        "of_customer": row.customer_id,
        "of_record": row.record_id,
        "new_version": row.version,
        "new_state": row.state,
        "new_created": row.created_us,
        "new_updated": row.updated_us,
        "new_revision": row.schema_revision,
        "new_position": position,
        "new_sealed": row.sealed,
    }
