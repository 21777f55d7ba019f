"""Pairs for people: asked once whoever dies, the most doubtful ones, and decisions handed to the step that compares people."""

from __future__ import annotations

import pyarrow as pa
import pytest

from analysis_worker.pipeline.customers import Customers
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.outcome import StepOutcome
from analysis_worker.pipeline.pairs import MOST_WEIGHTS, asked_pairs, most_doubtful
from analysis_worker.vault_io import batches
from analysis_worker.vault_io.serving import Outcome
from helpers.fake_worker_vault import FakeWorkerVault, Killed
from helpers.worker_making import Worker
from helpers.worker_steps import CheapMatch
from strongroom.api.v1.analysis_worker_service_pb2 import PairDecision

ROWS, PAIRS = 60, 30
CALLS = 12
"""claim, open, two batches, list, decisions, keep, write twice, ask twice, commit."""


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MAX_ROWS", 30)
    monkeypatch.setattr(batches, "MAX_BYTES", 1_500)


def _vault(**changes: object) -> FakeWorkerVault:
    vault = FakeWorkerVault(customers={"family_name": [f"Dunwoody{n}" for n in range(ROWS)]}, **changes)  # type: ignore[arg-type]  # fields of the dataclass
    vault.start("match")
    return vault


def _asked(vault: FakeWorkerVault) -> list[bytes]:
    return [one.SerializeToString(deterministic=True) for one in vault.proposals["match"]]


def _undisturbed() -> FakeWorkerVault:
    vault = _vault()
    assert Worker(vault, {"match": CheapMatch()}).loop.turn() is Outcome.COMMITTED
    return vault


def test_pairs_are_asked_by_pseudonym_with_their_weights_in_the_order_of_the_step() -> None:
    vault = _undisturbed()
    asked = vault.proposals["match"]
    assert vault.calls.count("ask match") > 1
    assert [(one.row_id, one.other_row_id) for one in asked] == [
        (vault.pseudonym(place), vault.pseudonym(place + 1)) for place in range(0, ROWS, 2)
    ]
    assert [one.weights[0].weight for one in asked] == list(range(0, ROWS, 2))


@pytest.mark.parametrize("after", [False, True])
def test_a_worker_that_dies_at_any_call_asks_nothing_twice(after: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    expected = _undisturbed()
    for number in range(1, len(expected.calls) + 1):
        vault = _vault(dies_at=number, dies_after=after)
        with pytest.raises(Killed):
            Worker(vault, {"match": CheapMatch()}).loop.turn()
        vault.expire_lease()
        Worker(vault, {"match": CheapMatch()}).loop.turn()
        assert vault.commits == 1
        assert _asked(vault) == _asked(expected)
        assert vault.committed() == expected.committed()


def test_decisions_come_by_place_and_those_about_rows_that_are_gone_do_not() -> None:
    vault, step = _vault(), CheapMatch()
    for one, two, same in ((5, 3, True), (1, 2, False), (4, 999, True)):
        vault.decided.append(PairDecision(row_id=vault.pseudonym(one), other_row_id=vault.pseudonym(two), same=same))
    Worker(vault, {"match": step}).loop.turn()
    (told,) = step.told
    assert told is not None
    assert told.to_pylist() == [
        {"row_id": 1, "other_row_id": 2, "same": False},
        {"row_id": 5, "other_row_id": 3, "same": True},
    ]
    assert told.schema.field("row_id").type == pa.int64()


def test_a_step_is_told_nothing_where_nothing_was_decided() -> None:
    vault, step = _vault(), CheapMatch()
    Worker(vault, {"match": step}).loop.turn()
    assert step.told == [None]


def test_of_too_many_pairs_the_most_doubtful_are_kept_in_their_order() -> None:
    pairs = pa.table({"row_id": [0, 1, 2, 3, 4], "score": [0.1, 0.6, 0.9, 0.4, 0.5]})
    kept, left_out = most_doubtful(pairs, 3)
    assert kept.column("row_id").to_pylist() == [1, 3, 4]
    assert left_out == 2
    assert most_doubtful(pairs, 5) == (pairs, 0)


def test_of_too_many_weights_the_heaviest_are_kept_in_their_order() -> None:
    weights = [{"field": f"attr.f{number}", "weight": float(number % 7)} for number in range(130)]
    pairs = pa.table({"row_id": [b"a"], "other_row_id": [b"b"], "score": [1.0 + 1e-12], "weights": [weights]})
    (asked,) = asked_pairs(pairs, 0)
    assert len(asked.weights) == MOST_WEIGHTS
    assert [field for field, _ in asked.weights] == [
        one["field"] for one in weights if (one["field"], one["weight"]) in asked.weights
    ]
    assert min(weight for _, weight in asked.weights) >= 1.0
    assert asked.score == 1.0


def test_a_checkpoint_keeps_the_pairs_and_one_of_the_format_before_has_none() -> None:
    customers = Customers.of(pa.table({"row_id": pa.array([bytes([n]) * 16 for n in range(3)], pa.binary(16))}))
    pairs = customers.named(pa.table({"row_id": [0], "other_row_id": [2], "score": [0.5]}))
    table = customers.named(pa.table({"row_id": [0, 1]}))
    outcome = StepOutcome(step="match", table=table, summary={}, report={}, seconds=1.0, proposals=pairs)
    again = StepOutcome.decode("match", outcome.encode())
    assert again == outcome
    assert again.pairs == 1
    without = StepOutcome(step="match", table=table, summary={}, report={}, seconds=1.0)
    old = without.encode().replace(b'"format": 2', b'"format": 1')
    assert StepOutcome.decode("match", old) == without
    with pytest.raises(RunFailureError):
        StepOutcome.decode("match", without.encode().replace(b'"format": 2', b'"format": 3'))
