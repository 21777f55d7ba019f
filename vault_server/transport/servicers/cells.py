"""Cells of runs: how several workers do one step together."""

from __future__ import annotations

from dataclasses import dataclass

from strongroom.api.v1 import cell_service_pb2 as pb2
from vault_server.usecases.call import Call
from vault_server.usecases.cells import Cells


@dataclass(frozen=True, slots=True, kw_only=True)
class CellServicer:
    """CellService."""

    cells: Cells

    def ShareRun(self, request: pb2.ShareRunRequest, call: Call) -> pb2.ShareRunResponse:
        self.cells.share(call, request)
        return pb2.ShareRunResponse()

    def JoinRun(self, request: pb2.JoinRunRequest, call: Call) -> pb2.JoinRunResponse:
        return self.cells.join(call, request)

    def PublishCells(self, request: pb2.PublishCellsRequest, call: Call) -> pb2.PublishCellsResponse:
        self.cells.publish(call, request)
        return pb2.PublishCellsResponse()

    def ClaimCell(self, request: pb2.ClaimCellRequest, call: Call) -> pb2.ClaimCellResponse:
        return self.cells.claim(call, request)

    def WriteCell(self, request: pb2.WriteCellRequest, call: Call) -> pb2.WriteCellResponse:
        self.cells.write(call, request)
        return pb2.WriteCellResponse()

    def ListCells(self, request: pb2.ListCellsRequest, call: Call) -> pb2.ListCellsResponse:
        return pb2.ListCellsResponse(finished=self.cells.finished(call, request.name, request.lease_token, request.grid))

    def ReadCell(self, request: pb2.ReadCellRequest, call: Call) -> pb2.ReadCellResponse:
        return pb2.ReadCellResponse(
            result=self.cells.result(call, request.name, request.lease_token, request.grid, request.cell)
        )
