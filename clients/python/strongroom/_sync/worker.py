"""What an analysis worker asks of the vault: claim a run, keep its lease, append results, commit once.

Rules: every call carries the lease token; an appended batch that the vault already has counts as appended, so that a worker may
repeat what it does not know to have arrived.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from google.protobuf.struct_pb2 import Struct

from strongroom._sync.calls import Calls
from strongroom._sync.records import Page, pages
from strongroom.api.v1 import analysis_worker_service_pb2 as api
from strongroom.api.v1.analysis_service_pb2 import Run, RunProgress
from strongroom.errors import AlreadyExistsError
from strongroom.names import tenant_name

CHECKPOINT_PIECE_BYTES = 2 * 1024 * 1024


class Worker:
    """The worker's side of the runs of one tenant."""

    def __init__(self, calls: Calls, tenant: str) -> None:
        self._calls = calls
        self._tenant = tenant

    def claim(self, steps: Sequence[str], *, lease_s: int = 0) -> api.ClaimRunResponse:
        """Take a run that waits; the answer has no run when there is none."""
        request = api.ClaimRunRequest(parent=tenant_name(self._tenant), steps=steps, lease_s=lease_s)
        return self._calls.unary(request, api.ClaimRunResponse)

    def heartbeat(
        self, run: str, lease_token: str, *, progress: RunProgress | None = None, timeout_s: float | None = None
    ) -> api.HeartbeatRunResponse:
        request = api.HeartbeatRunRequest(name=run, lease_token=lease_token, progress=progress)
        return self._calls.unary(request, api.HeartbeatRunResponse, timeout_s=timeout_s)

    def write_results(self, run: str, lease_token: str, *, step: str, offset: int, results: Sequence[api.RowResult]) -> int:
        """Append results behind `offset` and return the offset behind them."""
        request = api.WriteResultsRequest(name=run, lease_token=lease_token, step=step, offset=offset, results=results)
        try:
            return (self._calls.unary(request, api.WriteResultsResponse)).next_offset
        except AlreadyExistsError as error:
            if error.reason != "OFFSET_EXISTS":
                raise
            return offset + len(results)

    def write_proposals(
        self, run: str, lease_token: str, *, step: str, offset: int, proposals: Sequence[api.PairProposal]
    ) -> int:
        """Append pairs that wait for a person behind `offset` and return the offset behind them."""
        request = api.WriteProposalsRequest(name=run, lease_token=lease_token, step=step, offset=offset, proposals=proposals)
        try:
            return (self._calls.unary(request, api.WriteProposalsResponse)).next_offset
        except AlreadyExistsError as error:
            if error.reason != "OFFSET_EXISTS":
                raise
            return offset + len(proposals)

    def decisions(self, run: str, lease_token: str) -> Iterator[api.PairDecision]:
        """Iterate over what people decided about pairs, in the run's row ids."""

        def fetch(token: str) -> Page[api.PairDecision]:
            request = api.ListDecisionsRequest(name=run, lease_token=lease_token, page_token=token)
            answer = self._calls.unary(request, api.ListDecisionsResponse)
            return answer.decisions, answer.next_page_token

        return pages(fetch)

    def save_checkpoint(self, run: str, lease_token: str, *, step: str, data: bytes) -> None:
        """Keep what a step computed, in pieces of at most 2 MiB; it exists when the last piece is there."""
        pieces = [data[at : at + CHECKPOINT_PIECE_BYTES] for at in range(0, len(data), CHECKPOINT_PIECE_BYTES)] or [b""]
        for number, piece in enumerate(pieces):
            request = api.SaveCheckpointRequest(
                name=run, lease_token=lease_token, step=step, piece=number, last=number == len(pieces) - 1, data=piece
            )
            self._calls.unary(request, api.SaveCheckpointResponse)

    def list_checkpoints(self, run: str, lease_token: str) -> api.ListCheckpointsResponse:
        request = api.ListCheckpointsRequest(name=run, lease_token=lease_token)
        return self._calls.unary(request, api.ListCheckpointsResponse)

    def read_checkpoint(self, run: str, lease_token: str, *, checkpoint: api.Checkpoint) -> bytes:
        """Return the bytes of a complete checkpoint."""
        pieces: list[bytes] = []
        for number in range(checkpoint.pieces):
            request = api.ReadCheckpointRequest(name=run, lease_token=lease_token, step=checkpoint.step, piece=number)
            pieces.append((self._calls.unary(request, api.ReadCheckpointResponse)).data)
        return b"".join(pieces)

    def commit(
        self,
        run: str,
        lease_token: str,
        *,
        summary: Struct,
        expected_offsets: Mapping[str, int],
        expected_proposals: Mapping[str, int] | None = None,
        report_html: bytes = b"",
        report_json: bytes = b"",
        position: int = 0,
        figures: Mapping[str, float] | None = None,
    ) -> Run:
        """End the run: all its results appear together. Not repeated by the SDK: read the run if the answer is lost."""
        request = api.CommitRunRequest(
            name=run,
            lease_token=lease_token,
            summary=summary,
            report_html=report_html,
            report_json=report_json,
            expected_offsets=expected_offsets,
            expected_proposals=expected_proposals or {},
            position=position,
            figures=figures or {},
        )
        return (self._calls.unary(request, api.CommitRunResponse)).run

    def release(self, run: str, lease_token: str, *, failed: bool, reason: str, message: str = "") -> None:
        """Give the run back: queued again, or failed for good."""
        request = api.ReleaseRunRequest(name=run, lease_token=lease_token, failed=failed, reason=reason, message=message)
        self._calls.unary(request, api.ReleaseRunResponse)
