"""Time goes only where something can be guessed."""

from __future__ import annotations

import numpy as np

from analysis_worker.steps.impute.chain import BOOSTED, Chain
from analysis_worker.steps.impute.choice import promising
from analysis_worker.steps.impute.columns import Floats
from analysis_worker.steps.impute.features import Interaction, Shape, TreeDesign, most_related
from analysis_worker.steps.impute.models import Guess
from analysis_worker.steps.impute.options import ImputeOptions

NUMBER = Shape(classes=0, interacts=True, learnable=np.zeros(0, dtype=np.bool_))


def matrix_with_product(rows: int = 1_000) -> Floats:
    """Price, months, their product, noise."""
    rng = np.random.default_rng(1)
    price, months = rng.uniform(1, 100, rows), rng.uniform(1, 60, rows)
    return np.column_stack([price, months, price * months, rng.normal(size=rows)])


def guesses(model: Floats, truth: Floats) -> dict[str, Guess]:
    sure = np.ones(len(truth))
    return {"mean": Guess(values=np.zeros(len(truth)), confidence=sure), BOOSTED: Guess(values=model, confidence=sure)}


def test_trees_get_the_product_and_ratio_that_say_more_than_their_parts() -> None:
    shapes = (NUMBER,) * 4
    matrix = matrix_with_product()
    total = TreeDesign.fit(matrix, 2, shapes)
    assert total.interactions[0] == Interaction(first=0, second=1, divides=False)
    months = TreeDesign.fit(matrix, 1, shapes).interactions[0]
    assert (months.divides, {months.first, months.second}) == (True, {0, 2})
    assert total.features(matrix).shape[1] == len(total.categorical())


def test_noise_gets_no_interactions() -> None:
    assert TreeDesign.fit(matrix_with_product(), 3, (NUMBER,) * 4).interactions == ()


def test_neighbours_are_those_that_share_information_even_without_order() -> None:
    rng = np.random.default_rng(2)
    code = rng.integers(0, 3, 900).astype(np.float64)
    hidden_order = np.array([1.0, 5.0, 1.1])[code.astype(np.int64)] + rng.normal(0, 0.3, 900)
    matrix = np.column_stack([code, rng.normal(size=900), hidden_order, rng.normal(size=900)])
    category = Shape(classes=3, interacts=False, learnable=np.ones(3, dtype=np.bool_))
    assert most_related(matrix, 0, [1, 2, 3], (category, NUMBER, NUMBER, NUMBER), 1) == (2,)


def test_a_candidate_that_removes_no_error_promises_nothing() -> None:
    truth = np.random.default_rng(3).normal(size=200)
    assert not promising(guesses(truth[::-1].copy(), truth), truth, ImputeOptions(), categories=False)
    assert promising(guesses(0.5 * truth, truth), truth, ImputeOptions(), categories=False)


def test_a_model_fitted_again_keeps_the_view_that_its_error_scale_was_learnt_on() -> None:
    matrix = matrix_with_product()
    chain = Chain(shapes=(NUMBER,) * 4, seed=0)
    chain.learn(matrix, 2, (BOOSTED,))
    view = chain.trees[2]
    shuffled = matrix.copy()
    shuffled[:, 2] = matrix[::-1, 2]
    chain.learn(shuffled, 2, (BOOSTED,))
    assert chain.trees[2] is view
