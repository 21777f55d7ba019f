"""The vault for one run and one lease: the pipeline's port, implemented over the SDK.

Rules: the lease is looked at before every call that writes, although the vault fences each of them too; a call whose answer
was lost is repeated only where the vault makes repeating harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from analysis_worker.pipeline.errors import LeaseLostError, VaultAwayError
from analysis_worker.pipeline.ports import AskedPair, Conclusion, DecidedPair, EarlierRun, Kept, Kind, Reading, ResultRow
from analysis_worker.vault_io.batches import batched, batched_pairs
from analysis_worker.vault_io.lease import Keeper, Lease
from analysis_worker.vault_io.reading import read_rows
from analysis_worker.vault_io.sdk_errors import run_errors
from analysis_worker.vault_io.shared_cells import LeasedWorkers
from strongroom.api.v1.analysis_service_pb2 import RunProgress
from strongroom.api.v1.analysis_worker_service_pb2 import Checkpoint

if TYPE_CHECKING:
    from strongroom import Client

_COMMIT_ATTEMPTS = 3


class LeasedRun:
    """See `RunVault`.

    Args:
        client: the SDK.
        lease: the claimed run.
        keeper: knows whether the lease holds.
        pause: looks at the lease and at the wish to end; called where the run may stop.
        others: other workers that may help; None if nobody shall.
    """

    def __init__(
        self,
        client: Client,
        lease: Lease,
        keeper: Keeper,
        pause: Callable[[], None],
        others: LeasedWorkers | None = None,
    ) -> None:
        self._client = client
        self._lease = lease
        self._keeper = keeper
        self._pause = pause
        self._others = others
        self._invited = ""
        self._checkpoints: dict[str, Checkpoint] = {}

    def check(self) -> None:
        self._keeper.check()

    def tell(self, step: str, *, fraction: float, rows: int) -> None:
        self._keeper.tell(RunProgress(step=step, fraction=fraction, rows=rows))

    def read(self, kind: Kind, fields: Sequence[str], opened: Callable[[int], None] | None = None) -> Reading | None:
        with self._calls():
            return read_rows(self._client, self._lease, kind, fields, self._pause, opened)

    def workers(self, step: str) -> LeasedWorkers | None:
        if self._others is None:
            return None
        if self._invited != step:
            self._invited = step if self._others.invite(step) else ""
        return self._others if self._invited else None

    def previous(self) -> EarlierRun | None:
        return self._lease.previous

    def kept(self) -> Kept:
        with self._calls():
            answer = self._client.worker.list_checkpoints(self._lease.run.name, self._lease.token)
        self._checkpoints = {one.step: one for one in answer.checkpoints}
        return Kept(
            checkpoints=frozenset(self._checkpoints),
            offsets=dict(answer.next_offsets),
            pairs=dict(answer.next_proposal_offsets),
        )

    def load(self, step: str) -> bytes:
        with self._calls():
            return self._client.worker.read_checkpoint(
                self._lease.run.name, self._lease.token, checkpoint=self._checkpoints[step]
            )

    def keep(self, step: str, data: bytes) -> None:
        self.check()
        with self._calls():
            self._client.worker.save_checkpoint(self._lease.run.name, self._lease.token, step=step, data=data)

    def append(self, step: str, offset: int, rows: Iterator[ResultRow]) -> int:
        for batch in batched(rows):
            self._pause()
            with self._calls():
                offset = self._client.worker.write_results(
                    self._lease.run.name, self._lease.token, step=step, offset=offset, results=batch
                )
        return offset

    def decisions(self) -> list[DecidedPair]:
        with self._calls():
            return [
                DecidedPair(row_id=one.row_id, other_row_id=one.other_row_id, same=one.same)
                for one in self._client.worker.decisions(self._lease.run.name, self._lease.token)
            ]

    def ask(self, step: str, offset: int, pairs: Iterator[AskedPair]) -> int:
        for batch in batched_pairs(pairs):
            self._pause()
            with self._calls():
                offset = self._client.worker.write_proposals(
                    self._lease.run.name, self._lease.token, step=step, offset=offset, proposals=batch
                )
        return offset

    def commit(self, conclusion: Conclusion) -> None:
        summary = ParseDict(dict(conclusion.summary), Struct())
        for attempt in range(1, _COMMIT_ATTEMPTS + 1):
            self.check()
            try:
                with self._calls():
                    self._client.worker.commit(
                        self._lease.run.name,
                        self._lease.token,
                        summary=summary,
                        expected_offsets=conclusion.offsets,
                        expected_proposals=conclusion.pairs,
                        report_html=conclusion.report_html,
                        report_json=conclusion.report_json,
                        position=conclusion.position,
                        figures=conclusion.figures,
                    )
            except VaultAwayError:  # whether it happened is not known, and the same lease may ask again
                if attempt == _COMMIT_ATTEMPTS:
                    raise
            else:
                return

    @contextmanager
    def _calls(self) -> Iterator[None]:
        try:
            with run_errors():
                yield
        except LeaseLostError:
            self._keeper.lose()
            raise
