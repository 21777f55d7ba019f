import pytest
from sklearn.metrics import adjusted_rand_score

from benchmarks.generator import CellError, ErrorKind
from benchmarks.scoring import (
    adjusted_rand,
    recall_by_kind,
    score_categorical,
    score_corrections,
    score_numeric,
    score_pairs,
)

TRUTH = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 3}


def test_pairs_of_a_perfect_labelling_score_one() -> None:
    score = score_pairs({"a": "x", "b": "x", "c": "x", "d": "y", "e": "z"}, TRUTH)
    assert (score.precision, score.recall, score.f1) == (1.0, 1.0, 1.0)


def test_a_row_without_a_found_entity_stands_alone() -> None:
    score = score_pairs({"a": "x", "b": "x"}, TRUTH)
    assert (score.true_positive, score.found, score.actual) == (1, 1, 3)
    assert score.f1 == pytest.approx(0.5)


def test_merging_everybody_costs_precision_not_recall() -> None:
    score = score_pairs(dict.fromkeys(TRUTH, "x"), TRUTH)
    assert (score.precision, score.recall) == (0.3, 1.0)


@pytest.mark.parametrize("found", [[0, 0, 1, 1, 2, 2], [0, 1, 2, 3, 4, 5], [1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 0, 1]])
def test_adjusted_rand_agrees_with_scikit_learn(found: list[int]) -> None:
    truth = [0, 0, 0, 1, 1, 1]
    assert adjusted_rand(found, truth) == pytest.approx(adjusted_rand_score(truth, found))


def test_adjusted_rand_refuses_labellings_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="argument 2"):
        adjusted_rand([1], [1, 2])


def test_filling_in_the_mean_scores_as_the_baseline() -> None:
    truth = {"a": 1.0, "b": 3.0}
    score = score_numeric({}, truth, present=[2.0, 2.0])
    assert score.error == pytest.approx(score.baseline) == pytest.approx(1.0)
    assert score_numeric(truth, truth, present=[2.0]).error == 0.0


def test_categories_that_were_not_filled_count_as_wrong() -> None:
    score = score_categorical({"a": "gold"}, {"a": "gold", "b": "basic"}, present=["basic", "basic", "gold"])
    assert (score.accuracy, score.baseline) == (0.5, 0.5)


def _error(row: str, kind: ErrorKind, clean: str) -> CellError:
    return CellError(row=row, field="phone", kind=kind, dirty="dirty", clean=clean)


def test_changing_a_right_cell_costs_precision() -> None:
    errors = [_error("a", ErrorKind.LOCAL_PHONE, "+1"), _error("b", ErrorKind.LOCAL_PHONE, "+2")]
    score = score_corrections({("a", "phone"): "+1", ("z", "phone"): "+9"}, errors, [ErrorKind.LOCAL_PHONE], ["phone"])
    assert (score.precision, score.recall) == (0.5, 0.5)


def test_a_repair_beyond_the_promised_kind_is_no_mistake() -> None:
    errors = [_error("a", ErrorKind.LOCAL_PHONE, "+1"), _error("b", ErrorKind.PHONE_DIGIT, "+2")]
    score = score_corrections({("a", "phone"): "+1", ("b", "phone"): "+2"}, errors, [ErrorKind.LOCAL_PHONE], ["phone"])
    assert (score.precision, score.recall) == (1.0, 1.0)
    assert recall_by_kind({("b", "phone"): "+2"}, errors)[ErrorKind.LOCAL_PHONE] == (0, 1)
