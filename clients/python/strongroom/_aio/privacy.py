"""The rights of customers: purposes and consent; erasure is `client.customers.erase`, and here under its own name."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom._aio.calls import Calls
from strongroom.api.v1 import privacy_service_pb2 as api
from strongroom.names import resource_name, tenant_name


class Privacy:
    """Purposes and consents of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    async def erase(self, customer: str, *, validate_only: bool = False, request_id: str = "") -> api.EraseCustomerResponse:
        """Destroy the customer's key and all that it sealed, for ever."""
        request = api.EraseCustomerRequest(name=self._customer(customer), validate_only=validate_only, request_id=request_id)
        return await self._calls.unary(request, api.EraseCustomerResponse)

    async def create_purpose(self, purpose_id: str, purpose: api.Purpose, *, request_id: str = "") -> api.Purpose:
        request = api.CreatePurposeRequest(
            parent=tenant_name(self._tenant), purpose_id=purpose_id, purpose=purpose, request_id=request_id
        )
        return (await self._calls.unary(request, api.CreatePurposeResponse)).purpose

    async def purposes(self) -> Sequence[api.Purpose]:
        request = api.ListPurposesRequest(parent=tenant_name(self._tenant))
        return (await self._calls.unary(request, api.ListPurposesResponse)).purposes

    async def set_consent(self, customer: str, purpose: str, *, given: bool, request_id: str = "") -> api.Consent:
        request = api.SetConsentRequest(
            name=self._customer(customer),
            purpose=resource_name(self._tenant, "purposes", purpose),
            given=given,
            request_id=request_id,
        )
        return (await self._calls.unary(request, api.SetConsentResponse)).consent

    async def consents(self, customer: str) -> Sequence[api.Consent]:
        request = api.ListConsentsRequest(name=self._customer(customer))
        return (await self._calls.unary(request, api.ListConsentsResponse)).consents

    def _customer(self, given: str) -> str:
        return resource_name(self._tenant, "customers", given)
