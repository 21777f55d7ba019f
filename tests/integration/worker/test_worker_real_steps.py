"""All four steps over a fake vault: results of every step, nobody sees more than declared, the same bits whoever finishes."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from analysis_worker.pipeline.adapters.registry import known_steps
from analysis_worker.pipeline.customers import ROW_ID, field_of
from analysis_worker.vault_io.serving import Outcome
from helpers.fake_worker_vault import FakeWorkerVault, Killed
from helpers.worker_making import Worker
from helpers.worker_people import small_crm, vault_of
from helpers.worker_steps import RecordingStep

STEPS = ("correct", "match", "impute", "segment")
OPTIONS = {"impute": {"min_holdout_cells": 20}}
CANARIES = ("Zyxwvia", "Quonkleberry", "zyxwvia@canary.example", "0113 4999999", "Canary Row", "1944-02-29")


def _vault(**changes: object) -> FakeWorkerVault:
    crm = small_crm()
    row = {"given_name": CANARIES[0], "family_name": CANARIES[1], "emails": [CANARIES[2]], "phones": [CANARIES[3]]}
    address = {**crm.customers["addresses"][0][0], "street": CANARIES[4]}
    for name, value in {**row, "addresses": [address], "birth_date": CANARIES[5]}.items():
        crm.customers[name][0] = value
    vault = vault_of(crm, **changes)
    vault.start(*STEPS, options=OPTIONS)
    return vault


@pytest.fixture(scope="module")
def undisturbed() -> tuple[FakeWorkerVault, dict[str, RecordingStep], Worker]:
    vault = _vault()
    steps = {name: RecordingStep(known_steps()[name]) for name in STEPS}
    worker = Worker(vault, dict(steps))
    assert worker.loop.turn() is Outcome.COMMITTED, vault.run.failure_message
    return vault, steps, worker


def test_a_step_is_handed_its_declared_columns_and_no_others(
    undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker],
) -> None:
    for step in undisturbed[1].values():
        (inputs,) = step.handed
        assert {field_of(name) for name in inputs.customers.column_names} <= step.customer_fields | {ROW_ID}
        if inputs.transactions is not None:
            assert set(inputs.transactions.column_names) <= step.transaction_fields | {ROW_ID}


@pytest.mark.parametrize("name", ["impute", "segment"])
def test_names_and_contacts_never_reach_steps_that_count(
    name: str, undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker]
) -> None:
    (inputs,) = undisturbed[1][name].handed
    text = str(inputs.customers.to_pylist()) + str(inputs.transactions and inputs.transactions.to_pylist())
    assert not [canary for canary in CANARIES if canary in text]
    (matched,) = undisturbed[1]["match"].handed
    assert all(canary in str(matched.customers.to_pylist()) for canary in CANARIES)


def test_no_value_of_a_customer_reaches_report_summary_or_log(
    undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker],
) -> None:
    vault, _, worker = undisturbed
    said = vault.report_html.decode() + vault.report_json.decode() + str(vault.run.summary) + worker.stream.getvalue()
    assert not [canary for canary in CANARIES if canary in said]


def test_repeated_people_share_an_entity(undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker]) -> None:
    vault = undisturbed[0]
    entity = {one.row_id: one.derived.entity for one in vault.results["match"]}
    rows = [entity[vault.pseudonym(index)] for index in range(240)]
    person = small_crm().person
    sizes = Counter(one.entity for one in rows)
    assert all(one.size == sizes[one.entity] for one in rows)
    together = sum(rows[index].entity == rows[person[index]].entity for index in range(200, 240))
    assert together >= 36


def test_every_step_writes_its_own_part_only(undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker]) -> None:
    parts = {"correct": "corrections", "match": "entity", "impute": "imputed", "segment": "segment"}
    for step, rows in undisturbed[0].results.items():
        assert rows
        assert {field.name for one in rows for field, _ in one.derived.ListFields()} == {parts[step]}


def test_segments_are_found_from_purchases(undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker]) -> None:
    summary = json.loads(undisturbed[0].report_json)
    assert summary["segments"]["structured"]
    assert len({one.derived.segment.segment for one in undisturbed[0].results["segment"]}) > 1


def test_imputed_incomes_come_with_their_currency(
    undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker],
) -> None:
    guesses = [guess for one in undisturbed[0].results["impute"] for guess in one.derived.imputed]
    fields = Counter(guess.field for guess in guesses)
    assert fields["income.amount_minor"] == fields["income.currency"] > 0
    assert {guess.value.string_value for guess in guesses if guess.field == "income.currency"} == {"GBP"}
    assert all(guess.lower <= guess.value.int_value <= guess.upper for guess in guesses if guess.field == "income.amount_minor")


def test_gender_is_never_guessed(undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker]) -> None:
    assert "gender" not in {guess.field for one in undisturbed[0].results["impute"] for guess in one.derived.imputed}


def test_a_second_worker_finishes_with_the_same_bits(
    undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker],
) -> None:
    calls = undisturbed[0].calls
    vault = _vault(dies_at=calls.index("keep impute") + 1)
    with pytest.raises(Killed):
        Worker(vault).loop.turn()
    vault.expire_lease()
    assert Worker(vault).loop.turn() is Outcome.COMMITTED
    assert vault.committed() == undisturbed[0].committed()
    assert vault.run.summary == undisturbed[0].run.summary


def test_other_pseudonyms_change_no_result(undisturbed: tuple[FakeWorkerVault, dict[str, RecordingStep], Worker]) -> None:
    one = undisturbed[0]
    other = _vault(key=b"another run")
    assert Worker(other).loop.turn() is Outcome.COMMITTED
    for step in ("correct", "impute", "segment"):
        assert [row.derived for row in other.results[step]] == [row.derived for row in one.results[step]]
    assert other.run.summary == one.run.summary


def test_a_run_without_transactions_still_segments() -> None:
    vault = _vault()
    vault.transactions = None
    vault.start("segment")
    assert Worker(vault).loop.turn() is Outcome.COMMITTED
    assert len(vault.results["segment"]) == 240
