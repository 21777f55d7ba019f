"""Draws carry the doubt: as wide as the errors, as often the guess as it is right, and never a value that could not be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.pipeline.adapters.impute import ImputeAdapter
from analysis_worker.steps.impute import ImputeOptions, ImputeRefusedError, ImputeResult, impute
from analysis_worker.steps.impute.draws import draw_codes, draw_numbers
from analysis_worker.steps.impute.models import Guess

ROWS = 1_200
FAST = ImputeOptions(seed=3, max_training_rows=1_200, draws=20)


def people() -> tuple[pa.Table, dict[str, np.ndarray]]:
    """Visits drive spend, with an error of 20 and whole numbers from 0; the tier follows visits, wrong one time in five."""
    random = np.random.default_rng(1)
    visits = random.integers(0, 40, ROWS)
    spend = np.maximum(0, np.rint(10 * visits + random.normal(0, 20, ROWS))).astype(np.int64)
    tier = np.where((visits > 20) ^ (random.random(ROWS) < 0.2), "gold", "plain")
    hidden = random.random((2, ROWS)) < 0.3
    table = pa.table(
        {
            "row_id": [str(i) for i in range(ROWS)],
            "visits": visits,
            "spend": pa.array(spend, mask=hidden[0]),
            "tier": pa.array(tier.tolist(), mask=hidden[1]),
        }
    )
    return table, {"spend": spend, "tier": tier}


@pytest.fixture(scope="module")
def filled() -> ImputeResult:
    return impute(people()[0], FAST)


def cells(result: ImputeResult, column: str) -> list[dict[str, Any]]:
    return [cell for cell in result.cells.to_pylist() if cell["column"] == column]


def test_numbers_drawn_spread_as_the_truth_does_around_the_guess(filled: ImputeResult) -> None:
    truth = people()[1]["spend"]
    found = cells(filled, "spend")
    errors = np.array([truth[int(str(cell["row_id"]))] - float(str(cell["value"])) for cell in found])
    drawn = np.array([[float(text) for text in cell["draws"]] for cell in found])
    spread = (drawn - np.array([float(str(cell["value"])) for cell in found])[:, None]).std()
    assert spread == pytest.approx(errors.std(), rel=0.25)
    inside = [cell["lower"] <= value <= cell["upper"] for cell, row in zip(found, drawn, strict=True) for value in row]
    assert 0.85 <= np.mean(inside) <= 0.95


def test_drawn_whole_numbers_are_whole_and_within_what_was_seen(filled: ImputeResult) -> None:
    texts = [text for cell in cells(filled, "spend") for text in cell["draws"]]
    assert all(text.isdigit() for text in texts)
    assert max(map(int, texts)) <= int(people()[1]["spend"].max())


def test_categories_drawn_are_the_guess_as_often_as_it_is_right(filled: ImputeResult) -> None:
    found = cells(filled, "tier")
    same = np.mean([[text == cell["value"] for text in cell["draws"]] for cell in found])
    assert same == pytest.approx(np.mean([float(str(cell["confidence"])) for cell in found]), abs=0.03)
    assert {text for cell in found for text in cell["draws"]} == {"gold", "plain"}


def test_the_same_seed_draws_the_same_whatever_the_chunks(filled: ImputeResult) -> None:
    table = people()[0]
    assert impute(table, FAST).cells.equals(filled.cells)
    many = pa.concat_tables([table, table.set_column(0, "row_id", pa.array([f"x{i}" for i in range(ROWS)]))])
    one = ImputeOptions(seed=3, max_training_rows=400, chunk_rows=1_000)
    whole = ImputeOptions(seed=3, max_training_rows=400)
    assert impute(many, one).cells.equals(impute(many, whole).cells)


def test_no_draws_where_none_are_asked_for() -> None:
    result = impute(people()[0], ImputeOptions(seed=3, max_training_rows=400, draws=0))
    assert {tuple(cell) for cell in result.cells.column("draws").to_pylist()} == {()}


def test_number_draws_take_real_errors_in_the_scale_of_the_row() -> None:
    chance = np.array([[0.0, 0.99], [0.5, 0.0]])
    drawn = draw_numbers(np.array([10.0, 20.0]), np.array([1.0, 3.0]), np.array([-1.0, 2.0]), chance)
    assert drawn.tolist() == [[9.0, 12.0], [26.0, 17.0]]


def test_code_draws_share_the_rest_as_the_model_does() -> None:
    guess = Guess(
        values=np.array([2.0]), confidence=np.array([0.9]), codes=np.array([0.0, 2.0, 5.0]), chances=np.array([[0.3, 0.6, 0.1]])
    )
    drawn = draw_codes(guess, np.array([0.6]), (np.arange(1000) / 1000)[None, :])
    counts = [float((drawn == code).mean()) for code in (0.0, 2.0, 5.0)]
    assert counts == pytest.approx([0.3, 0.6, 0.1], abs=0.01)


def test_only_columns_that_were_asked_for_are_filled() -> None:
    result = impute(people()[0], ImputeOptions(seed=3, max_training_rows=400, columns=("tier",)))
    assert set(result.cells.column("column").to_pylist()) == {"tier"}
    reasons = {column.column: column.reason for column in result.summary.columns}
    assert reasons == {"visits": "no_gaps", "spend": "not_asked_for", "tier": ""}


@pytest.mark.parametrize("name", ["attributes.email", "given_name", "consents", "marketing_consent", "attributes.phone"])
def test_identity_contact_and_consent_are_refused_even_if_asked_for(name: str) -> None:
    with pytest.raises(ImputeRefusedError, match="never imputed"):
        impute(people()[0], ImputeOptions(columns=("tier", name)))


def test_a_column_that_is_not_there_cannot_be_asked_for() -> None:
    with pytest.raises(ImputeRefusedError, match="no column to fill: 'colour'"):
        impute(people()[0], ImputeOptions(columns=("colour",)))


def test_draws_reach_the_vault_in_the_type_of_their_field() -> None:
    empty = {"value_boolean": None, "value_date": None, "value_number": None, "whole": False, "currency": None}
    cell = {"confidence": 0.9, "method": "linear", "lower": None, "upper": None, **empty}
    lines = [
        {**cell, "row_id": 0, "column": "attributes.a", "value": "4", "value_number": 4.0, "whole": True, "draws": ["3", "5"]},
        {**cell, "row_id": 0, "column": "attributes.b", "value": "1.5", "value_number": 1.5, "draws": ["1.25"]},
        {**cell, "row_id": 0, "column": "attributes.c", "value": "true", "value_boolean": True, "draws": ["false", "true"]},
        {**cell, "row_id": 0, "column": "attributes.d", "value": "gold", "draws": ["plain"]},
        {
            **cell,
            "row_id": 0,
            "column": "attributes.e",
            "value": "2026-01-31",
            "value_date": "2026-01-31",
            "draws": ["2026-02-28"],
        },
    ]
    ((_, derived),) = ImputeAdapter().derive(pa.Table.from_pylist(lines))
    assert [[str(draw).strip() for draw in value.draws] for value in derived.imputed] == [
        ["int_value: 3", "int_value: 5"],
        ["double_value: 1.25"],
        ["bool_value: false", "bool_value: true"],
        ['string_value: "plain"'],
        ['date_value: "2026-02-28"'],
    ]
