"""What workers ask of the vault when they do one step of one run together: join, claim cells, write their results.

Rules: the worker with the run's lease leads and presents its lease token; others present the help token that they were given
when they joined. Both are void when the run has moved on.
"""

from __future__ import annotations

from collections.abc import Sequence

from strongroom._aio.calls import Calls
from strongroom.api.v1 import cell_service_pb2 as api
from strongroom.names import tenant_name


class Cells:
    """The cells of the runs of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    async def share(self, run: str, lease_token: str, *, step: str) -> None:
        """Take helpers for a step from now on; none any more if it is empty."""
        request = api.ShareRunRequest(name=run, lease_token=lease_token, step=step)
        await self._calls.unary(request, api.ShareRunResponse)

    async def join(self, steps: Sequence[str]) -> api.JoinRunResponse:
        """Join a run that takes helpers; the answer has no run when there is none."""
        request = api.JoinRunRequest(parent=tenant_name(self._tenant), steps=steps)
        return await self._calls.unary(request, api.JoinRunResponse)

    async def publish(
        self,
        run: str,
        lease_token: str,
        *,
        grid: str,
        digest: bytes,
        cells: int,
        setup: bytes,
        first: int,
        tasks: Sequence[bytes],
    ) -> None:
        """Publish a grid, or behind its first cells more of them: at most 2 MiB of tasks in one call."""
        request = api.PublishCellsRequest(
            name=run, lease_token=lease_token, grid=grid, digest=digest, cells=cells, setup=setup, first=first, tasks=tasks
        )
        await self._calls.unary(request, api.PublishCellsResponse)

    async def claim(
        self, run: str, token: str, *, grid: str = "", known_digest: bytes = b"", without_task: bool = False
    ) -> api.ClaimCellResponse:
        """Take a cell that nobody has; the answer says whether there was one."""
        request = api.ClaimCellRequest(name=run, token=token, grid=grid, known_digest=known_digest, without_task=without_task)
        return await self._calls.unary(request, api.ClaimCellResponse)

    async def write(self, run: str, token: str, *, grid: str, digest: bytes, cell: int, result: bytes) -> None:
        """Finish a cell: at most 2 MiB."""
        request = api.WriteCellRequest(name=run, token=token, grid=grid, digest=digest, cell=cell, result=result)
        await self._calls.unary(request, api.WriteCellResponse)

    async def finished(self, run: str, token: str, *, grid: str) -> list[int]:
        """Return the numbers of the finished cells, ascending."""
        request = api.ListCellsRequest(name=run, lease_token=token, grid=grid)
        return list((await self._calls.unary(request, api.ListCellsResponse)).finished)

    async def result(self, run: str, token: str, *, grid: str, cell: int) -> bytes:
        """Return what a finished cell holds; a helper is told what was handed over to it, in grid `basis`."""
        request = api.ReadCellRequest(name=run, lease_token=token, grid=grid, cell=cell)
        return (await self._calls.unary(request, api.ReadCellResponse)).result
