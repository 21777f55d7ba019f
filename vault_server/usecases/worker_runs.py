"""Runs as workers see them: claim, heartbeat, write, checkpoint, commit, release.

A lease is a fencing number and a secret token; every call after the claim presents the token and is refused with ABORTED as
soon as the run has moved on. All results of a run become visible in the commit's one transaction.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from strongroom.api.v1.analysis_service_pb2 import Run, RunState
from strongroom.api.v1.analysis_worker_service_pb2 import (
    Checkpoint,
    ClaimRunRequest,
    ClaimRunResponse,
    CommitRunRequest,
    HeartbeatRunRequest,
    HeartbeatRunResponse,
    ListCheckpointsResponse,
    ReleaseRunRequest,
    SaveCheckpointRequest,
    WriteResultsRequest,
)
from strongroom.api.v1.customer_pb2 import DerivedData
from vault_server.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError
from vault_server.ports.records import DerivedRow
from vault_server.ports.runs import RunRow
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.entity_ids import name_entities, name_golden_fields, name_transactions
from vault_server.usecases.review.corrections import settle
from vault_server.usecases.review.publishing import publish_proposals
from vault_server.usecases.run_leases import digest_of, lease_s_of, lease_token, leased, token_matches
from vault_server.usecases.runs import REPORT_HTML, REPORT_JSON, changed
from vault_server.usecases.sealed_rows import SCHEMA_REVISION, derived_reference
from vault_server.usecases.step_parts import PART_OF_STEP
from vault_server.usecases.vault import Vault

T = TypeVar("T")
DEFAULT_LEASE_S, MAX_LEASE_S = 30, 300
MAX_ATTEMPTS = 30  # workers may be killed often and the run still end; one that kills every worker must end too
MAX_MESSAGE_CHARS = 500
MAX_FIGURES, MAX_FIGURE_NAME = 200, 200
_LOOK_BACK_RUNS = 100
CLAIM_PAGE = 50
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,62}")
MAX_RESULTS, MAX_PIECE_BYTES, MAX_REPORT_BYTES, MAX_SUMMARY_BYTES = 5000, 2 << 20, 1 << 20, 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRuns:
    """The worker's side of runs."""

    vault: Vault

    def claim(self, call: Call, request: ClaimRunRequest) -> ClaimRunResponse:
        """Take the oldest run whose steps this worker can all do; an empty answer when there is none."""
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        if not 0 <= request.lease_s <= MAX_LEASE_S:
            raise InvalidArgumentError(
                f"lease_s must be 0 to {MAX_LEASE_S}", reason="INVALID_LEASE", metadata={"field": "lease_s"}
            )
        can = frozenset(request.steps)
        token = lease_token(self.vault.runtime.random_bytes(32), request.lease_s or DEFAULT_LEASE_S)

        def work(view: WriteView) -> tuple[Run, int] | None:
            now_us = view.now_us()
            for seen in _waiting(view, tenant, now_us):
                spent = seen.attempts >= MAX_ATTEMPTS
                if not spent and not can.issuperset(step.step for step in Run.FromString(seen.payload).steps):
                    continue
                row = view.runs.lock_run(tenant, seen.run_id)
                if row is None or row != seen:
                    continue  # another worker was faster
                if not spent:
                    return _take(view, row, Run.FromString(row.payload), token, now_us)
                _fail(view, row, Run.FromString(row.payload), "TOO_MANY_ATTEMPTS", "workers died on this run too often", now_us)
            return None

        with self.vault.store.read() as view:  # polling must not cost a write transaction each time
            waiting = view.runs.waiting(
                tenant,
                queued_state=RunState.RUN_STATE_QUEUED,
                running_state=RunState.RUN_STATE_RUNNING,
                now_us=view.now_us(),
            )
        taken = self.vault.store.write(work) if waiting else None
        if taken is None:
            call.audited = True  # an empty poll discloses nothing and would fill the log
            return ClaimRunResponse()
        run, expires_us = taken
        call.audit([run.name], purpose=run.purpose)
        with self.vault.store.read() as view:
            previous = _previous(view, tenant, run.purpose)
        return ClaimRunResponse(run=run, lease_token=token, lease_expire_time=timestamp(expires_us), previous=previous)

    def heartbeat(self, call: Call, request: HeartbeatRunRequest) -> HeartbeatRunResponse:
        """Keep the lease for as long again as it was asked for; who holds a cancelled run is told that it is cancelled."""
        call.audited = True  # the claim is audited; a sign of life discloses nothing
        tenant, run_id = self._parse(call, request.name)

        def work(view: WriteView) -> HeartbeatRunResponse:
            row = view.runs.lock_run(tenant, run_id)
            if row is not None and row.cancel_requested and token_matches(row, request.lease_token):
                return HeartbeatRunResponse(cancelled=True)
            row = leased(row, request.lease_token, view.now_us())
            run = Run.FromString(row.payload)
            run.progress.CopyFrom(request.progress)
            run.progress.step, run.progress.message = request.progress.step[:100], request.progress.message[:MAX_MESSAGE_CHARS]
            expires_us = view.now_us() + lease_s_of(request.lease_token) * 1_000_000
            view.runs.update_run(changed(row, run, lease_expires_us=expires_us))
            return HeartbeatRunResponse(lease_expire_time=timestamp(expires_us))

        return self.vault.store.write(work)

    def write_results(self, call: Call, request: WriteResultsRequest) -> int:
        """Append results of one step, sealed under each customer's key; returns the offset behind them.

        Rows of customers that were erased meanwhile are dropped, and still count in the offset.

        Raises:
            AlreadyExistsError: the offset was written before (a repeat).
            OutOfRangeError: the offset lies beyond what was written.
            InvalidArgumentError: a row id is not of this run, or a row carries what the step may not write.
        """
        tenant, run_id = self._parse(call, request.name)
        part = _part_of(request.step)
        if len(request.results) > MAX_RESULTS:
            raise InvalidArgumentError(f"at most {MAX_RESULTS} results in one call", reason="TOO_MANY_ROWS")
        with self.vault.store.read() as view:
            row = leased(view.runs.run(tenant, run_id), request.lease_token, view.now_us())
        if request.step not in [step.step for step in Run.FromString(row.payload).steps]:
            raise InvalidArgumentError("the run has no such step", reason="STEP_NOT_OF_RUN", metadata={"field": "step"})
        pseudonyms = self.vault.keyring.run_secrets(tenant).pseudonyms(run_id, row.pseudonym_key)
        customers = pseudonyms.decode_many([result.row_id for result in request.results])
        name_entities(request.results, pseudonyms, self.vault.keyring.blind_index(tenant))
        name_golden_fields(request.results, pseudonyms, tenant)
        name_transactions(request.results, pseudonyms)
        corrections = settle(self.vault, tenant, request.step, customers, request.results)
        plaintexts = [_only_part(result.derived, part) for result in request.results]
        with self.vault.store.read() as view:
            deks = view.records.deks(tenant, customers)
            keyless = set(customers) - {dek.customer_id for dek in deks}
            unknown = keyless - view.records.erased(tenant, list(keyless)) if keyless else keyless
        if unknown:
            raise InvalidArgumentError("a row id is not of this run", reason="INVALID_ROW_ID", metadata={"field": "row_id"})
        call.audit([request.name], records=len(customers))
        rows = []
        with self.vault.keyring.batch(tenant) as cipher:
            cipher.load_deks(deks)
            for customer, plaintext in zip(customers, plaintexts, strict=True):
                shell = DerivedRow(customer, run_id, request.step, SCHEMA_REVISION, b"")
                known = cipher.has_dek(customer)
                sealed = cipher.seal(derived_reference(tenant, shell), plaintext) if known else b""
                rows.append(shell._replace(sealed=sealed))
            drafts = corrections.drafts(self.vault, cipher, request.name)

        def work(view: WriteView, _row: RunRow) -> int:
            view.runs.append_results(tenant, run_id, request.step, offset=request.offset, rows=rows)
            corrections.store(view, tenant, run_id, drafts)
            return request.offset + len(rows)

        return self.with_lease(call, request.name, request.lease_token, work)

    def save_checkpoint(self, call: Call, request: SaveCheckpointRequest) -> None:
        tenant, run_id = self._parse(call, request.name)
        names.require_slug(request.step, "step")
        if len(request.data) > MAX_PIECE_BYTES or not 0 <= request.piece < 1 << 20:
            raise InvalidArgumentError(f"a piece has at most {MAX_PIECE_BYTES} bytes", reason="PIECE_TOO_LARGE")
        sealed = self.vault.keyring.run_secrets(tenant).seal(run_id, _piece(request.step, request.piece), request.data)
        call.audit([request.name])

        def work(view: WriteView, _row: RunRow) -> None:
            view.runs.put_checkpoint(tenant, run_id, request.step, request.piece, last=request.last, sealed=sealed)

        self.with_lease(call, request.name, request.lease_token, work)

    def list_checkpoints(self, call: Call, name: str, lease_token: str) -> ListCheckpointsResponse:
        tenant, run_id = self._parse(call, name)
        with self.vault.store.read() as view:
            leased(view.runs.run(tenant, run_id), lease_token, view.now_us())
            pieces = view.runs.checkpoints(tenant, run_id)
            offsets = view.runs.result_offsets(tenant, run_id)
            proposed = view.proposals.draft_offsets(tenant, run_id)
        call.audit([name])
        found = [
            Checkpoint(step=step, pieces=count, results_written=offsets.get(step, 0)) for step, count in sorted(pieces.items())
        ]
        return ListCheckpointsResponse(checkpoints=found, next_offsets=offsets, next_proposal_offsets=proposed)

    def read_checkpoint(self, call: Call, name: str, lease_token: str, step: str, piece: int) -> bytes:
        tenant, run_id = self._parse(call, name)
        with self.vault.store.read() as view:
            leased(view.runs.run(tenant, run_id), lease_token, view.now_us())
            sealed = view.runs.checkpoint(tenant, run_id, step, piece)
        if sealed is None:
            raise NotFoundError("there is no such piece", reason="NO_CHECKPOINT")
        call.audit([name])
        return self.vault.keyring.run_secrets(tenant).open(run_id, _piece(step, piece), sealed)

    def commit(self, call: Call, request: CommitRunRequest) -> Run:
        """Make all results visible together. Committing again with the same lease gives the same run.

        Raises:
            FailedPreconditionError: the vault holds other numbers of rows than the worker wrote.
        """
        tenant, run_id = self._parse(call, request.name)
        if (
            max(len(request.report_html), len(request.report_json)) > MAX_REPORT_BYTES
            or request.summary.ByteSize() > MAX_SUMMARY_BYTES
        ):
            raise InvalidArgumentError("a report or summary has at most 1 MiB", reason="REPORT_TOO_LARGE")
        _require_few_figures(request.figures)
        secrets = self.vault.keyring.run_secrets(tenant)
        pages = {REPORT_HTML: request.report_html, REPORT_JSON: request.report_json}
        sealed = {name: secrets.seal(run_id, name, page) for name, page in pages.items() if page}
        call.audit([request.name])

        def work(view: WriteView) -> Run:
            row = view.runs.lock_run(tenant, run_id)
            if row is not None and row.state == RunState.RUN_STATE_SUCCEEDED and token_matches(row, request.lease_token):
                return Run.FromString(row.payload)
            row = leased(row, request.lease_token, view.now_us())
            run = Run.FromString(row.payload)
            expected, steps = dict(request.expected_offsets), [step.step for step in run.steps]
            written = view.runs.result_offsets(tenant, run_id)
            pairs = {step: end for step, end in request.expected_proposals.items() if end}
            differ = set(expected) != set(steps) or any(written.get(step, 0) != expected[step] for step in steps)
            if differ or {step: end for step, end in view.proposals.draft_offsets(tenant, run_id).items() if end} != pairs:
                raise FailedPreconditionError(
                    "the vault holds other results than the worker wrote", reason="RESULTS_INCOMPLETE"
                )
            run.state = RunState.RUN_STATE_SUCCEEDED
            run.end_time.CopyFrom(timestamp(view.now_us()))
            run.summary.CopyFrom(request.summary)
            run.figures.update(request.figures)
            run.position = request.position
            run.has_report = bool(sealed)
            run.progress.fraction = 1.0
            for name, page in sealed.items():
                view.runs.put_artifact(tenant, run_id, name, page)
            publish_proposals(view, tenant, run_id, run, view.now_us())
            view.runs.update_run(changed(row, run, lease_expires_us=0))
            view.runs.make_current(tenant, run_id, steps)
            view.runs.drop_scratch(tenant, run_id, results=False)
            return run

        return self.vault.store.write(work)

    def release(self, call: Call, request: ReleaseRunRequest) -> None:
        """Give the run back; a failed one ends and keeps nothing."""
        self._parse(call, request.name)
        reason = request.reason if _REASON.fullmatch(request.reason) else "RELEASED"
        call.audit([request.name], reason=reason)

        def work(view: WriteView, row: RunRow) -> None:
            run = Run.FromString(row.payload)
            if request.failed:
                _fail(view, row, run, reason, request.message, view.now_us())
            else:
                run.state = RunState.RUN_STATE_QUEUED
                view.runs.update_run(changed(row, run, fence=row.fence + 1, lease_expires_us=0, lease_digest=b""))

        self.with_lease(call, request.name, request.lease_token, work)

    def leased_run(self, call: Call, name: str, lease_token: str) -> tuple[str, RunRow]:
        """Tenant and run, if the caller holds the lease now; a change checks again, see `with_lease`."""
        tenant, run_id = self._parse(call, name)
        with self.vault.store.read() as view:
            return tenant, leased(view.runs.run(tenant, run_id), lease_token, view.now_us())

    def with_lease(self, call: Call, name: str, lease_token: str, work: Callable[[WriteView, RunRow], T]) -> T:
        """Do the work in one transaction in which the caller holds the lease."""
        tenant, run_id = self._parse(call, name)
        return self.vault.store.write(
            lambda view: work(view, leased(view.runs.lock_run(tenant, run_id), lease_token, view.now_us()))
        )

    def _parse(self, call: Call, name: str) -> tuple[str, bytes]:
        tenant, run_id = names.parse_uuid_child(name, "runs")
        return call.require_tenant(tenant), run_id


