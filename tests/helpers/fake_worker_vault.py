"""A vault as a worker sees it through the SDK, in memory: leases, offsets, checkpoints and one commit, like the real one.

`FakeWorkerVault` is the vault; `client()` is what `strongroom.connect` would give. Every call that reaches the vault is
counted, and `dies_at` makes the n-th one the last: before it arrives, or after it has done its work and before its answer is
back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from google.protobuf.struct_pb2 import Struct

from strongroom.api.v1 import analysis_worker_service_pb2 as api
from strongroom.api.v1.analysis_service_pb2 import (
    RUN_STATE_CANCELLED,
    RUN_STATE_FAILED,
    RUN_STATE_QUEUED,
    RUN_STATE_RUNNING,
    RUN_STATE_SUCCEEDED,
    Run,
    RunProgress,
    RunStep,
)
from strongroom.api.v1.attribute_service_pb2 import RECORD_KIND_CUSTOMER, RECORD_KIND_TRANSACTION
from strongroom.api.v1.read_session_service_pb2 import ReadSession
from strongroom.errors import (
    AlreadyExistsError,
    ConflictError,
    FailedPreconditionError,
    OutOfRangeError,
    PermissionDeniedError,
    StrongroomError,
)

BATCH_ROWS = 40
RUN = "tenants/main/runs/0198f3c2-77aa-7d1e-9a55-3b6f3f0c1d20"


class Killed(BaseException):
    """The process is gone: nothing catches this."""


@dataclass
class FakeWorkerVault:
    """The vault's side.

    Attributes:
        customers: columns by name; rows in the order of the vault, without ids.
        transactions: columns by name with `customer` (index) in place of an id; None if the purpose does not cover them.
        visible: fields that the purpose may see; None means all.
        key: decides the pseudonyms of the run.
        dies_at: number of the call that is the last, from 1; 0 for never.
        dies_after: whether that call still does its work.
        fails_at: errors by number of the call, raised once in its place.
    """

    customers: Mapping[str, Sequence[Any]]
    transactions: Mapping[str, Sequence[Any]] | None = None
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    visible: frozenset[str] | None = None
    key: bytes = b"run"
    dies_at: int = 0
    dies_after: bool = False
    fails_at: dict[int, StrongroomError] = field(default_factory=dict)
    run: Run = field(default_factory=Run)
    token: str = ""
    claims: int = 0
    calls: list[str] = field(default_factory=list)
    results: dict[str, list[api.RowResult]] = field(default_factory=dict)
    proposals: dict[str, list[api.PairProposal]] = field(default_factory=dict)
    decided: list[api.PairDecision] = field(default_factory=list)
    pieces: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0
    report_html: bytes = b""
    report_json: bytes = b""
    beats: list[RunProgress] = field(default_factory=list)
    asked: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    def start(self, *steps: str, options: Mapping[str, Mapping[str, Any]] | None = None, seed: int = 7) -> None:
        """Queue a run of these steps."""
        self.run = Run(name=RUN, purpose="tenants/main/purposes/care", seed=seed, state=RUN_STATE_QUEUED)
        self.run.as_of.FromJsonString("2026-11-01T00:00:00Z")
        for step in steps:
            struct = Struct()
            struct.update(dict((options or {}).get(step, {})))
            self.run.steps.append(RunStep(step=step, options=struct))

    def expire_lease(self) -> None:
        """What time does to a worker that gives no sign of life."""
        self.token = ""

    def pseudonym(self, index: int) -> bytes:
        return hashlib.blake2b(index.to_bytes(8, "big"), digest_size=16, key=self.key).digest()

    def client(self) -> Any:
        """The SDK's client; typed Any, because it is one by its methods only."""
        return FakeClient(worker=FakeWorkerCalls(self), read=FakeReads(self))

    def committed(self) -> dict[str, dict[bytes, bytes]]:
        """Results by step and row, as bytes that can be compared."""
        return {
            step: {one.row_id: one.derived.SerializeToString(deterministic=True) for one in rows}
            for step, rows in self.results.items()
        }

    def arrive(self, name: str) -> None:
        """Count a call; die or fail where that was asked for."""
        self.calls.append(name)
        number = len(self.calls)
        if number == self.dies_at and not self.dies_after:
            raise Killed
        if number in self.fails_at:
            raise self.fails_at.pop(number)

    def depart(self) -> None:
        """The work of the call is done and its answer on the way."""
        if len(self.calls) == self.dies_at and self.dies_after:
            raise Killed

    def require_lease(self, token: str) -> None:
        if not token or token != self.token or self.run.state != RUN_STATE_RUNNING:
            raise ConflictError("the lease of this run is gone", reason="LEASE_LOST")


