"""The three kinds of record, and what differs between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from strongroom.api.v1.customer_pb2 import Customer, ExternalId
from strongroom.api.v1.need_pb2 import Need
from strongroom.api.v1.transaction_pb2 import Transaction
from vault_server.ports.records import RecordKind
from vault_server.usecases import names

Record: TypeAlias = Customer | Transaction | Need
R = TypeVar("R", Customer, Transaction, Need)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec(Generic[R]):
    """One kind of record: its table, its message, the last collection in its names."""

    kind: RecordKind
    collection: str
    message: type[R]

    def name(self, tenant: str, customer_id: bytes, record_id: bytes) -> str:
        if self.kind is RecordKind.CUSTOMER:
            return names.customer_name(tenant, customer_id)
        return names.record_name(tenant, customer_id, self.collection, record_id)

    def name_start(self, tenant: str) -> str | None:
        """What precedes the id in the names of all records of a tenant, None where it differs from record to record."""
        return f"{names.tenant_name(tenant)}/customers/" if self.kind is RecordKind.CUSTOMER else None

    def parse(self, name: str) -> names.RecordName:
        if self.kind is RecordKind.CUSTOMER:
            tenant, customer_id = names.parse_customer(name)
            return names.RecordName(tenant, customer_id, customer_id)
        return names.parse_record(name, self.collection)


CUSTOMERS: KindSpec[Customer] = KindSpec(kind=RecordKind.CUSTOMER, collection="customers", message=Customer)
TRANSACTIONS: KindSpec[Transaction] = KindSpec(kind=RecordKind.TRANSACTION, collection="transactions", message=Transaction)
NEEDS: KindSpec[Need] = KindSpec(kind=RecordKind.NEED, collection="needs", message=Need)
AnyKind: TypeAlias = KindSpec[Customer] | KindSpec[Transaction] | KindSpec[Need]
BY_KIND: dict[RecordKind, AnyKind] = {
    RecordKind.CUSTOMER: CUSTOMERS,
    RecordKind.TRANSACTION: TRANSACTIONS,
    RecordKind.NEED: NEEDS,
}


def external_ids(record: Record) -> list[ExternalId]:
    """The source-system ids of a record."""
    if isinstance(record, Customer):
        return record.external_ids[:]  # a slice: iterating the container itself costs three times as much
    return [record.external_id] if record.HasField("external_id") else []
