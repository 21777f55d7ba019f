"""Value, segments and next products of one run over a fake vault; nobody's name comes near them, and a second run goes on."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from google.protobuf.json_format import MessageToDict

from analysis_worker.pipeline.adapters.registry import known_steps
from analysis_worker.vault_io.serving import Outcome
from helpers.buying import bought
from helpers.fake_worker_vault import FakeWorkerVault
from helpers.shopping import shopped
from helpers.worker_making import Worker
from helpers.worker_people import TYPES
from helpers.worker_steps import RecordingStep

STEPS = ("segment", "value", "associate")
CUSTOMERS = 600
CANARY = "Quonkleberry"
LINE = pa.struct(
    [("sku", pa.string()), ("description", pa.string()), ("quantity_milli", pa.int64()), ("unit_price_minor", pa.int64())]
)
LINES_TYPES = {**TYPES, "lines": pa.list_(LINE), "segment": pa.int32(), "segment_label": pa.string()}


def _transactions() -> dict[str, list[Any]]:
    """Purchases of `buying`, each with the products that `shopping` gives the customer."""
    held: dict[int, list[dict[str, Any]]] = {}
    goods = shopped(CUSTOMERS, seed=2).lines
    for row, sku in zip(*(goods.column(name).to_pylist() for name in ("row_id", "product")), strict=True):
        line = {"sku": sku, "description": "Something", "quantity_milli": 1_000, "unit_price_minor": 500}
        held.setdefault(row, []).append(line)
    purchases = bought(CUSTOMERS).transactions
    rows = purchases.column("row_id").to_pylist()
    return {
        "customer": rows,
        "kind": ["purchase"] * len(rows),
        "time": purchases.column("time").to_pylist(),
        "total_minor": purchases.column("amount_minor").to_pylist(),
        "currency": ["EUR"] * len(rows),
        "lines": [held.pop(row, []) for row in rows],
    }


def _vault(**customers: list[Any]) -> FakeWorkerVault:
    columns = {"given_name": [CANARY] * CUSTOMERS, "kind": ["person"] * CUSTOMERS, **customers}
    vault = FakeWorkerVault(customers=columns, transactions=_transactions(), types=LINES_TYPES)
    vault.start(*STEPS)
    return vault


@pytest.fixture(scope="module")
def ran() -> tuple[FakeWorkerVault, dict[str, RecordingStep]]:
    vault = _vault()
    steps = {name: RecordingStep(known_steps()[name]) for name in STEPS}
    assert Worker(vault, dict(steps)).loop.turn() is Outcome.COMMITTED, vault.run.failure_message
    return vault, steps


def test_every_step_writes_its_own_part(ran: tuple[FakeWorkerVault, dict[str, RecordingStep]]) -> None:
    parts = {"segment": "segment", "value": "value", "associate": "recommendations"}
    for step, rows in ran[0].results.items():
        assert rows
        assert {field.name for one in rows for field, _ in one.derived.ListFields()} == {parts[step]}
    assert len(ran[0].results["value"]) == CUSTOMERS


def test_no_name_reaches_a_step_that_counts(ran: tuple[FakeWorkerVault, dict[str, RecordingStep]]) -> None:
    for step in ran[1].values():
        (inputs,) = step.handed
        assert inputs.transactions is not None
        assert CANARY not in str(inputs.customers.to_pylist()) + str(inputs.transactions.to_pylist())
    (inputs,) = ran[1]["value"].handed
    assert inputs.transactions is not None
    assert "lines" not in inputs.transactions.column_names


def test_recommended_products_are_bundled_with_what_the_customer_has(
    ran: tuple[FakeWorkerVault, dict[str, RecordingStep]],
) -> None:
    for one in ran[0].results["associate"]:
        for advice in one.derived.recommendations:
            assert advice.product not in advice.because
            assert advice.lift > 1


def test_the_summary_says_that_there_were_enough_to_estimate(ran: tuple[FakeWorkerVault, dict[str, RecordingStep]]) -> None:
    summary = MessageToDict(ran[0].run.summary)
    assert summary["value"]["estimated"]
    assert summary["value"]["buyers"] == CUSTOMERS
    assert summary["associate"]["rules"] > 0


def test_a_second_run_keeps_the_numbers_of_the_first(ran: tuple[FakeWorkerVault, dict[str, RecordingStep]]) -> None:
    vault = ran[0]
    first = {one.row_id: one.derived.segment for one in vault.results["segment"]}
    found = [first[vault.pseudonym(row)] for row in range(CUSTOMERS)]
    assert len({one.segment for one in found}) > 1
    assert any(one.moves for one in found)
    later = _vault(segment=[one.segment + 10 for one in found], segment_label=[one.label for one in found])
    assert Worker(later).loop.turn() is Outcome.COMMITTED, later.run.failure_message
    again = {one.row_id: one.derived.segment for one in later.results["segment"]}
    assert [again[later.pseudonym(row)].segment for row in range(CUSTOMERS)] == [one.segment + 10 for one in found]
