"""What a run proposes becomes the queue, in the commit's own transaction; the run's summary says how much of it waits.

A run replaces the questions of the step's runs before, unless it looked at new customers only (option `incremental`).
"""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.api.v1.analysis_service_pb2 import Run, StepReturn
from vault_server.ports.store import WriteView
from vault_server.usecases import names

MOST_QUESTIONS = 10_000
"""Of one step of one run; nobody answers more, and the most doubtful are kept."""
PROPOSING_STEPS = ("correct", "match")
INCREMENTAL = "incremental"


def publish_proposals(view: WriteView, tenant: str, run_id: bytes, run: Run, now_us: int) -> None:
    """Publish the drafts of each proposing step of the run and count them in its summary."""
    options = {step.step: step.options for step in run.steps}
    for step in (step for step in PROPOSING_STEPS if step in options):
        incremental = INCREMENTAL in options[step].fields and options[step].fields[INCREMENTAL].bool_value
        found = view.proposals.publish(tenant, run_id, step, most=MOST_QUESTIONS, withdraw=not incremental, now_us=now_us)
        review = run.summary.get_or_create_struct(step).get_or_create_struct("review")
        review.update(found._asdict())


def swap_proposals(view: WriteView, tenant: str, returns: Sequence[StepReturn], now_us: int) -> None:
    """After an undo or its reverse: the queue asks what the run asked whose results are seen. Decisions stand."""
    for one in returns:
        view.proposals.swap_runs(tenant, one.step, hidden=_run_id(one.run), seen=_run_id(one.next_run), now_us=now_us)


def _run_id(name: str) -> bytes:
    return names.parse_uuid_child(name, "runs")[1] if name else b""
