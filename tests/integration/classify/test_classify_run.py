"""Classify in a run over a fake vault: what it is handed, what the vault keeps, and the same bits whoever finishes."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict

from analysis_worker.pipeline.adapters.registry import known_steps
from analysis_worker.vault_io.serving import Outcome
from helpers.fake_worker_vault import FakeWorkerVault, Killed
from helpers.worker_making import Worker
from helpers.worker_people import small_crm, vault_of
from helpers.worker_steps import RecordingStep

STEPS = ("correct", "impute", "classify")
OPTIONS: dict[str, Any] = {
    "impute": {"min_holdout_cells": 20, "max_training_rows": 200.0, "draws": 0},
    "classify": {"target": "attributes.tier", "positive": "gold", "trusted": ["attributes.visits"], "resamples": 20},
}
CANARIES = ("Zyxwvia", "Quonkleberry", "zyxwvia@canary.example")


def _vault(**changes: object) -> FakeWorkerVault:
    crm = small_crm()
    for name, value in (("given_name", CANARIES[0]), ("family_name", CANARIES[1]), ("emails", [CANARIES[2]])):
        crm.customers[name][0] = value
    vault = vault_of(crm, **changes)
    vault.start(*STEPS, options=OPTIONS)
    return vault


def _card(vault: FakeWorkerVault) -> dict[str, Any]:
    card: dict[str, Any] = MessageToDict(vault.run.summary)["classify"]
    return card


@pytest.fixture(scope="module")
def done() -> tuple[FakeWorkerVault, RecordingStep]:
    vault, step = _vault(), RecordingStep(known_steps()["classify"])
    assert Worker(vault, {**known_steps(), "classify": step}).loop.turn() is Outcome.COMMITTED, vault.run.failure_message
    return vault, step


def test_everybody_gets_a_prediction_of_the_declared_target(done: tuple[FakeWorkerVault, RecordingStep]) -> None:
    found = [one.derived.classifications for one in done[0].results["classify"]]
    assert [len(one) for one in found] == [1] * 240
    assert {one[0].target for one in found} == {"attributes.tier"}
    assert {one[0].label for one in found} == {"gold", "basic"}


def test_estimates_of_the_target_are_not_taken_for_outcomes(done: tuple[FakeWorkerVault, RecordingStep]) -> None:
    stated = sum(tier is not None for tier in small_crm().customers["attributes.tier"])
    assert _card(done[0])["known"] == stated


def test_names_and_contacts_are_not_handed_to_classify(done: tuple[FakeWorkerVault, RecordingStep]) -> None:
    (inputs,) = done[1].handed
    seen = str(inputs.customers.to_pylist()) + str(inputs.transactions and inputs.transactions.to_pylist())
    assert not [canary for canary in CANARIES if canary in seen]


def test_a_column_that_tells_the_target_is_out_of_the_model_and_on_the_card(
    done: tuple[FakeWorkerVault, RecordingStep],
) -> None:
    card = _card(done[0])
    assert "visits" in card["used"]
    assert {one["column"]: one["reason"] for one in card["left_out"]}["frequency"] == "gives_target_away"


def test_a_second_worker_predicts_the_same_bits(done: tuple[FakeWorkerVault, RecordingStep]) -> None:
    vault = _vault(dies_at=done[0].calls.index("keep classify") + 1)
    with pytest.raises(Killed):
        Worker(vault).loop.turn()
    vault.expire_lease()
    assert Worker(vault).loop.turn() is Outcome.COMMITTED
    assert vault.committed() == done[0].committed()
    assert vault.run.summary == done[0].run.summary
