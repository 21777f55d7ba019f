"""A worker may die before or after any call: the next one finishes the run once, with the same results."""

from __future__ import annotations

import json

import pytest

from analysis_worker.pipeline.step_adapter import StepAdapter
from analysis_worker.vault_io import batches
from analysis_worker.vault_io.serving import Outcome
from helpers.fake_worker_vault import FakeWorkerVault, Killed
from helpers.worker_making import Worker
from helpers.worker_steps import CheapCorrect, CheapSegment, cheap_steps

ROWS = 90
CALLS = 15
"""claim, open, three batches, list, keep, write twice, keep, write four times, commit."""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_ROWS", 25)


def _vault(**changes: object) -> FakeWorkerVault:
    vault = FakeWorkerVault(customers={"family_name": [f"Dunwoody{'y' * (n % 7)}" for n in range(ROWS)]}, **changes)  # type: ignore[arg-type]  # fields of the dataclass
    vault.start("correct", "segment")
    return vault


def _undisturbed() -> FakeWorkerVault:
    vault = _vault()
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.COMMITTED
    return vault


def test_the_undisturbed_run_makes_every_call_that_the_kill_test_counts() -> None:
    vault = _undisturbed()
    assert len(vault.calls) == CALLS
    assert vault.calls.count("write correct") == 2
    assert vault.calls.count("write segment") == 4


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_run_whose_worker_died_at_any_call_is_finished_once_by_the_next(number: int, after: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    vault = _vault(dies_at=number, dies_after=after)
    with pytest.raises(Killed):
        Worker(vault, cheap_steps()).loop.turn()
    vault.expire_lease()
    ended = number == CALLS and after
    assert Worker(vault, cheap_steps()).loop.turn() is (Outcome.IDLE if ended else Outcome.COMMITTED)
    expected = _undisturbed()
    assert vault.commits == 1
    assert vault.committed() == expected.committed()
    assert vault.run.summary == expected.run.summary
    assert [list(rows) for rows in vault.committed().values()] == [list(rows) for rows in expected.committed().values()]


def test_workers_that_die_again_and_again_still_get_the_run_done() -> None:
    vault = _vault()
    for _ in range(CALLS):
        vault.dies_at, vault.dies_after = len(vault.calls) + 9, True
        try:
            Worker(vault, cheap_steps()).loop.turn()
        except Killed:
            vault.expire_lease()
    assert vault.commits == 1
    assert vault.claims > 3
    assert vault.committed() == _undisturbed().committed()


def test_what_was_kept_is_not_computed_again() -> None:
    vault = _vault(dies_at=9)
    with pytest.raises(Killed):
        Worker(vault, cheap_steps()).loop.turn()
    vault.expire_lease()
    correct, segment = CheapCorrect(), CheapSegment()
    Worker(vault, {"correct": correct, "segment": segment}).loop.turn()
    assert (correct.computed, segment.computed) == (0, 1)


def test_rows_that_are_gone_when_the_next_worker_reads_do_not_move_the_others() -> None:
    vault = _vault(dies_at=9)
    with pytest.raises(Killed):
        Worker(vault, cheap_steps()).loop.turn()
    vault.expire_lease()
    expected = {row: one for row, one in _undisturbed().committed()["segment"].items() if row != vault.pseudonym(0)}
    vault.customers = {"family_name": vault.customers["family_name"][1:]}
    original = vault.pseudonym
    vault.pseudonym = lambda index: original(index + 1)  # type: ignore[method-assign]  # the first customer was erased
    assert Worker(vault, cheap_steps()).loop.turn() is Outcome.COMMITTED
    assert vault.committed()["segment"] == expected


@pytest.mark.parametrize("number", range(2, CALLS + 1))
def test_after_the_lease_is_lost_nothing_is_written_or_released(number: int) -> None:
    vault = _vault()
    arrive = vault.arrive
    seen: list[dict[str, dict[bytes, bytes]]] = []

    def robbed(name: str) -> None:
        arrive(name)
        if len(vault.calls) == number:
            vault.token = "srl_30_of_somebody_else"
            seen.append(vault.committed())

    vault.arrive = robbed  # type: ignore[method-assign]  # the moment of the theft
    worker = Worker(vault, cheap_steps())
    assert worker.loop.turn() is Outcome.LOST
    assert vault.committed() == seen[0]
    assert vault.commits == 0
    assert "release" not in vault.calls
    events = [json.loads(line)["event"] for line in worker.stream.getvalue().splitlines()]
    assert events[-1] == "run_left"


def test_a_run_that_was_cancelled_while_a_step_computed_is_left_alone() -> None:
    vault = _vault()
    steps: dict[str, StepAdapter] = {"correct": CheapCorrect(before=vault.client().worker.cancel), "segment": CheapSegment()}
    assert Worker(vault, steps).loop.turn() is Outcome.LOST
    assert vault.results == {}
    assert "release" not in vault.calls
