"""Takes the results of a run back, and puts them there again.

Rules. Nothing is written over and nothing is deleted: a run's results stay stored (as long as `result_retention` keeps them),
only which run's results of a step are seen changes. So an undo restores every derived value to the byte, and an undo can be
undone. A run is undone as a whole and only while its results of every step are the ones that are seen; put back only while no
later run's results are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strongroom.api.v1.analysis_service_pb2 import Run, RunState, StepReturn, UndoRunRequest, UndoRunResponse
from vault_server.errors import FailedPreconditionError
from vault_server.ports.runs import RunRow
from vault_server.ports.store import ReadView, WriteView
from vault_server.usecases import names
from vault_server.usecases.call import Call, timestamp
from vault_server.usecases.replay import replay_of
from vault_server.usecases.review.publishing import swap_proposals
from vault_server.usecases.runs import changed, missing_run, require_kept, run_name
from vault_server.usecases.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class RunUndo:
    """Undoes runs."""

    vault: Vault

    def undo(self, call: Call, request: UndoRunRequest) -> UndoRunResponse:
        """Undo a run, or with `redo` put it back.

        Raises:
            FailedPreconditionError: RUN_NOT_SUCCEEDED, RUN_UNDONE, RUN_NOT_UNDONE, RUN_NOT_CURRENT: a later run's results of
                one of its steps are seen, or RESULTS_PRUNED: those that would be seen are gone; the error names that run.
        """
        tenant, run_id = names.parse_uuid_child(request.name, "runs")
        call.require_tenant(tenant)
        replay = replay_of(self.vault, call, request.request_id, request.SerializeToString(deterministic=True))
        call.audit([request.name], reason="REDO" if request.redo else "")
        if replay.done:
            with self.vault.store.read() as view:
                return UndoRunResponse(run=Run.FromString(_require(view.runs.run(tenant, run_id)).payload))
        if request.validate_only:
            with self.vault.store.read() as view:
                row = _require(view.runs.run(tenant, run_id))
                run = Run.FromString(row.payload)
                return UndoRunResponse(run=run, steps=_returns(view, tenant, run_id, run, redo=request.redo))

        def work(view: WriteView) -> UndoRunResponse:
            row = _require(view.runs.lock_run(tenant, run_id))
            run = Run.FromString(row.payload)
            steps = [step.step for step in run.steps]
            view.runs.lock_steps(tenant, steps)
            returns = _returns(view, tenant, run_id, run, redo=request.redo)
            now_us = view.now_us()
            if request.redo:
                run.ClearField("undo_time")
            else:
                run.undo_time.CopyFrom(timestamp(now_us))
            view.runs.mark_undone(tenant, run_id, steps, undone=not request.redo)
            swap_proposals(view, tenant, returns, now_us)
            view.runs.update_run(changed(row, run))
            replay.record(view, run.name, now_us)
            return UndoRunResponse(run=run, steps=returns)

        return self.vault.store.write(work)


def _require(row: RunRow | None) -> RunRow:
    if row is None:
        raise missing_run()
    return row


def _returns(view: ReadView | WriteView, tenant: str, run_id: bytes, run: Run, *, redo: bool) -> Sequence[StepReturn]:
    """What happens to each step, if it may happen."""
    if run.state != RunState.RUN_STATE_SUCCEEDED:
        raise FailedPreconditionError("only a run that succeeded has results to take back", reason="RUN_NOT_SUCCEEDED")
    if run.HasField("undo_time") and not redo:
        raise FailedPreconditionError("the run is undone already", reason="RUN_UNDONE", hint="--redo puts its results back")
    if redo and not run.HasField("undo_time"):
        raise FailedPreconditionError("the run is not undone", reason="RUN_NOT_UNDONE")
    if redo:
        require_kept(run)
    decide = _put_back if redo else _take_back
    return [decide(view, tenant, run_id, step.step) for step in run.steps]


def _take_back(view: ReadView | WriteView, tenant: str, run_id: bytes, step: str) -> StepReturn:
    standing = view.runs.standing_commits(tenant, step, limit=2)
    if not standing or standing[0].run_id != run_id:
        raise _not_current(tenant, step, standing[0].run_id if standing else b"")
    before = standing[1].run_id if len(standing) > 1 else b""
    if before:
        require_kept(Run.FromString(_require(view.runs.run(tenant, before)).payload))
    return _return(view, tenant, step, run_id, before)


def _put_back(view: ReadView | WriteView, tenant: str, run_id: bytes, step: str) -> StepReturn:
    standing = view.runs.standing_commits(tenant, step, limit=1)
    own = view.runs.commit_of(tenant, step, run_id)
    if own is None or (standing and standing[0].sequence > own.sequence):
        raise _not_current(tenant, step, standing[0].run_id if standing else b"")
    return _return(view, tenant, step, standing[0].run_id if standing else b"", run_id)


def _return(view: ReadView | WriteView, tenant: str, step: str, run_id: bytes, next_id: bytes) -> StepReturn:
    return StepReturn(
        step=step,
        run=run_name(tenant, run_id) if run_id else "",
        results=view.runs.result_offset(tenant, run_id, step) if run_id else 0,
        next_run=run_name(tenant, next_id) if next_id else "",
        next_results=view.runs.result_offset(tenant, next_id, step) if next_id else 0,
    )


def _not_current(tenant: str, step: str, between: bytes) -> FailedPreconditionError:
    if not between:
        return FailedPreconditionError(f"the vault has no results of {step} from this run", reason="RUN_NOT_CURRENT")
    name = run_name(tenant, between)
    return FailedPreconditionError(
        f"a later run's results of {step} stand in between: {name}",
        reason="RUN_NOT_CURRENT",
        hint="undo that run first",
        metadata={"run": name, "step": step},
    )
