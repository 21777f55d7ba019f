"""The classify step on planted outcomes: it finds what is there, says nothing where there is nothing, and never cheats."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from analysis_worker.steps.classify import ClassifyOptions, ClassifyRefusedError, ClassifyResult, classify

ROWS = 600
OPTIONS = ClassifyOptions(target="churn", seed=7, resamples=20, folds=3)


def planted(rows: int = ROWS, seed: int = 1) -> dict[str, Any]:
    """Leaving follows `visits` (down) and `plan` (trial up); `shoe` is noise; every tenth outcome is unknown."""
    random = np.random.default_rng(seed)
    visits = random.poisson(6, rows).astype(np.float64)
    plan = random.choice(["basic", "gold", "trial"], rows)
    odds = 2.2 - 0.55 * visits + 1.8 * (plan == "trial")
    left = random.random(rows) < 1 / (1 + np.exp(-odds))
    return {
        "row_id": [f"c{i}" for i in range(rows)],
        "visits": pa.array(visits, mask=random.random(rows) < 0.05),
        "plan": plan,
        "shoe": random.integers(36, 47, rows),
        "churn": [None if i % 10 == 0 else bool(value) for i, value in enumerate(left)],
    }


def run(columns: dict[str, Any], **changes: Any) -> ClassifyResult:
    options = {name: getattr(OPTIONS, name) for name in OPTIONS.__slots__}
    return classify(pa.table(columns), ClassifyOptions(**{**options, **changes}))


def left_out(result: ClassifyResult) -> dict[str, str]:
    return {one.column: one.reason for one in result.summary.left_out}


@pytest.fixture(scope="module")
def plain() -> ClassifyResult:
    return run(planted())


def test_known_and_unknown_customers_get_a_prediction(plain: ClassifyResult) -> None:
    lines = plain.lines.to_pylist()
    assert [line["row_id"] for line in lines] == planted()["row_id"]
    assert not any(line["abstained"] for line in lines)
    assert {line["label"] for line in lines} == {"true", "false"}
    assert all(0.5 <= line["probability"] < 1 for line in lines)
    assert (plain.summary.known, plain.summary.rows, plain.summary.positive) == (540, 600, "true")


def test_the_model_beats_the_base_rate_and_its_probabilities_come_true(plain: ClassifyResult) -> None:
    card = plain.summary
    assert card.auc is not None
    assert card.brier is not None
    assert card.base_brier is not None
    assert card.calibration_error is not None
    assert card.auc.lower > 0.75
    assert card.brier.upper < card.base_brier
    assert card.calibration_error < 0.08
    assert card.lift[0].lift > 1.5
    assert card.lift[-1].captured == pytest.approx(1.0)


def test_reasons_name_the_columns_that_the_outcome_follows(plain: ClassifyResult) -> None:
    assert {one.column for one in plain.summary.influences[:2]} == {"visits", "plan"}
    table = planted()
    rows = [
        (line, plan)
        for line, plan in zip(plain.lines.to_pylist(), table["plan"].tolist(), strict=True)
        if plan == "trial" and line["label"] == "true"
    ]
    effects = [reason["effect"] for line, _ in rows for reason in line["reasons"] if reason["field"] == "plan"]
    assert len(effects) > 20
    assert min(effects) > 0


def test_reasons_add_up_to_the_distance_from_the_average_customer() -> None:
    lines = run(planted(), reasons=10).lines.to_pylist()
    bases = [
        line["probability"] - sum(reason["effect"] for reason in line["reasons"]) for line in lines if line["label"] == "true"
    ]
    assert np.ptp(bases) < 0.08


def test_reasons_name_columns_and_no_values(plain: ClassifyResult) -> None:
    texts = [reason["text"] for line in plain.lines.to_pylist() for reason in line["reasons"]]
    assert texts
    assert not [text for text in texts if "trial" in text or "gold" in text]
    assert "visits raises the chance of 'churn' by" in " ".join(texts)
    assert not [text for text in texts if "true" in text or "false" in text]
    for line in plain.lines.to_pylist():
        for reason in line["reasons"]:
            more = ("raises" in reason["text"]) == (line["label"] == "true")
            assert more == (reason["effect"] > 0)


def test_noise_makes_the_whole_run_abstain() -> None:
    columns = planted()
    random = np.random.default_rng(3)
    columns["churn"] = random.random(ROWS) < 0.3
    result = run(columns)
    assert (result.summary.abstained, result.summary.reason) == (True, "no_better_than_base_rate")
    assert result.lines.column("abstained").to_pylist() == [True] * ROWS
    assert result.lines.column("label").null_count == ROWS
    assert result.lines.column("probability").null_count == ROWS


def test_columns_that_give_the_outcome_away_are_left_out_and_reported() -> None:
    columns = planted()
    outcome = columns["churn"]
    columns |= {
        "status": ["gone" if value else "here" for value in outcome],
        "churned_on": ["2026-01-01" if value else None for value in outcome],
        "farewell_sent": [True if value and i % 3 else None for i, value in enumerate(outcome)],
        "account_no": np.arange(ROWS) + 1000,
        "email": [f"p{i}@example.org" for i in range(ROWS)],
        "remark": [f"text {i}" for i in range(ROWS)],
    }
    result = run(columns)
    assert left_out(result) == {
        "status": "gives_target_away",
        "churned_on": "named_after_target",
        "farewell_sent": "level_gives_target_away",
        "account_no": "running_number",
        "email": "identifies_people",
        "remark": "free_text_or_id",
    }
    assert result.summary.used == ("visits", "plan", "shoe")


def test_a_trusted_column_is_kept() -> None:
    columns = planted()
    columns["status"] = ["gone" if value else "here" for value in columns["churn"]]
    assert "status" in run(columns, trusted=("status",)).summary.used


def test_a_known_outcome_does_not_decide_its_own_prediction() -> None:
    columns = planted()
    before = run(columns).lines.to_pylist()[1]
    flipped = {**columns, "churn": [not value if i == 1 else value for i, value in enumerate(columns["churn"])]}
    after = run(flipped).lines.to_pylist()[1]
    chance = [one["probability"] if one["label"] == "true" else 1 - one["probability"] for one in (before, after)]
    assert abs(chance[0] - chance[1]) < 0.1


def drifting(rows: int = 900) -> dict[str, Any]:
    """An outcome whose rule turns around half way: what was learnt early is wrong later."""
    random = np.random.default_rng(4)
    signal = random.normal(size=rows)
    late = np.arange(rows) >= rows // 2
    left = random.random(rows) < 1 / (1 + np.exp(-np.where(late, -3, 3) * signal))
    day = np.datetime64("2026-01-01") + np.arange(rows) // 3
    return {"row_id": np.arange(rows), "signal": signal, "observed_on": pa.array(day), "churn": left}


def test_with_a_time_column_nothing_is_judged_by_a_model_from_its_future() -> None:
    result = run(drifting(), time_column="observed_on")
    assert (result.summary.split, result.summary.time_column) == ("time", "observed_on")
    assert left_out(result)["observed_on"] == "time_column"
    assert result.summary.auc is not None
    shuffled = run(drifting(), time_column="")
    assert shuffled.summary.split == "stratified"
    assert shuffled.summary.auc is not None
    assert result.summary.auc.value < shuffled.summary.auc.value - 0.1


def test_a_column_that_says_when_a_row_was_observed_splits_by_time() -> None:
    assert run(drifting()).summary.split == "time"


def test_the_earliest_known_rows_have_no_honest_prediction() -> None:
    columns = planted(900)
    columns["observed_on"] = pa.array(np.datetime64("2026-01-01") + np.arange(900) // 3)
    result = run(columns, folds=4)
    assert result.summary.split == "time"
    abstained = result.lines.column("abstained").to_pylist()
    assert abstained[1:100:10] == [True] * 10
    assert not any(abstained[300:])
    assert result.summary.judged_rows < result.summary.training_rows


def test_more_than_two_classes_share_one_certainty() -> None:
    random = np.random.default_rng(5)
    taste = random.integers(0, 3, ROWS)
    columns = {
        "row_id": np.arange(ROWS),
        "sweet": (taste == 0) + random.normal(0, 0.5, ROWS),
        "salty": (taste == 1) + random.normal(0, 0.5, ROWS),
        "wish": [None if i % 9 == 0 else ("cake", "crisps", "tea")[code] for i, code in enumerate(taste)],
    }
    result = run(columns, target="wish")
    assert result.summary.classes == ("cake", "crisps", "tea")
    assert result.summary.positive == ""
    labels = result.lines.column("label").to_pylist()
    right = [label == ("cake", "crisps", "tea")[code] for label, code in zip(labels, taste, strict=True)]
    assert np.mean(right) > 0.6
    asked = run(columns, target="wish", positive="tea")
    assert asked.summary.classes == ("not tea", "tea")


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ([True] * ROWS, "one_class_only"),
        ([None] * ROWS, "outcome_unknown"),
        ([i < 5 for i in range(ROWS)], "class_too_rare"),
        ([None if i > 40 else i % 2 == 0 for i in range(ROWS)], "too_few_rows"),
    ],
)
def test_an_outcome_that_cannot_be_learnt_is_an_abstention(outcome: list[bool | None], reason: str) -> None:
    result = run({**planted(), "churn": pa.array(outcome, pa.bool_())})
    assert (result.summary.abstained, result.summary.reason) == (True, reason)
    assert result.lines.column("abstained").to_pylist() == [True] * ROWS


def test_ten_rows_and_no_rows_are_abstentions() -> None:
    for rows in (10, 0):
        columns = {name: values[:rows] for name, values in planted().items()}
        columns["churn"] = pa.array(columns["churn"], pa.bool_())
        assert run(columns).summary.reason in {"too_few_rows", "outcome_unknown", "class_too_rare"}


def test_columns_without_a_value_and_odd_types_are_left_out() -> None:
    columns = planted()
    columns |= {
        "void": pa.nulls(ROWS, pa.float64()),
        "nothing": pa.nulls(ROWS),
        "blank": [" "] * ROWS,
        "same": ["x"] * ROWS,
        "nested": pa.array([[1]] * ROWS),
        "absurd": pa.array([float("inf"), float("nan")] * (ROWS // 2)),
    }
    result = run(columns)
    expected = {"void": "empty", "nothing": "empty", "blank": "empty", "same": "constant", "nested": "unsupported_type"}
    assert left_out(result) == {**expected, "absurd": "empty"}


def test_without_any_predictor_the_run_abstains() -> None:
    columns = planted()
    assert run({"row_id": columns["row_id"], "churn": columns["churn"]}).summary.reason == "no_predictors"


@pytest.mark.parametrize(
    ("columns", "changes", "message"),
    [
        ({}, {"target": ""}, "name what to predict"),
        ({}, {"target": "absent"}, "there is no column 'absent'"),
        ({"email": ["a"] * ROWS}, {"target": "email"}, "identifies people"),
        ({"churn": np.arange(ROWS) % 21}, {}, "21 different values"),
        ({"churn": ["a", "b" * 191] * (ROWS // 2)}, {}, "too long to be classes"),
        ({}, {"positive": "maybe"}, "never has the value"),
        ({}, {"time_column": "plan"}, "holds no dates"),
        ({"row_id": ["same"] * ROWS}, {}, "unique"),
    ],
)
def test_what_the_caller_got_wrong_is_refused(columns: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClassifyRefusedError, match=message):
        run({**planted(), **columns}, **changes)


def test_a_row_about_which_nothing_is_known_is_not_judged() -> None:
    columns = planted()
    visits: npt.NDArray[np.bool_] = np.zeros(ROWS, bool)
    visits[0] = True
    columns["visits"] = pa.array(
        np.full(ROWS, 0.0) + np.nan_to_num(columns["visits"].to_numpy(zero_copy_only=False)), mask=visits
    )
    columns["plan"] = pa.array(columns["plan"].tolist(), mask=visits)
    line = run(columns).lines.to_pylist()[0]
    assert line == {"row_id": "c0", "label": None, "probability": None, "abstained": True, "reasons": []}


def test_a_confidence_that_is_asked_for_silences_doubtful_rows(plain: ClassifyResult) -> None:
    result = run(planted(), min_confidence=0.8)
    said = [line["probability"] for line in result.lines.to_pylist() if not line["abstained"]]
    assert min(said) >= 0.8
    assert result.summary.predicted == len(said) < plain.summary.predicted


def test_same_input_and_seed_give_the_same_bits_and_the_order_of_columns_changes_no_label(plain: ClassifyResult) -> None:
    again = run(planted())
    assert again.lines.equals(plain.lines)
    assert again.summary == plain.summary


def test_the_card_shows_no_group_smaller_than_ten(plain: ClassifyResult) -> None:
    card = plain.summary
    sizes = [one.customers for part in (card.calibration, card.lift, card.cut_offs, card.groups) for one in part]
    assert min(sizes) >= 10


def test_groups_of_people_are_checked_one_by_one() -> None:
    columns = {**planted(), "gender": ["FEMALE", "MALE"] * (ROWS // 2)}
    checks = [one for one in run(columns).summary.groups if one.column == "gender"]
    assert [one.group for one in checks] == ["FEMALE", "MALE"]
    assert all(abs(one.predicted - one.observed) < 0.1 for one in checks)


def test_of_many_known_rows_a_sample_is_learnt_and_all_are_predicted() -> None:
    result = run(planted(1_500), max_training_rows=400)
    assert 400 <= result.summary.training_rows < 600
    assert result.lines.num_rows == 1_500
    assert result.summary.predicted >= 1_490
