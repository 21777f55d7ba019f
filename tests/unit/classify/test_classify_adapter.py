"""Classify between run and vault: options by field names, purchases before the outcome only, results as they are kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.pipeline.adapters.classify import ClassifyAdapter, features
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.step_adapter import Computed, StepInputs

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
ROWS = 300
ADAPTER = ClassifyAdapter()


def customers() -> dict[str, Any]:
    """Leaving follows the score; every tenth outcome is unknown."""
    random = np.random.default_rng(1)
    score = random.normal(size=ROWS)
    left = random.random(ROWS) < 1 / (1 + np.exp(-3 * score))
    return {
        "row_id": pa.array(range(ROWS), pa.int64()),
        "language": random.choice(["de", "en"], ROWS),
        "gender": random.choice(["FEMALE", "MALE"], ROWS),
        "income_minor": pa.array(random.integers(1, 9, ROWS) * 100_000, mask=random.random(ROWS) < 0.2),
        "income_currency": ["EUR", "EUR", "PLN"] * (ROWS // 3),
        "attributes.score": score,
        "attributes.language": ["x", "y"] * (ROWS // 2),
        "attributes.email": [f"p{i}@example.org" for i in range(ROWS)],
        "attributes.churn": pa.array([None if i % 10 == 0 else bool(one) for i, one in enumerate(left)]),
        "attributes.decided": [str(date(2026, 6, 1) + timedelta(days=i % 30)) for i in range(ROWS)],
    }


def purchases(*lines: tuple[int, datetime]) -> pa.Table:
    return pa.table(
        {
            "row_id": pa.array([place for place, _ in lines], pa.int64()),
            "kind": ["PURCHASE"] * len(lines),
            "time": pa.array([moment for _, moment in lines], pa.timestamp("us", tz="UTC")),
            "total_minor": pa.array([100] * len(lines), pa.int64()),
            "currency": ["EUR"] * len(lines),
        }
    )


def inputs(transactions: pa.Table | None = None, **options: object) -> StepInputs:
    table = pa.table(customers())
    return StepInputs(customers=table, transactions=transactions, options=options, seed=1, as_of=AS_OF, threads=1)


@pytest.fixture(scope="module")
def computed() -> Computed:
    return ADAPTER.compute(inputs(target="attributes.churn", resamples=20))


def test_the_result_is_a_classification_of_the_target_field(computed: Computed) -> None:
    rows = list(ADAPTER.derive(computed.table))
    assert len(rows) == ROWS
    found = [derived.classifications[0] for _, derived in rows]
    assert {one.target for one in found} == {"attributes.churn"}
    assert {one.label for one in found} == {"false", "true"}
    assert all(0.5 <= one.probability < 1 for one in found)
    assert {reason.field for one in found for reason in one.reasons} >= {"attributes.score"}


def test_summary_and_report_are_the_card_without_a_row(computed: Computed) -> None:
    assert computed.report["target"] == "churn"
    assert {"auc", "brier", "calibration", "lift", "influences", "left_out", "limits"} <= set(computed.report)
    assert "@example.org" not in str(computed.report) + str(computed.summary)


def test_a_target_may_be_given_by_its_key_alone() -> None:
    computed = ADAPTER.compute(inputs(target="churn", resamples=20))
    assert computed.table.column("target")[0].as_py() == "attributes.churn"


def test_attributes_that_identify_are_left_out_and_incomes_of_other_currencies_are_gaps(computed: Computed) -> None:
    left_out = {one["column"]: one["reason"] for one in computed.report["left_out"]}  # type: ignore[index,union-attr,call-overload]  # JSON
    assert left_out["email"] == "identifies_people"
    table = features(inputs())
    assert table.column_names == [
        *("row_id", "language", "gender", "score", "attributes.language", "email", "churn", "decided", "income")
    ]
    currencies = customers()["income_currency"]
    assert [c for c, known in zip(currencies, table.column("income").is_valid().to_pylist(), strict=True) if known][:1] == [
        "EUR"
    ]
    assert table.column("income").take([2, 5, 8]).null_count == 3


def test_purchases_after_the_outcome_are_not_looked_at() -> None:
    bought = purchases(
        (0, datetime(2026, 5, 22, tzinfo=UTC)),
        (0, datetime(2026, 9, 1, tzinfo=UTC)),
        (1, datetime(2026, 10, 1, tzinfo=UTC)),
    )
    by_row = features(inputs(bought, purchases_until="attributes.decided"))
    assert by_row.column("frequency").to_pylist()[:2] == [1, 0]
    assert by_row.column("recency_days").to_pylist()[:2] == [10.0, None]
    by_day = features(inputs(bought, purchases_until="2026-09-11"))
    assert by_day.column("frequency").to_pylist()[:2] == [2, 0]
    assert by_day.column("recency_days").to_pylist()[0] == 10.0
    assert features(inputs(bought)).column("frequency").to_pylist()[:2] == [2, 1]


def test_purchases_up_to_now_are_a_limit_on_the_card() -> None:
    bought = purchases(*[(place, AS_OF - timedelta(days=place % 40 + 1)) for place in range(ROWS)])
    options: dict[str, object] = {"target": "churn", "resamples": 20}
    assert "purchases_until" in str(ADAPTER.compute(inputs(bought, **options)).report["limits"])
    told = ADAPTER.compute(inputs(bought, purchases_until="2026-10-01", **options))
    assert "purchases_until" not in str(told.report["limits"])


@pytest.mark.parametrize(
    ("options", "reason", "message"),
    [
        ({}, "CLASSIFY_REFUSED", "name what to predict"),
        ({"target": "gender"}, "CLASSIFY_REFUSED", "never predicted"),
        ({"target": "income_minor"}, "CLASSIFY_REFUSED", "never predicted"),
        ({"target": "attributes.email"}, "CLASSIFY_REFUSED", "identifies people"),
        ({"target": "score"}, "CLASSIFY_REFUSED", "different values"),
        ({"target": "churn", "purchases_until": "soon"}, "INVALID_OPTIONS", "must be a date"),
        ({"target": "churn", "colour": "red"}, "INVALID_OPTIONS", "there is no option"),
        ({"target": "churn", "folds": 1.0}, "INVALID_OPTIONS", "folds must lie between"),
    ],
)
def test_a_mistake_in_the_options_is_refused_with_its_name(options: dict[str, object], reason: str, message: str) -> None:
    with pytest.raises(RunFailureError, match=message) as caught:
        ADAPTER.compute(inputs(**options))
    assert caught.value.reason == reason
