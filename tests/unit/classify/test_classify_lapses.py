"""Who stops buying: rows know what was known at their moment, outcomes come after it, predictions are for now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.pipeline.adapters.classify import ClassifyAdapter
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.lapses import MOMENT, TARGET, lapse_rows
from analysis_worker.pipeline.step_adapter import StepInputs
from strongroom.api.v1.customer_pb2 import DerivedData

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
CUSTOMERS = 120


def inputs(bought: list[tuple[int, int]] | None, customers: int = CUSTOMERS, **options: object) -> StepInputs:
    """Purchases as (customer, days before the run)."""
    transactions = None
    if bought is not None:
        transactions = pa.table(
            {
                "row_id": pa.array([place for place, _ in bought], pa.int64()),
                "kind": ["PURCHASE"] * len(bought),
                "time": pa.array([AS_OF - timedelta(days=day) for _, day in bought], pa.timestamp("us", tz="UTC")),
                "total_minor": pa.array([100] * len(bought), pa.int64()),
                "currency": ["EUR"] * len(bought),
            }
        )
    table = pa.table({"row_id": pa.array(range(customers), pa.int64()), "attributes.plan": ["x", "y"] * (customers // 2)})
    return StepInputs(customers=table, transactions=transactions, options=options, seed=1, as_of=AS_OF, threads=1)


def regulars_and_leavers() -> list[tuple[int, int]]:
    """Even customers buy every ten days; odd ones stop at some time between a year ago and now."""
    random = np.random.default_rng(2)
    bought = []
    for place in range(CUSTOMERS):
        last = 0 if place % 2 == 0 else int(random.integers(0, 360))
        bought += [(place, day) for day in range(last + int(random.integers(1, 10)), 400, 10)]
    return bought


def test_a_row_knows_only_purchases_up_to_its_moment_and_its_outcome_comes_after() -> None:
    everybody = [(place, 100) for place in range(CUSTOMERS)]
    rows = lapse_rows(inputs([*everybody, (0, 20), (1, 45)]), 30)
    assert rows is not None
    found = {(row["row_id"] % CUSTOMERS, row["row_id"] // CUSTOMERS): row for row in rows.to_pylist()}
    assert {number for _, number in found} == {0, 1, 2, 3}
    assert found[0, 1][TARGET] is False
    assert found[0, 1]["frequency"] == 1
    assert found[1, 1][TARGET] is True
    assert found[1, 1]["recency_days"] == 15.0
    assert found[1, 2][TARGET] is False
    assert found[0, 0][TARGET] is None
    assert found[0, 0]["days_between_purchases"] == 80.0
    assert found[0, 1][MOMENT] == (AS_OF - timedelta(days=30)).date()


def test_who_never_bought_is_no_row_and_the_newest_rows_come_last() -> None:
    rows = lapse_rows(inputs([(place, 50) for place in range(60)]), 30)
    assert rows is not None
    places = rows.column("row_id").to_pylist()
    assert {place % CUSTOMERS for place in places} == set(range(60))
    assert places[-60:] == list(range(60))


def test_stopping_is_predicted_for_now_from_moments_before_judged_by_time() -> None:
    adapter = ClassifyAdapter()
    computed = adapter.compute(inputs(regulars_and_leavers(), target=TARGET, horizon_days=40.0, resamples=20))
    card: Any = computed.summary
    assert (card["split"], card["abstained"], card["positive"]) == ("time", False, "true")
    assert card["auc"]["value"] > 0.9
    assert "plan" not in str(card["used"])
    assert "40 days apart" in str(card["limits"])
    assert [one["last"] for one in card["times"]] == sorted(one["last"] for one in card["times"])
    assert sum(one["customers"] for one in card["times"]) == card["judged_rows"]
    derived: dict[Any, DerivedData] = dict(adapter.derive(computed.table))
    labels = {place: one.classifications[0].label for place, one in derived.items()}
    assert set(labels) == set(range(CUSTOMERS))
    regulars = [label for place, label in labels.items() if place % 2 == 0]
    assert np.mean([label == "false" for label in regulars]) > 0.9
    assert {one.classifications[0].target for one in derived.values()} == {TARGET}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"horizon_days": 3.0}, "between 7 and 730"),
        ({"horizon_days": 9.5}, "whole number"),
        ({"horizon_days": True}, "whole number"),
        ({"purchases_until": "2026-01-01"}, "no meaning"),
    ],
)
def test_a_horizon_without_meaning_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RunFailureError, match=message):
        ClassifyAdapter().compute(inputs(regulars_and_leavers(), target=TARGET, **options))


def test_without_purchases_stopping_cannot_be_asked_for() -> None:
    with pytest.raises(RunFailureError, match="needs purchases"):
        ClassifyAdapter().compute(inputs(None, target=TARGET))


def test_too_short_a_history_is_an_abstention() -> None:
    computed = ClassifyAdapter().compute(inputs([(place, 5) for place in range(CUSTOMERS)], target=TARGET))
    assert (computed.summary["abstained"], computed.summary["reason"]) == (True, "outcome_unknown")
    assert computed.table.num_rows == CUSTOMERS
