"""Customers, transactions and needs."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1 import customer_service_pb2 as customers_pb2
from strongroom.api.v1 import need_service_pb2 as needs_pb2
from strongroom.api.v1 import transaction_service_pb2 as transactions_pb2
from strongroom.api.v1.customer_pb2 import Customer
from strongroom.api.v1.need_pb2 import Need
from strongroom.api.v1.transaction_pb2 import Transaction
from vault_server.errors import InvalidArgumentError
from vault_server.ports.records import RecordKind
from vault_server.usecases import names
from vault_server.usecases.call import Call
from vault_server.usecases.record_service import RecordService
from vault_server.usecases.search_tokens import external_id_query, text_query

_TEXT_KEYS = {"email": "emails", "phone": "phones", "national_id": "national_ids"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerServicer:
    """CustomerService."""

    records: RecordService[Customer]

    def CreateCustomer(self, request: customers_pb2.CreateCustomerRequest, call: Call) -> customers_pb2.CreateCustomerResponse:
        made = self.records.create(
            call, request.parent, request.customer, request_id=request.request_id, validate_only=request.validate_only
        )
        return customers_pb2.CreateCustomerResponse(customer=made)

    def GetCustomer(self, request: customers_pb2.GetCustomerRequest, call: Call) -> customers_pb2.GetCustomerResponse:
        full = _full(request.view)
        found = self.records.get(call, request.name, full=full)
        return customers_pb2.GetCustomerResponse(customer=found.records[0], derived=found.derived[0] if full else None)

    def BatchGetCustomers(
        self, request: customers_pb2.BatchGetCustomersRequest, call: Call
    ) -> customers_pb2.BatchGetCustomersResponse:
        full = _full(request.view)
        found = self.records.batch_get(call, request.parent, request.names, full=full)
        return customers_pb2.BatchGetCustomersResponse(
            customers=found.records,
            missing=found.missing,
            derived=found.derived if full else (),
        )

    def UpdateCustomer(self, request: customers_pb2.UpdateCustomerRequest, call: Call) -> customers_pb2.UpdateCustomerResponse:
        written = self.records.update(
            call, request.customer, request.update_mask, request_id=request.request_id, validate_only=request.validate_only
        )
        return customers_pb2.UpdateCustomerResponse(customer=written)

    def DeleteCustomer(self, request: customers_pb2.DeleteCustomerRequest, call: Call) -> customers_pb2.DeleteCustomerResponse:
        gone = self.records.set_deleted(call, request.name, request.etag, deleted=True, request_id=request.request_id)
        return customers_pb2.DeleteCustomerResponse(customer=gone)

    def UndeleteCustomer(
        self, request: customers_pb2.UndeleteCustomerRequest, call: Call
    ) -> customers_pb2.UndeleteCustomerResponse:
        back = self.records.set_deleted(call, request.name, request.etag, deleted=False, request_id=request.request_id)
        return customers_pb2.UndeleteCustomerResponse(customer=back)

    def ListCustomers(self, request: customers_pb2.ListCustomersRequest, call: Call) -> customers_pb2.ListCustomersResponse:
        full = _full(request.view)
        found = self.records.list_records(
            call,
            request.parent,
            page_size=request.page_size,
            page_token=request.page_token,
            show_deleted=request.show_deleted,
            full=full,
        )
        return customers_pb2.ListCustomersResponse(
            customers=found.records,
            next_page_token=found.next_page_token,
            derived=found.derived if full else (),
        )

    def SearchCustomers(
        self, request: customers_pb2.SearchCustomersRequest, call: Call
    ) -> customers_pb2.SearchCustomersResponse:
        tenant, full = call.require_tenant(names.parse_tenant(request.parent)), _full(request.view)
        key, vault = request.WhichOneof("key"), self.records.vault
        if key is None:
            raise _no_key()
        if key == "external_id":
            field = "external_ids"
            tokens = external_id_query(vault, tenant, RecordKind.CUSTOMER, field, request.external_id)
        else:
            field = _TEXT_KEYS[key]
            tokens = text_query(vault, tenant, RecordKind.CUSTOMER, field, getattr(request, key))
        found = self.records.search(call, request.parent, field, tokens, limit=request.page_size, full=full)
        return customers_pb2.SearchCustomersResponse(customers=found.records, derived=found.derived if full else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionServicer:
    """TransactionService."""

    records: RecordService[Transaction]

    def CreateTransaction(
        self, request: transactions_pb2.CreateTransactionRequest, call: Call
    ) -> transactions_pb2.CreateTransactionResponse:
        made = self.records.create(
            call, request.parent, request.transaction, request_id=request.request_id, validate_only=request.validate_only
        )
        return transactions_pb2.CreateTransactionResponse(transaction=made)

    def GetTransaction(
        self, request: transactions_pb2.GetTransactionRequest, call: Call
    ) -> transactions_pb2.GetTransactionResponse:
        found = self.records.get(call, request.name)
        return transactions_pb2.GetTransactionResponse(transaction=found.records[0])

    def BatchGetTransactions(
        self, request: transactions_pb2.BatchGetTransactionsRequest, call: Call
    ) -> transactions_pb2.BatchGetTransactionsResponse:
        found = self.records.batch_get(call, request.parent, request.names)
        return transactions_pb2.BatchGetTransactionsResponse(transactions=found.records, missing=found.missing)

    def UpdateTransaction(
        self, request: transactions_pb2.UpdateTransactionRequest, call: Call
    ) -> transactions_pb2.UpdateTransactionResponse:
        written = self.records.update(
            call, request.transaction, request.update_mask, request_id=request.request_id, validate_only=request.validate_only
        )
        return transactions_pb2.UpdateTransactionResponse(transaction=written)

    def DeleteTransaction(
        self, request: transactions_pb2.DeleteTransactionRequest, call: Call
    ) -> transactions_pb2.DeleteTransactionResponse:
        gone = self.records.set_deleted(call, request.name, request.etag, deleted=True, request_id=request.request_id)
        return transactions_pb2.DeleteTransactionResponse(transaction=gone)

    def UndeleteTransaction(
        self, request: transactions_pb2.UndeleteTransactionRequest, call: Call
    ) -> transactions_pb2.UndeleteTransactionResponse:
        back = self.records.set_deleted(call, request.name, request.etag, deleted=False, request_id=request.request_id)
        return transactions_pb2.UndeleteTransactionResponse(transaction=back)

    def ListTransactions(
        self, request: transactions_pb2.ListTransactionsRequest, call: Call
    ) -> transactions_pb2.ListTransactionsResponse:
        found = self.records.list_records(
            call, request.parent, page_size=request.page_size, page_token=request.page_token, show_deleted=request.show_deleted
        )
        return transactions_pb2.ListTransactionsResponse(transactions=found.records, next_page_token=found.next_page_token)

    def SearchTransactions(
        self, request: transactions_pb2.SearchTransactionsRequest, call: Call
    ) -> transactions_pb2.SearchTransactionsResponse:
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        tokens = external_id_query(self.records.vault, tenant, RecordKind.TRANSACTION, "external_id", request.external_id)
        found = self.records.search(call, request.parent, "external_id", tokens)
        return transactions_pb2.SearchTransactionsResponse(transactions=found.records)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedServicer:
    """NeedService."""

    records: RecordService[Need]

    def CreateNeed(self, request: needs_pb2.CreateNeedRequest, call: Call) -> needs_pb2.CreateNeedResponse:
        made = self.records.create(
            call, request.parent, request.need, request_id=request.request_id, validate_only=request.validate_only
        )
        return needs_pb2.CreateNeedResponse(need=made)

    def GetNeed(self, request: needs_pb2.GetNeedRequest, call: Call) -> needs_pb2.GetNeedResponse:
        return needs_pb2.GetNeedResponse(need=self.records.get(call, request.name).records[0])

    def BatchGetNeeds(self, request: needs_pb2.BatchGetNeedsRequest, call: Call) -> needs_pb2.BatchGetNeedsResponse:
        found = self.records.batch_get(call, request.parent, request.names)
        return needs_pb2.BatchGetNeedsResponse(needs=found.records, missing=found.missing)

    def UpdateNeed(self, request: needs_pb2.UpdateNeedRequest, call: Call) -> needs_pb2.UpdateNeedResponse:
        written = self.records.update(
            call, request.need, request.update_mask, request_id=request.request_id, validate_only=request.validate_only
        )
        return needs_pb2.UpdateNeedResponse(need=written)

    def DeleteNeed(self, request: needs_pb2.DeleteNeedRequest, call: Call) -> needs_pb2.DeleteNeedResponse:
        gone = self.records.set_deleted(call, request.name, request.etag, deleted=True, request_id=request.request_id)
        return needs_pb2.DeleteNeedResponse(need=gone)

    def UndeleteNeed(self, request: needs_pb2.UndeleteNeedRequest, call: Call) -> needs_pb2.UndeleteNeedResponse:
        back = self.records.set_deleted(call, request.name, request.etag, deleted=False, request_id=request.request_id)
        return needs_pb2.UndeleteNeedResponse(need=back)

    def ListNeeds(self, request: needs_pb2.ListNeedsRequest, call: Call) -> needs_pb2.ListNeedsResponse:
        found = self.records.list_records(
            call, request.parent, page_size=request.page_size, page_token=request.page_token, show_deleted=request.show_deleted
        )
        return needs_pb2.ListNeedsResponse(needs=found.records, next_page_token=found.next_page_token)

    def SearchNeeds(self, request: needs_pb2.SearchNeedsRequest, call: Call) -> needs_pb2.SearchNeedsResponse:
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        tokens = external_id_query(self.records.vault, tenant, RecordKind.NEED, "external_id", request.external_id)
        found = self.records.search(call, request.parent, "external_id", tokens)
        return needs_pb2.SearchNeedsResponse(needs=found.records)


def _full(view: customers_pb2.CustomerView.ValueType) -> bool:
    return view == customers_pb2.CustomerView.CUSTOMER_VIEW_FULL


def _no_key() -> InvalidArgumentError:
    return InvalidArgumentError("name exactly one key to search by", reason="NO_SEARCH_KEY", metadata={"field": "key"})
