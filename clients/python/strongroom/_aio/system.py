"""The vault as a system: versions, schedules, content digest."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom._aio.calls import Calls
from strongroom.api.v1 import system_service_pb2 as api

_DIGEST_BUDGET_S = 3600.0


class System:
    """The vault that the client talks to."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def info(self, *, timeout_s: float | None = None) -> api.GetSystemInfoResponse:
        return await self._calls.unary(api.GetSystemInfoRequest(), api.GetSystemInfoResponse, timeout_s=timeout_s)

    async def schedules(self) -> Sequence[api.Schedule]:
        return (await self._calls.unary(api.ListSchedulesRequest(), api.ListSchedulesResponse)).schedules

    async def put_schedule(self, schedule: api.Schedule) -> api.Schedule:
        """Create or change recurring work."""
        return (await self._calls.unary(api.PutScheduleRequest(schedule=schedule), api.PutScheduleResponse)).schedule

    async def content_digest(self, *, timeout_s: float = _DIGEST_BUDGET_S) -> api.GetContentDigestResponse:
        """Count and digest the logical content; the same after a restore."""
        return await self._calls.unary(api.GetContentDigestRequest(), api.GetContentDigestResponse, timeout_s=timeout_s)
