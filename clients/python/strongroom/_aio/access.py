"""Principals, tokens and grants."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom._aio.calls import Calls
from strongroom.api.v1 import access_service_pb2 as api
from strongroom.names import resource_name, tenant_name
from strongroom.secret import Secret


class Access:
    """Who may do what in one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    async def who_am_i(self) -> api.WhoAmIResponse:
        return await self._calls.unary(api.WhoAmIRequest(), api.WhoAmIResponse)

    async def put_principal(self, principal: api.Principal, *, request_id: str = "") -> api.Principal:
        """Create a principal, or change the roles of one; `principal.name` is its full name."""
        request = api.PutPrincipalRequest(principal=principal, request_id=request_id)
        return (await self._calls.unary(request, api.PutPrincipalResponse)).principal

    async def principals(self) -> Sequence[api.Principal]:
        request = api.ListPrincipalsRequest(parent=tenant_name(self._tenant))
        return (await self._calls.unary(request, api.ListPrincipalsResponse)).principals

    async def issue_token(self, principal: str, *, lifetime_s: int = 0, request_id: str = "") -> tuple[api.Token, Secret]:
        """Issue a token; its secret is shown only here. Never repeated by the SDK."""
        request = api.IssueTokenRequest(
            principal=resource_name(self._tenant, "principals", principal), lifetime_s=lifetime_s, request_id=request_id
        )
        answer = await self._calls.unary(request, api.IssueTokenResponse)
        return answer.token, Secret(answer.secret)

    async def revoke_token(self, name: str) -> api.Token:
        """Make a token useless at once."""
        request = api.RevokeTokenRequest(name=resource_name(self._tenant, "tokens", name))
        return (await self._calls.unary(request, api.RevokeTokenResponse)).token

    async def tokens(self) -> Sequence[api.Token]:
        request = api.ListTokensRequest(parent=tenant_name(self._tenant))
        return (await self._calls.unary(request, api.ListTokensResponse)).tokens

    async def create_grant(self, grant: api.Grant, *, request_id: str = "") -> api.Grant:
        request = api.CreateGrantRequest(parent=tenant_name(self._tenant), grant=grant, request_id=request_id)
        return (await self._calls.unary(request, api.CreateGrantResponse)).grant

    async def grants(self) -> Sequence[api.Grant]:
        request = api.ListGrantsRequest(parent=tenant_name(self._tenant))
        return (await self._calls.unary(request, api.ListGrantsResponse)).grants

    async def revoke_grant(self, name: str) -> None:
        request = api.RevokeGrantRequest(name=resource_name(self._tenant, "grants", name))
        await self._calls.unary(request, api.RevokeGrantResponse)
