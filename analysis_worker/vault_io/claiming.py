"""Takes runs from the queue and gives them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from analysis_worker.pipeline.errors import LeaseLostError
from analysis_worker.pipeline.ports import EarlierRun
from analysis_worker.vault_io.lease import Lease
from analysis_worker.vault_io.sdk_errors import run_errors
from strongroom.api.v1.analysis_service_pb2 import Run, RunProgress

if TYPE_CHECKING:
    from strongroom import Client


class RunQueue:
    """The runs of one tenant that wait for a worker.

    Args:
        client: the SDK.
        steps: what this worker can do.
        lease_s: how long a lease holds without a heartbeat.
    """

    def __init__(self, client: Client, steps: Sequence[str], lease_s: int) -> None:
        self._client = client
        self._steps = tuple(steps)
        self._lease_s = lease_s

    def claim(self) -> Lease | None:
        """The oldest run that this worker can do, or None."""
        with run_errors():
            answer = self._client.worker.claim(self._steps, lease_s=self._lease_s)
        if not answer.HasField("run"):
            return None
        previous = _earlier(answer.previous) if answer.HasField("previous") else None
        return Lease(run=answer.run, token=answer.lease_token, lease_s=float(self._lease_s), previous=previous)

    def beat(self, lease: Lease, progress: RunProgress, timeout_s: float) -> None:
        """Send a heartbeat.

        Raises:
            LeaseLostError: the run has moved on or was cancelled.
        """
        with run_errors():
            answer = self._client.worker.heartbeat(lease.run.name, lease.token, progress=progress, timeout_s=timeout_s)
        if answer.cancelled:
            raise LeaseLostError("cancelled")

    def give_back(self, lease: Lease, reason: str, message: str = "") -> None:
        """Queue the run again for another worker."""
        with run_errors():
            self._client.worker.release(lease.run.name, lease.token, failed=False, reason=reason, message=message)

    def fail(self, lease: Lease, reason: str, message: str) -> None:
        """End the run for good; it keeps nothing."""
        with run_errors():
            self._client.worker.release(lease.run.name, lease.token, failed=True, reason=reason, message=message)


def _earlier(run: Run) -> EarlierRun:
    return EarlierRun(run=run.name, ended=run.end_time.ToDatetime(tzinfo=UTC).isoformat(), figures=dict(run.figures))
