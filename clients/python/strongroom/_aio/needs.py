"""Needs: read, write, list, search."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from google.protobuf.field_mask_pb2 import FieldMask

from strongroom._aio.calls import Calls
from strongroom._aio.imports import Imports
from strongroom._aio.records import Page, pages
from strongroom.api.v1 import need_service_pb2 as api
from strongroom.api.v1.customer_pb2 import ExternalId
from strongroom.api.v1.import_service_pb2 import ImportRow
from strongroom.api.v1.need_pb2 import Need
from strongroom.names import resource_name, tenant_name
from strongroom.outcomes import ImportResult


class Needs:
    """The needs of one tenant, each under its customer."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    async def create(self, customer: str, need: Need, *, request_id: str = "", validate_only: bool = False) -> Need:
        request = api.CreateNeedRequest(
            parent=self._customer(customer), need=need, request_id=request_id, validate_only=validate_only
        )
        return (await self._calls.unary(request, api.CreateNeedResponse)).need

    async def get(self, name: str) -> Need:
        """Return one need; `name` is its full resource name."""
        return (await self._calls.unary(api.GetNeedRequest(name=name), api.GetNeedResponse)).need

    async def batch_get(self, customer: str, names: Sequence[str]) -> api.BatchGetNeedsResponse:
        """Return up to 1,000 needs of one customer in the order asked for, and the names that do not exist."""
        request = api.BatchGetNeedsRequest(parent=self._customer(customer), names=names)
        return await self._calls.unary(request, api.BatchGetNeedsResponse)

    async def update(
        self, need: Need, *, fields: Sequence[str] = (), request_id: str = "", validate_only: bool = False
    ) -> Need:
        """Write `fields` of a need that was read before; a set `etag` must still match.

        Raises:
            ConflictError: somebody else wrote it meanwhile.
        """
        request = api.UpdateNeedRequest(
            need=need, update_mask=FieldMask(paths=list(fields)), request_id=request_id, validate_only=validate_only
        )
        return (await self._calls.unary(request, api.UpdateNeedResponse)).need

    async def delete(self, name: str, *, etag: str = "", request_id: str = "") -> Need:
        """Hide one need; `undelete` brings it back."""
        request = api.DeleteNeedRequest(name=name, etag=etag, request_id=request_id)
        return (await self._calls.unary(request, api.DeleteNeedResponse)).need

    async def undelete(self, name: str, *, etag: str = "", request_id: str = "") -> Need:
        request = api.UndeleteNeedRequest(name=name, etag=etag, request_id=request_id)
        return (await self._calls.unary(request, api.UndeleteNeedResponse)).need

    def list(self, *, customer: str = "-", page_size: int = 500, show_deleted: bool = False) -> AsyncIterator[Need]:
        """Iterate over the needs of one customer, or of all, in the order of their creation."""

        async def fetch(token: str) -> Page[Need]:
            request = api.ListNeedsRequest(
                parent=self._customer(customer), page_size=page_size, page_token=token, show_deleted=show_deleted
            )
            answer = await self._calls.unary(request, api.ListNeedsResponse)
            return answer.needs, answer.next_page_token

        return pages(fetch)

    async def search(self, *, external_id: tuple[str, str]) -> Sequence[Need]:
        """Return the needs with this (source, id)."""
        key = ExternalId(source=external_id[0], id=external_id[1])
        request = api.SearchNeedsRequest(parent=tenant_name(self._tenant), external_id=key)
        return (await self._calls.unary(request, api.SearchNeedsResponse)).needs

    async def import_rows(self, rows: Iterable[ImportRow], *, source: str, import_id: str | None = None) -> ImportResult:
        """Import many needs; the same as `client.imports.needs`."""
        return await Imports(self._calls, self._tenant).needs(rows, source=source, import_id=import_id)

    def _customer(self, given: str) -> str:
        return resource_name(self._tenant, "customers", given)
