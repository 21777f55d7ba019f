"""What becomes of a run: failed, given back, left alone; and what the worker says about it."""

from __future__ import annotations

import json

import pytest

from analysis_worker.pipeline.errors import StopRequestedError
from analysis_worker.pipeline.step_adapter import StepAdapter
from analysis_worker.vault_io.serving import Outcome
from helpers.fake_worker_vault import FakeWorkerVault
from helpers.worker_making import Worker
from helpers.worker_steps import CheapCorrect, CheapSegment, cheap_steps
from strongroom.api.v1.analysis_service_pb2 import RUN_STATE_FAILED, RUN_STATE_QUEUED, RUN_STATE_SUCCEEDED
from strongroom.errors import FailedPreconditionError, PermissionDeniedError, UnavailableError

CANARY = "Xanthippe-Quagmire"


def _vault(**changes: object) -> FakeWorkerVault:
    vault = FakeWorkerVault(customers={"family_name": [CANARY, "Eichholz", "Farquhar"]}, **changes)  # type: ignore[arg-type]  # fields of the dataclass
    vault.start("correct", "segment")
    return vault


def _raise(error: Exception) -> None:
    raise error


def test_an_empty_queue_leaves_the_worker_idle() -> None:
    vault = _vault()
    vault.run.state = RUN_STATE_SUCCEEDED
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.IDLE


def test_a_run_with_steps_that_this_worker_cannot_do_is_not_taken() -> None:
    vault = _vault()
    assert Worker(vault, {"correct": CheapCorrect()}).loop.turn() is Outcome.IDLE


def test_a_step_that_breaks_fails_the_run_and_says_its_type_only() -> None:
    vault = _vault()
    steps: dict[str, StepAdapter] = {
        "correct": CheapCorrect(before=lambda: _raise(ArithmeticError(CANARY))),
        "segment": CheapSegment(),
    }
    worker = Worker(vault, steps)
    assert worker.loop.turn() is Outcome.FAILED
    assert vault.run.state == RUN_STATE_FAILED
    assert vault.run.failure_reason == "STEP_FAILED"
    assert vault.run.failure_message == "step correct failed with ArithmeticError"
    assert CANARY not in worker.stream.getvalue()


def test_no_value_of_a_customer_reaches_the_log() -> None:
    worker = Worker(_vault(), cheap_steps())
    worker.loop.turn()
    assert CANARY not in worker.stream.getvalue()
    assert all(json.loads(line)["event"] for line in worker.stream.getvalue().splitlines())


def test_the_wish_to_end_while_a_step_computes_gives_the_run_back() -> None:
    vault = _vault()
    step = CheapCorrect()
    worker = Worker(vault, {"correct": step, "segment": CheapSegment()})
    step.before = worker.stop.request
    assert worker.loop.turn() is Outcome.STOPPED
    assert vault.run.state == RUN_STATE_QUEUED
    assert vault.run.failure_reason == "WORKER_STOPPED"
    assert vault.calls[-1] == "release"
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.COMMITTED


def test_the_wish_to_end_while_a_call_is_under_way_waits_for_its_end() -> None:
    vault = _vault()
    worker = Worker(vault, cheap_steps())
    arrive = vault.arrive

    def stopped(name: str) -> None:
        arrive(name)
        if name == "keep correct":
            worker.stop.request()

    vault.arrive = stopped  # type: ignore[method-assign]  # the moment of the signal
    assert worker.loop.turn() is Outcome.STOPPED
    assert set(vault.pieces) == {"correct"}
    assert vault.results == {}


def test_serving_ends_when_asked_to() -> None:
    vault = _vault()
    worker = Worker(vault, cheap_steps())
    worker.stop.request()
    assert worker.loop.serve(poll_s=1.0) is Outcome.STOPPED
    with pytest.raises(StopRequestedError):
        worker.stop.check()


def test_a_vault_that_is_away_at_the_claim_is_waited_for() -> None:
    vault = _vault(fails_at={1: UnavailableError("away")})
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.AWAY


def test_a_vault_that_goes_away_in_the_middle_keeps_the_run_for_later() -> None:
    vault = _vault(fails_at={6: UnavailableError("away")})
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.AWAY
    assert vault.run.state == RUN_STATE_QUEUED
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.COMMITTED


def test_a_commit_whose_answer_was_lost_is_asked_for_again() -> None:
    vault = _vault()
    depart = vault.depart

    def lose_the_answer() -> None:
        depart()
        if vault.calls[-1] == "commit" and vault.calls.count("commit") == 1:
            raise UnavailableError("cut")

    vault.depart = lose_the_answer  # type: ignore[method-assign]  # the moment of the cut
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.COMMITTED
    assert vault.commits == 1
    assert vault.calls.count("commit") == 2


def test_a_refused_commit_fails_the_run() -> None:
    vault = _vault(fails_at={9: FailedPreconditionError("other results", reason="RESULTS_INCOMPLETE")})
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.FAILED
    assert vault.run.failure_reason == "RESULTS_INCOMPLETE"


def test_a_worker_without_the_role_ends_instead_of_asking_for_ever() -> None:
    vault = _vault(fails_at={1: PermissionDeniedError("not a worker")})
    assert Worker(vault, cheap_steps()).loop.serve(poll_s=1.0) is Outcome.REFUSED


def test_a_purpose_that_may_see_nothing_fails_the_run() -> None:
    vault = _vault(visible=frozenset())
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.FAILED
    assert vault.run.failure_reason == "NOTHING_TO_READ"


def test_a_checkpoint_that_cannot_be_read_fails_the_run_with_a_reason() -> None:
    vault = _vault(pieces={"correct": b"of another program"})
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.FAILED
    assert vault.run.failure_reason == "CHECKPOINT_FORMAT"


def test_results_that_are_not_of_the_checkpoint_fail_the_run() -> None:
    vault = _vault()
    Worker(vault, cheap_steps()).loop.turn()
    other = _vault(results={"correct": vault.results["segment"]})
    assert Worker(other, cheap_steps()).loop.turn() is Outcome.FAILED
    assert other.run.failure_reason == "RESULTS_DIFFER"


def test_each_step_sees_what_the_steps_before_it_corrected() -> None:
    vault = _vault()
    Worker(vault, cheap_steps()).loop.turn()
    assert [one.derived.segment.segment for one in vault.results["segment"]] == [len(CANARY) + 1, 8, 9]


def test_the_run_ends_with_position_report_and_summary_of_every_step() -> None:
    vault = _vault()
    Worker(vault, cheap_steps()).loop.turn()
    assert vault.run.position == 4711
    assert set(vault.run.summary.fields) == {"correct", "segment"}
    assert b"<html" in vault.report_html
    assert json.loads(vault.report_json)["provenance"]["seed"] == 7