@dataclass
class FakeClient:
    """The two corners of the SDK's client that a worker uses."""

    worker: FakeWorkerCalls
    read: FakeReads


class FakeWorkerCalls:
    """`client.worker`."""

    def __init__(self, vault: FakeWorkerVault) -> None:
        self._vault = vault

    def claim(self, steps: Sequence[str], *, lease_s: int = 0) -> api.ClaimRunResponse:
        del lease_s
        vault = self._vault
        vault.arrive("claim")
        free = vault.run.state == RUN_STATE_QUEUED or (vault.run.state == RUN_STATE_RUNNING and not vault.token)
        if not free or not {step.step for step in vault.run.steps} <= set(steps):
            return api.ClaimRunResponse()
        vault.claims += 1
        vault.token = f"srl_30_secret{vault.claims}"
        vault.run.state, vault.run.attempts = RUN_STATE_RUNNING, vault.claims
        vault.depart()
        return api.ClaimRunResponse(run=vault.run, lease_token=vault.token)

    def heartbeat(
        self, run: str, lease_token: str, *, progress: RunProgress | None = None, timeout_s: float | None = None
    ) -> api.HeartbeatRunResponse:
        """Not counted: it comes from another thread at its own time."""
        del run, timeout_s
        self._vault.require_lease(lease_token)
        self._vault.beats.append(progress or RunProgress())
        return api.HeartbeatRunResponse()

    def write_results(self, run: str, lease_token: str, *, step: str, offset: int, results: Sequence[api.RowResult]) -> int:
        del run
        vault = self._vault
        vault.arrive(f"write {step}")
        vault.require_lease(lease_token)
        rows = vault.results.setdefault(step, [])
        if offset < len(rows):
            raise AlreadyExistsError("written before", reason="OFFSET_EXISTS")
        if offset > len(rows):
            raise OutOfRangeError("beyond the end", reason="OFFSET_BEYOND_END")
        if {one.row_id for one in rows} & {one.row_id for one in results}:
            raise AlreadyExistsError("a customer twice", reason="DUPLICATE_RESULT")
        rows.extend(results)
        vault.depart()
        return len(rows)

    def write_proposals(
        self, run: str, lease_token: str, *, step: str, offset: int, proposals: Sequence[api.PairProposal]
    ) -> int:
        del run
        vault = self._vault
        vault.arrive(f"ask {step}")
        vault.require_lease(lease_token)
        asked = vault.proposals.setdefault(step, [])
        if offset != len(asked):
            raise AlreadyExistsError("written before", reason="OFFSET_EXISTS")
        asked.extend(proposals)
        vault.depart()
        return len(asked)

    def decisions(self, run: str, lease_token: str) -> Iterator[api.PairDecision]:
        del run
        self._vault.arrive("decisions")
        self._vault.require_lease(lease_token)
        self._vault.depart()
        return iter(self._vault.decided)

    def save_checkpoint(self, run: str, lease_token: str, *, step: str, data: bytes) -> None:
        del run
        vault = self._vault
        vault.arrive(f"keep {step}")
        vault.require_lease(lease_token)
        vault.pieces[step] = data
        vault.depart()

    def list_checkpoints(self, run: str, lease_token: str) -> api.ListCheckpointsResponse:
        del run
        vault = self._vault
        vault.arrive("list")
        vault.require_lease(lease_token)
        offsets = {step: len(rows) for step, rows in vault.results.items()}
        found = [api.Checkpoint(step=step, pieces=1, results_written=offsets.get(step, 0)) for step in vault.pieces]
        pairs = {step: len(asked) for step, asked in vault.proposals.items()}
        vault.depart()
        return api.ListCheckpointsResponse(checkpoints=found, next_offsets=offsets, next_proposal_offsets=pairs)

    def read_checkpoint(self, run: str, lease_token: str, *, checkpoint: api.Checkpoint) -> bytes:
        del run
        vault = self._vault
        vault.arrive(f"load {checkpoint.step}")
        vault.require_lease(lease_token)
        vault.depart()
        return vault.pieces[checkpoint.step]

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
        del run
        vault = self._vault
        vault.arrive("commit")
        if vault.run.state == RUN_STATE_SUCCEEDED and lease_token == vault.token:
            return vault.run
        vault.require_lease(lease_token)
        written = {step.step: len(vault.results.get(step.step, ())) for step in vault.run.steps}
        asked = {step: len(pairs) for step, pairs in vault.proposals.items()}
        if written != dict(expected_offsets) or asked != dict(expected_proposals or {}):
            raise FailedPreconditionError("other results", reason="RESULTS_INCOMPLETE")
        vault.run.state, vault.run.position = RUN_STATE_SUCCEEDED, position
        vault.run.figures.update(figures or {})
        vault.run.summary.CopyFrom(summary)
        vault.report_html, vault.report_json = report_html, report_json
        vault.commits += 1
        vault.depart()
        return vault.run

    def release(self, run: str, lease_token: str, *, failed: bool, reason: str, message: str = "") -> None:
        del run
        vault = self._vault
        vault.arrive("release")
        vault.require_lease(lease_token)
        vault.token = ""
        vault.run.state = RUN_STATE_FAILED if failed else RUN_STATE_QUEUED
        vault.run.failure_reason, vault.run.failure_message = reason, message
        vault.depart()

    def cancel(self) -> None:
        """What the owner of the run does, beside the worker."""
        self._vault.run.state = RUN_STATE_CANCELLED


