"""Customers: read, write, list, search, erase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from strongroom._sync.calls import Calls
from strongroom._sync.imports import Imports
from strongroom._sync.records import Page, pages
from strongroom.api.v1 import customer_service_pb2 as api
from strongroom.api.v1.customer_pb2 import Customer, ExternalId
from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom.api.v1.privacy_service_pb2 import EraseCustomerRequest, EraseCustomerResponse
from strongroom.errors import InvalidArgumentError
from strongroom.names import resource_name, tenant_name
from strongroom.outcomes import ImportResult


class Customers:
    """The customers of one tenant. A customer is named in full (`tenants/…/customers/…`) or by its id alone."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def create(self, customer: Customer, *, request_id: str = "", validate_only: bool = False) -> Customer:
        request = api.CreateCustomerRequest(
            parent=tenant_name(self._tenant), customer=customer, request_id=request_id, validate_only=validate_only
        )
        return (self._calls.unary(request, api.CreateCustomerResponse)).customer

    def get(self, name: str) -> Customer:
        """Return the source values of a customer."""
        request = api.GetCustomerRequest(name=self._name(name), view=api.CUSTOMER_VIEW_BASIC)
        return (self._calls.unary(request, api.GetCustomerResponse)).customer

    def get_full(self, name: str) -> api.GetCustomerResponse:
        """Return a customer and, beside it, what analyses derived under purposes that were granted to the caller."""
        request = api.GetCustomerRequest(name=self._name(name), view=api.CUSTOMER_VIEW_FULL)
        return self._calls.unary(request, api.GetCustomerResponse)

    def batch_get(self, names: Sequence[str], *, full: bool = False) -> api.BatchGetCustomersResponse:
        """Return up to 1,000 customers in the order asked for, and the names that do not exist."""
        view = api.CUSTOMER_VIEW_FULL if full else api.CUSTOMER_VIEW_BASIC
        request = api.BatchGetCustomersRequest(
            parent=tenant_name(self._tenant), names=[self._name(name) for name in names], view=view
        )
        return self._calls.unary(request, api.BatchGetCustomersResponse)

    def update(
        self, customer: Customer, *, fields: Sequence[str] = (), request_id: str = "", validate_only: bool = False
    ) -> Customer:
        """Write `fields` of a customer that was read before; a set `etag` must still match.

        Args:
            customer: says which by `name`, and the new values.
            fields: fields to write; one that is unset in `customer` is cleared. Empty means every field that is set.
            request_id: makes a repeat harmless; made by the SDK if not given.
            validate_only: check everything, write nothing.

        Raises:
            ConflictError: somebody else wrote the customer meanwhile.
        """
        request = api.UpdateCustomerRequest(
            customer=customer, update_mask=FieldMask(paths=list(fields)), request_id=request_id, validate_only=validate_only
        )
        return (self._calls.unary(request, api.UpdateCustomerResponse)).customer

    def delete(self, name: str, *, etag: str = "", request_id: str = "") -> Customer:
        """Hide a customer; `undelete` brings it back."""
        request = api.DeleteCustomerRequest(name=self._name(name), etag=etag, request_id=request_id)
        return (self._calls.unary(request, api.DeleteCustomerResponse)).customer

    def undelete(self, name: str, *, etag: str = "", request_id: str = "") -> Customer:
        request = api.UndeleteCustomerRequest(name=self._name(name), etag=etag, request_id=request_id)
        return (self._calls.unary(request, api.UndeleteCustomerResponse)).customer

    def list(self, *, page_size: int = 500, show_deleted: bool = False) -> Iterator[Customer]:
        """Iterate over all customers in the order of their creation, page by page."""

        def fetch(token: str) -> Page[Customer]:
            answer = self._page(token, page_size, api.CUSTOMER_VIEW_BASIC, show_deleted=show_deleted)
            return answer.customers, answer.next_page_token

        return pages(fetch)

    def list_full(self, *, page_size: int = 500, show_deleted: bool = False) -> Iterator[api.GetCustomerResponse]:
        """Iterate over all customers with what analyses derived beside each."""

        def fetch(token: str) -> Page[api.GetCustomerResponse]:
            answer = self._page(token, page_size, api.CUSTOMER_VIEW_FULL, show_deleted=show_deleted)
            pairs = zip(answer.customers, answer.derived, strict=True)
            return [
                api.GetCustomerResponse(customer=record, derived=derived) for record, derived in pairs
            ], answer.next_page_token

        return pages(fetch)

    def search(
        self,
        *,
        email: str | None = None,
        phone: str | None = None,
        external_id: tuple[str, str] | None = None,
        national_id: str | None = None,
        limit: int = 100,
    ) -> Sequence[Customer]:
        """Return the customers with exactly this value; give one key. `external_id` is (source, id)."""
        given = [key for key in (email, phone, external_id, national_id) if key is not None]
        if len(given) != 1:
            raise InvalidArgumentError("A search takes exactly one of email, phone, external_id, national_id.")
        request = api.SearchCustomersRequest(parent=tenant_name(self._tenant), view=api.CUSTOMER_VIEW_BASIC, page_size=limit)
        if email is not None:
            request.email = email
        elif phone is not None:
            request.phone = phone
        elif national_id is not None:
            request.national_id = national_id
        elif external_id is not None:
            request.external_id.CopyFrom(ExternalId(source=external_id[0], id=external_id[1]))
        return (self._calls.unary(request, api.SearchCustomersResponse)).customers

    def erase(self, name: str, *, validate_only: bool = False, request_id: str = "") -> EraseCustomerResponse:
        """Destroy the customer's key and all that it sealed, for ever. Old backups go dark too."""
        request = EraseCustomerRequest(name=self._name(name), validate_only=validate_only, request_id=request_id)
        return self._calls.unary(request, EraseCustomerResponse)

    def import_rows(self, rows: Iterable[Customer | ImportRow], *, source: str, import_id: str | None = None) -> ImportResult:
        """Import many customers; the same as `client.imports.customers`."""
        return Imports(self._calls, self._tenant).customers(rows, source=source, import_id=import_id)

    def _page(
        self,
        token: str,
        page_size: int,
        view: api.CustomerView.ValueType,
        *,
        show_deleted: bool,
    ) -> api.ListCustomersResponse:
        request = api.ListCustomersRequest(
            parent=tenant_name(self._tenant), page_size=page_size, page_token=token, show_deleted=show_deleted, view=view
        )
        return self._calls.unary(request, api.ListCustomersResponse)

    def _name(self, given: str) -> str:
        return resource_name(self._tenant, "customers", given)
