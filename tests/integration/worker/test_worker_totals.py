"""Totals of transactions through the worker: the correction names the transaction, and nothing is applied by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from analysis_worker.vault_io.serving import Outcome
from helpers.fake_worker_vault import FakeWorkerVault
from helpers.worker_making import Worker
from helpers.worker_people import TYPES, small_crm
from strongroom.api.v1.customer_pb2 import PROPOSAL_STATE_PENDING
from vault_server.usecases import names
from vault_server.usecases.entity_ids import name_transactions

LINES = pa.list_(pa.struct([("quantity_milli", pa.int64()), ("unit_price_minor", pa.int64())]))


def _vault() -> FakeWorkerVault:
    crm = small_crm()
    totals = crm.transactions["total_minor"]
    transactions = {
        **crm.transactions,
        "lines": [[{"quantity_milli": 1000, "unit_price_minor": total}] for total in totals],
        "total_minor": [totals[0] * 100, *totals[1:]],
    }
    vault = FakeWorkerVault(customers=crm.customers, transactions=transactions, types={**TYPES, "lines": LINES})
    vault.start("correct")
    assert Worker(vault).loop.turn() is Outcome.COMMITTED, vault.run.failure_message
    return vault


def test_wrong_total_becomes_a_correction_that_names_the_transaction_and_waits() -> None:
    vault = _vault()
    found = [one for row in vault.results["correct"] for one in row.derived.corrections if one.rule.startswith("total.")]
    (correction,) = found
    assert correction.rule == "total.major_units"
    assert correction.state == PROPOSAL_STATE_PENDING
    assert int(correction.before) == 100 * int(correction.after)
    path = correction.field
    assert path.startswith("transactions[")
    assert path.endswith("].total_minor")
    assert len(path) == len("transactions[].total_minor") + 32


class _Backwards:
    """Pseudonyms that are the ids read backwards."""

    def encode_many(self, record_ids: Sequence[bytes]) -> list[bytes]:
        return [one[::-1] for one in record_ids]

    def decode_many(self, row_ids: Sequence[bytes]) -> list[bytes]:
        return [one[::-1] for one in row_ids]


def test_vault_puts_the_transactions_own_id_in_place_of_the_runs_row_id() -> None:
    results = list(_vault().results["correct"])
    (before,) = [one.field for row in results for one in row.derived.corrections if one.rule.startswith("total.")]
    name_transactions(results, _Backwards())
    (after,) = [one.field for row in results for one in row.derived.corrections if one.rule.startswith("total.")]
    own = names.uuid_text(bytes.fromhex(before[len("transactions[") :].partition("]")[0])[::-1])
    assert after == f"transactions[{own}].total_minor"