class FakeReads:
    """`client.read`, the Arrow side of it."""

    def __init__(self, vault: FakeWorkerVault) -> None:
        self._vault = vault

    def arrow(
        self,
        purpose: str,
        *,
        fields: Sequence[str],
        kind: int = RECORD_KIND_CUSTOMER,
        run: str = "",
        lease_token: str = "",
        allow_withheld: bool = False,
    ) -> FakeArrowReader:
        vault = self._vault
        vault.arrive(f"open {kind}")
        vault.require_lease(lease_token)
        assert purpose == vault.run.purpose
        assert run == vault.run.name
        assert allow_withheld
        vault.asked.append((kind, tuple(fields)))
        if kind == RECORD_KIND_TRANSACTION and vault.transactions is None:
            raise PermissionDeniedError("not this kind", reason="KIND_NOT_ALLOWED")
        seen = [name for name in fields if vault.visible is None or name in vault.visible]
        if not seen:
            raise PermissionDeniedError("nothing left", reason="FIELD_WITHHELD")
        source = vault.transactions if kind == RECORD_KIND_TRANSACTION else vault.customers
        table = _table(vault, source or {}, seen, customers=kind == RECORD_KIND_CUSTOMER)
        vault.depart()
        return FakeArrowReader(vault, table)


class FakeArrowReader:
    """A read session's batches."""

    def __init__(self, vault: FakeWorkerVault, table: pa.Table) -> None:
        self._vault = vault
        self._table = table
        self.schema = table.schema
        self.session = ReadSession(position=4711)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._table.to_batches(max_chunksize=BATCH_ROWS):
            self._vault.arrive("batch")
            self._vault.depart()
            yield batch


def _table(vault: FakeWorkerVault, source: Mapping[str, Sequence[Any]], fields: Sequence[str], *, customers: bool) -> pa.Table:
    rows = len(next(iter(source.values())))
    owners = range(rows) if customers else source["customer"]
    ids = [vault.pseudonym(index if customers else 1_000_000 + index) for index in range(rows)]
    columns: dict[str, Any] = {"row_id": pa.array(ids, pa.binary(16))}
    for name in fields:
        if name == "customer_id":
            columns[name] = pa.array([vault.pseudonym(owner) for owner in owners], pa.binary(16))
    for name, cells in source.items():
        root = "attributes" if name.startswith("attributes.") else name.removesuffix("_minor").removesuffix("_currency")
        if name in fields or root in fields:
            columns[name] = pa.array(cells, vault.types.get(name))
    return pa.table(columns)