def _waiting(view: WriteView, tenant: str, now_us: int) -> Iterator[RunRow]:
    """All that could be claimed, the oldest first: whoever can do few steps must not starve behind runs that need others."""
    after = b""
    while True:
        rows = view.runs.claimable(
            tenant,
            queued_state=RunState.RUN_STATE_QUEUED,
            running_state=RunState.RUN_STATE_RUNNING,
            now_us=now_us,
            limit=CLAIM_PAGE,
            after=after,
        )
        yield from rows
        if len(rows) < CLAIM_PAGE:
            return
        after = rows[-1].run_id


def _take(view: WriteView, row: RunRow, run: Run, token: str, now_us: int) -> tuple[Run, int]:
    run.state = RunState.RUN_STATE_RUNNING
    run.attempts = row.attempts + 1
    if not run.HasField("start_time"):
        run.start_time.CopyFrom(timestamp(now_us))
    expires_us = now_us + lease_s_of(token) * 1_000_000
    view.runs.update_run(
        changed(
            row,
            run,
            fence=row.fence + 1,
            attempts=row.attempts + 1,
            lease_expires_us=expires_us,
            lease_digest=digest_of(token),
        )
    )
    return run, expires_us


def _previous(view: ReadView, tenant: str, purpose: str) -> Run | None:
    """The newest run to compare with, among the last hundred."""
    for row in view.runs.runs(tenant, before=b"", limit=_LOOK_BACK_RUNS):
        if row.state == RunState.RUN_STATE_SUCCEEDED:
            run = Run.FromString(row.payload)
            if run.purpose == purpose and not run.HasField("undo_time"):
                run.ClearField("summary")
                return run
    return None


