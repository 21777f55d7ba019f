"""From transactions as the vault sends them to derived data and a report of aggregates."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from analysis_worker.pipeline.adapters.value import ValueAdapter
from analysis_worker.pipeline.step_adapter import Computed, StepInputs
from helpers.buying import Bought, bought


def _inputs(people: Bought, transactions: pa.Table | None) -> StepInputs:
    customers = pa.table({"row_id": people.rows, "kind": pa.repeat("person", len(people.rows))})
    return StepInputs(
        customers=customers,
        transactions=transactions,
        options={"horizon_days": 90.0},
        seed=1,
        as_of=people.as_of,
        threads=1,
    )


@pytest.fixture(scope="module")
def computed() -> Computed:
    people = bought(500)
    table = people.transactions
    kinds = pc.utf8_lower(table.column("kind"))
    sent = table.rename_columns(["row_id", "time", "total_minor", "currency", "kind"]).set_column(4, "kind", kinds)
    return ValueAdapter().compute(_inputs(people, sent))


def test_every_buyer_gets_one_estimate_with_its_horizon_and_currency(computed: Computed) -> None:
    ids = pa.array([number.to_bytes(16, "big") for number in range(500)], pa.binary(16))
    lines = computed.table.set_column(0, "row_id", ids.take(computed.table.column("row_id").combine_chunks()))
    rows = list(ValueAdapter().derive(lines))
    assert len(rows) == 500
    estimate = rows[0][1].value
    assert (estimate.horizon_days, estimate.currency) == (90, "EUR")
    assert estimate.HasField("expected_value_minor")
    assert 0 < estimate.returns_probability <= estimate.alive_probability
    assert estimate.purchases_lower <= estimate.purchases_upper


def test_the_report_has_groups_of_ten_at_least(computed: Computed) -> None:
    tenths, alive, returning = (computed.report[name] for name in ("tenths", "alive", "returning"))
    assert isinstance(tenths, list)
    assert isinstance(alive, list)
    assert isinstance(returning, list)
    assert all(line["customers"] >= 10 for line in tenths)
    assert sum(line["share"] for line in tenths) == pytest.approx(1.0)
    assert sum(line["customers"] for line in alive) == sum(line["customers"] for line in returning) == 500


def test_without_transactions_the_step_says_so() -> None:
    people = bought(20)
    found = ValueAdapter().compute(_inputs(people, None))
    assert (found.summary["estimated"], found.table.num_rows) == (False, 0)
