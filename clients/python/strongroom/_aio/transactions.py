"""Transactions: read, write, list, search."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from strongroom._aio.calls import Calls
from strongroom._aio.imports import Imports
from strongroom._aio.records import Page, pages
from strongroom.api.v1 import transaction_service_pb2 as api
from strongroom.api.v1.customer_pb2 import ExternalId
from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom.api.v1.transaction_pb2 import Transaction
from strongroom.names import resource_name, tenant_name
from strongroom.outcomes import ImportResult


class Transactions:
    """The transactions of one tenant, each under its customer."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    async def create(
        self, customer: str, transaction: Transaction, *, request_id: str = "", validate_only: bool = False
    ) -> Transaction:
        request = api.CreateTransactionRequest(
            parent=self._customer(customer), transaction=transaction, request_id=request_id, validate_only=validate_only
        )
        return (await self._calls.unary(request, api.CreateTransactionResponse)).transaction

    async def get(self, name: str) -> Transaction:
        """Return one transaction; `name` is its full resource name."""
        return (await self._calls.unary(api.GetTransactionRequest(name=name), api.GetTransactionResponse)).transaction

    async def batch_get(self, customer: str, names: Sequence[str]) -> api.BatchGetTransactionsResponse:
        """Return up to 1,000 transactions of one customer in the order asked for, and the names that do not exist."""
        request = api.BatchGetTransactionsRequest(parent=self._customer(customer), names=names)
        return await self._calls.unary(request, api.BatchGetTransactionsResponse)

    async def update(
        self, transaction: Transaction, *, fields: Sequence[str] = (), request_id: str = "", validate_only: bool = False
    ) -> Transaction:
        """Write `fields` of a transaction that was read before; a set `etag` must still match.

        Raises:
            ConflictError: somebody else wrote it meanwhile.
        """
        request = api.UpdateTransactionRequest(
            transaction=transaction,
            update_mask=FieldMask(paths=list(fields)),
            request_id=request_id,
            validate_only=validate_only,
        )
        return (await self._calls.unary(request, api.UpdateTransactionResponse)).transaction

    async def delete(self, name: str, *, etag: str = "", request_id: str = "") -> Transaction:
        """Hide one transaction; `undelete` brings it back."""
        request = api.DeleteTransactionRequest(name=name, etag=etag, request_id=request_id)
        return (await self._calls.unary(request, api.DeleteTransactionResponse)).transaction

    async def undelete(self, name: str, *, etag: str = "", request_id: str = "") -> Transaction:
        request = api.UndeleteTransactionRequest(name=name, etag=etag, request_id=request_id)
        return (await self._calls.unary(request, api.UndeleteTransactionResponse)).transaction

    def list(self, *, customer: str = "-", page_size: int = 500, show_deleted: bool = False) -> AsyncIterator[Transaction]:
        """Iterate over the transactions of one customer, or of all, in the order of their creation."""

        async def fetch(token: str) -> Page[Transaction]:
            request = api.ListTransactionsRequest(
                parent=self._customer(customer), page_size=page_size, page_token=token, show_deleted=show_deleted
            )
            answer = await self._calls.unary(request, api.ListTransactionsResponse)
            return answer.transactions, answer.next_page_token

        return pages(fetch)

    async def search(self, *, external_id: tuple[str, str]) -> Sequence[Transaction]:
        """Return the transactions with this (source, id)."""
        key = ExternalId(source=external_id[0], id=external_id[1])
        request = api.SearchTransactionsRequest(parent=tenant_name(self._tenant), external_id=key)
        return (await self._calls.unary(request, api.SearchTransactionsResponse)).transactions

    async def import_rows(self, rows: Iterable[ImportRow], *, source: str, import_id: str | None = None) -> ImportResult:
        """Import many transactions; the same as `client.imports.transactions`."""
        return await Imports(self._calls, self._tenant).transactions(rows, source=source, import_id=import_id)

    def _customer(self, given: str) -> str:
        return resource_name(self._tenant, "customers", given)
