"""Runs as their owners see them: start, read, watch, cancel, results, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from strongroom.api.v1.analysis_service_pb2 import (
    CustomerResult,
    ListRunResultsResponse,
    ListRunsResponse,
    Pipeline,
    ReportFormat,
    Run,
    RunState,
    StartAnalysisRequest,
)
from vault_server.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError
from vault_server.ports.runs import RunRow
from vault_server.ports.runtime import new_ids
from vault_server.ports.store import WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.declared_steps import checked_steps, counted_back
from vault_server.usecases.paging import Pages
from vault_server.usecases.pipelines import stored_pipeline
from vault_server.usecases.purposes import require_usable_purpose
from vault_server.usecases.replay import replay_of
from vault_server.usecases.result_sight import sight_of_results
from vault_server.usecases.sealed_rows import open_derived
from vault_server.usecases.vault import Vault

FINAL_STATES = frozenset({RunState.RUN_STATE_SUCCEEDED, RunState.RUN_STATE_FAILED, RunState.RUN_STATE_CANCELLED})
REPORT_HTML, REPORT_JSON = "report.html", "report.json"
PIECE_BYTES = 256 * 1024
WATCH_POLL_S = 0.2
MAX_RUNS, MAX_RESULTS = 100, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The owner's side of runs."""

    vault: Vault
    sleep: Callable[[float], None] = time.sleep

    def start(self, call: Call, request: StartAnalysisRequest) -> Run:
        """Queue a run.

        Raises:
            InvalidArgumentError: no steps, an unknown or repeated one, an option that its step does not have, `as_of` no day.
            PermissionDeniedError, NotFoundError: the purpose is not the caller's to use, or there is no such pipeline.
        """
        tenant = call.require_tenant(names.parse_tenant(request.parent))
        asked = self._asked(call, request)
        steps = counted_back(checked_steps(asked.steps), request.as_of)
        purpose = require_usable_purpose(self.vault, call, asked.purpose)
        replay = replay_of(self.vault, call, request.request_id, request.SerializeToString(deterministic=True))
        if replay.done:
            return self.get(call, replay.done)
        run_id, now_us = new_ids(self.vault.runtime, 1)[0], self.vault.runtime.now_us()
        run = Run(
            name=run_name(tenant, run_id),
            purpose=purpose.name,
            steps=steps,
            seed=request.seed or asked.seed or 1,
            pipeline=asked.name,
            state=RunState.RUN_STATE_QUEUED,
            create_time=timestamp(now_us),
            as_of=timestamp(now_us),
            principal=names.child_name(tenant, "principals", call.identity.principal),
        )
        call.audit([run.name, *filter(None, [asked.name])], purpose=purpose.name)
        if request.validate_only:
            return run
        row = RunRow(
            tenant=tenant,
            run_id=run_id,
            state=run.state,
            created_us=now_us,
            fence=0,
            lease_digest=b"",
            lease_expires_us=0,
            attempts=0,
            cancel_requested=False,
            pseudonym_key=self.vault.keyring.run_secrets(tenant).new_pseudonym_key(run_id),
            payload=run.SerializeToString(),
        )

        def work(view: WriteView) -> None:
            replay.record(view, run.name, now_us)
            view.runs.insert_run(row)

        self.vault.store.write(work)
        return run

    def _asked(self, call: Call, request: StartAnalysisRequest) -> Pipeline:
        """What is to be run: the pipeline that is named, or one without a name."""
        if not request.pipeline:
            return Pipeline(purpose=request.purpose, steps=request.steps, seed=request.seed)
        if request.steps or request.purpose:
            raise InvalidArgumentError(
                "a pipeline has its own steps and purpose", reason="PIPELINE_AND_STEPS", metadata={"field": "pipeline"}
            )
        call.require_tenant(names.parse_child(request.pipeline, "pipelines")[0])
        with self.vault.store.read() as view:
            return stored_pipeline(view, request.pipeline)

    def get(self, call: Call, name: str) -> Run:
        run = Run.FromString(self._row(call, name).payload)
        call.audit([name])
        return run

    def list_runs(self, call: Call, parent: str, *, page_size: int, page_token: str) -> ListRunsResponse:
        """The newest first."""
        tenant = call.require_tenant(names.parse_tenant(parent))
        pages = Pages(self.vault, tenant, f"runs:{parent}")
        limit = pages.size(page_size, default=20, most=MAX_RUNS)
        before = pages.start(page_token)
        with self.vault.store.read() as view:
            rows = view.runs.runs(tenant, before=before, limit=limit + 1)
        call.audit([parent], records=min(len(rows), limit))
        token = pages.token(rows[limit - 1].run_id) if len(rows) > limit else ""
        return ListRunsResponse(runs=[Run.FromString(row.payload) for row in rows[:limit]], next_page_token=token)

    def watch(self, call: Call, name: str) -> Iterator[Run]:
        """The run whenever it changes, until it has ended, nobody listens, or the server stops and the caller asks another."""
        self._row(call, name)
        call.audit([name])
        last = b""
        while call.active() and not call.draining():
            payload = self._row(call, name).payload
            if payload != last:
                last, run = payload, Run.FromString(payload)
                yield run
                if run.state in FINAL_STATES:
                    return
            self.sleep(WATCH_POLL_S)

    def cancel(self, call: Call, name: str) -> Run:
        """Stop a run, or find it stopped; a worker that has it learns so with its next heartbeat.

        Its lease is void from now on.
        """
        tenant, run_id = self._parse(call, name)
        call.audit([name])
        now_us = self.vault.runtime.now_us()

        def work(view: WriteView) -> Run:
            row = view.runs.lock_run(tenant, run_id)
            if row is None:
                raise missing_run()
            run = Run.FromString(row.payload)
            if run.state == RunState.RUN_STATE_CANCELLED:
                return run
            if run.state in FINAL_STATES:
                raise FailedPreconditionError("the run has ended", reason="RUN_ENDED")
            run.state = RunState.RUN_STATE_CANCELLED
            run.end_time.CopyFrom(timestamp(now_us))
            view.runs.update_run(changed(row, run, fence=row.fence + 1, lease_expires_us=0, cancel_requested=True))
            view.runs.drop_scratch(tenant, run_id, results=True)
            return run

        return self.vault.store.write(work)

    def results(self, call: Call, parent: str, *, page_size: int, page_token: str) -> ListRunResultsResponse:
        """What a succeeded run derived, customer by customer, in customer order.

        Raises:
            FailedPreconditionError: it has no results.
            PermissionDeniedError: the run's purpose is not granted to the caller, see `result_sight`.
        """
        row = self.require_results(call, parent)
        tenant, run_id, sight = row.tenant, row.run_id, sight_of_results(self.vault, call, row)
        pages = Pages(self.vault, tenant, f"results:{parent}")
        limit = pages.size(page_size, default=100, most=MAX_RESULTS)
        after = pages.start(page_token)
        with self.vault.store.read() as view:
            rows = view.records.derived_scan(tenant, run_id, after=after, limit=limit)
            customers = sorted({row.customer_id for row in rows})
            deks, willing = view.records.deks(tenant, customers), sight.willing(view, customers)
        derived = open_derived(self.vault.keyring, tenant, [row for row in rows if row.customer_id in willing], deks)
        call.audit([parent], records=len(derived), purpose=sight.purpose, fields=sight.fields)
        results = [
            CustomerResult(customer=names.customer_name(tenant, customer), derived=sight.shown(derived[customer]))
            for customer in sorted(derived)
        ]
        token = pages.token(customers[-1]) if rows else ""
        return ListRunResultsResponse(results=results, next_page_token=token)

    def require_results(self, call: Call, name: str) -> RunRow:
        """A run that has results: one that succeeded, undone or not. Who may see them is for `result_sight` to say.

        Raises:
            FailedPreconditionError: it has none.
        """
        row = self._row(call, name)
        if row.state != RunState.RUN_STATE_SUCCEEDED:
            raise FailedPreconditionError(
                "the run has no results", reason="RUN_NOT_SUCCEEDED", hint="wait until it has succeeded"
            )
        require_kept(Run.FromString(row.payload))
        return row

    def report(self, call: Call, name: str, report_format: ReportFormat.ValueType) -> Iterator[bytes]:
        """The report in pieces."""
        tenant, run_id = self._parse(call, name)
        artifact = REPORT_JSON if report_format == ReportFormat.REPORT_FORMAT_JSON else REPORT_HTML
        with self.vault.store.read() as view:
            sealed = view.runs.artifact(tenant, run_id, artifact)
        if sealed is None:
            self._row(call, name)
            raise NotFoundError(
                "the run has no report", reason="NO_REPORT", hint="a report is there when the run has succeeded"
            )
        page = self.vault.keyring.run_secrets(tenant).open(run_id, artifact, sealed)
        call.audit([name])
        for start in range(0, len(page), PIECE_BYTES):
            yield page[start : start + PIECE_BYTES]

    def _parse(self, call: Call, name: str) -> tuple[str, bytes]:
        tenant, run_id = names.parse_uuid_child(name, "runs")
        return call.require_tenant(tenant), run_id

    def _row(self, call: Call, name: str) -> RunRow:
        tenant, run_id = self._parse(call, name)
        with self.vault.store.read() as view:
            row = view.runs.run(tenant, run_id)
        if row is None:
            raise missing_run()
        return row


def require_kept(run: Run) -> None:
    """Return if the run's results are still there.

    Raises:
        FailedPreconditionError: RESULTS_PRUNED.
    """
    if run.HasField("prune_time"):
        raise FailedPreconditionError(
            "the results of this run were removed, because enough later runs took their place",
            reason="RESULTS_PRUNED",
            hint="its report is still there; `keep_runs` of the vault's configuration says how many runs are kept",
            metadata={"run": run.name},
        )


def run_name(tenant: str, run_id: bytes) -> str:
    return names.child_name(tenant, "runs", names.uuid_text(run_id))


def missing_run() -> NotFoundError:
    return NotFoundError("there is no such run", hint="`strongroom analysis list` shows the runs")


def changed(row: RunRow, run: Run, **fields: int | bytes | bool) -> RunRow:
    """The row with another payload and other columns; the state follows the payload."""
    return replace(row, state=run.state, payload=run.SerializeToString(), **fields)  # type: ignore[arg-type]  # names checked by dataclass
