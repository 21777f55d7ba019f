"""Key-encryption keys, never their bytes."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom._aio.calls import Calls
from strongroom.api.v1 import key_service_pb2 as api
from strongroom.names import tenant_name


class Keys:
    """The keys of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    async def list(self) -> Sequence[api.Key]:
        request = api.ListKeysRequest(parent=tenant_name(self._tenant))
        return (await self._calls.unary(request, api.ListKeysResponse)).keys
