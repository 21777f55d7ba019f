"""The three record tables seen alike: customers, transactions and needs differ only in where their record id stands."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, and_, bindparam, func, select

from vault_server.errors import InvalidArgumentError
from vault_server.ports.records import RecordKind, RowState
from vault_server.storage.statements import Query, ids_in
from vault_server.storage.tables import customers, deks, needs, transactions

LIVE_ONLY = RowState.LIVE
LIVE_AND_DELETED = RowState.DELETED


@dataclass(frozen=True, slots=True)
class RecordTable:
    """A record table and the statements on it."""

    table: Table
    record_id: ColumnElement[object]

    @property
    def columns(self) -> tuple[ColumnElement[object], ...]:
        """In the order of `RecordRow`."""
        c = self.table.c
        return (
            c.customer_id,
            self.record_id.label("record_id"),
            c.version,
            c.state,
            c.created_us,
            c.updated_us,
            c.schema_revision,
            c.position,
            c.sealed,
        )

    def _of_tenant(self) -> Query:
        return select(*self.columns).where(self.table.c.tenant_key == bindparam("tenant_key"))

    def one(self) -> Query:
        return self._of_tenant().where(self.record_id == bindparam("record_id"))

    def one_with_keys(self) -> Query:
        """A row for each of the customer's keys; without any, one row whose key is NULL."""
        c = self.table.c
        joined = self.table.outerjoin(deks, and_(deks.c.tenant_key == c.tenant_key, deks.c.customer_id == c.customer_id))
        return (
            select(*self.columns, deks.c.customer_id, deks.c.dek_version, deks.c.kek_epoch, deks.c.wrapped)
            .select_from(joined)
            .where(c.tenant_key == bindparam("tenant_key"), self.record_id == bindparam("record_id"))
            .order_by(deks.c.dek_version)
        )

    def many(self) -> Query:
        return self._of_tenant().where(ids_in(self.record_id))

    def page(self, *, of_customer: bool) -> Query:
        """Parameter `state` is the highest state shown."""
        query = self._of_tenant().where(self.record_id > bindparam("after"), self.table.c.state <= bindparam("state"))
        if of_customer:
            query = query.where(self.table.c.customer_id == bindparam("customer_id"))
        return query.order_by(self.record_id).limit(bindparam("limit"))

    def scan(self) -> Query:
        """Rows and newest keys; the key's columns come last."""
        c = self.table.c
        other = deks.alias("other")
        newest = (
            select(func.max(other.c.dek_version))
            .where(other.c.tenant_key == c.tenant_key, other.c.customer_id == c.customer_id)
            .scalar_subquery()
        )
        joined = self.table.join(
            deks, and_(deks.c.tenant_key == c.tenant_key, deks.c.customer_id == c.customer_id, deks.c.dek_version == newest)
        )
        query = (
            select(*self.columns, deks.c.customer_id, deks.c.dek_version, deks.c.kek_epoch, deks.c.wrapped)
            .select_from(joined)
            .where(
                c.tenant_key == bindparam("tenant_key"),
                c.customer_id >= bindparam("after_customer"),
                c.customer_id <= bindparam("through_customer"),
                c.position <= bindparam("max_position"),
                c.state == int(RowState.LIVE),
            )
        )
        return query.where(self._behind()).order_by(c.customer_id, self.record_id).limit(bindparam("limit"))

    def scan_alone(self) -> Query:
        """The rows of `scan` without keys."""
        c = self.table.c
        query = select(*self.columns).where(
            c.tenant_key == bindparam("tenant_key"),
            c.customer_id >= bindparam("after_customer"),
            c.customer_id <= bindparam("through_customer"),
            c.position <= bindparam("max_position"),
            c.state == int(RowState.LIVE),
        )
        return query.where(self._behind()).order_by(c.customer_id, self.record_id).limit(bindparam("limit"))

    def nth_place(self) -> Query:
        """Where the row stands that comes after `skipped` rows, in scan order, of any state: the index alone tells."""
        c = self.table.c
        query = select(c.customer_id, self.record_id).where(
            c.tenant_key == bindparam("tenant_key"),
            c.customer_id >= bindparam("after_customer"),
            c.customer_id <= bindparam("through_customer"),
        )
        return query.where(self._behind()).order_by(c.customer_id, self.record_id).limit(1).offset(bindparam("skipped"))

    def _behind(self) -> ColumnElement[bool]:
        customer_id = self.table.c.customer_id
        return (customer_id > bindparam("after_customer")) | (self.record_id > bindparam("after_record"))

    def count(self) -> Query:
        """Parameter `state` is the highest state counted."""
        c = self.table.c
        return (
            select(func.count())
            .select_from(self.table)
            .where(c.tenant_key == bindparam("tenant_key"), c.state <= bindparam("state"))
        )

    def every_nth(self) -> Query:
        """Customer ids of every `step`-th LIVE row in scan order."""
        c = self.table.c
        numbered = (
            select(c.customer_id, func.row_number().over(order_by=(c.customer_id, self.record_id)).label("number"))
            .where(c.tenant_key == bindparam("tenant_key"), c.state == int(RowState.LIVE))
            .subquery()
        )
        return select(numbered.c.customer_id).where(numbered.c.number % bindparam("step") == 0).order_by(numbered.c.number)


RECORD_TABLES = {
    RecordKind.CUSTOMER: RecordTable(customers, customers.c.customer_id),
    RecordKind.TRANSACTION: RecordTable(transactions, transactions.c.record_id),
    RecordKind.NEED: RecordTable(needs, needs.c.record_id),
}


def record_table(kind: RecordKind) -> RecordTable:
    """The table of a kind.

    Raises:
        InvalidArgumentError: derived data and checkpoints have repositories of their own.
    """
    found = RECORD_TABLES.get(kind)
    if found is None:
        raise InvalidArgumentError("this kind of record is not kept in a record table")
    return found