def _require_few_figures(figures: Mapping[str, float]) -> None:
    few = len(figures) <= MAX_FIGURES and all(len(name) <= MAX_FIGURE_NAME for name in figures)
    if not few or not all(map(math.isfinite, figures.values())):
        raise InvalidArgumentError(
            f"at most {MAX_FIGURES} figures with names of at most {MAX_FIGURE_NAME} characters, each a number",
            reason="INVALID_FIGURES",
            metadata={"field": "figures"},
        )


def _fail(view: WriteView, row: RunRow, run: Run, reason: str, message: str, now_us: int) -> None:
    run.state = RunState.RUN_STATE_FAILED
    run.end_time.CopyFrom(timestamp(now_us))
    run.failure_reason, run.failure_message = reason[:100], message[:MAX_MESSAGE_CHARS]
    view.runs.update_run(changed(row, run, fence=row.fence + 1, lease_expires_us=0, lease_digest=b""))
    view.runs.drop_scratch(row.tenant, row.run_id, results=True)


def _part_of(step: str) -> str:
    part = PART_OF_STEP.get(step)
    if part is None:
        raise InvalidArgumentError("no such step", reason="UNKNOWN_STEP", metadata={"field": "step"})
    return part


def _only_part(derived: DerivedData, part: str) -> bytes:
    extra = [field.name for field, _ in derived.ListFields() if field.name != part]
    if extra:
        raise InvalidArgumentError(f"this step writes {part} only", reason="FIELD_NOT_OF_STEP", metadata={"field": extra[0]})
    return derived.SerializeToString(deterministic=True)


def _piece(step: str, piece: int) -> str:
    return f"checkpoint/{step}/{piece}"
