"""What steps say becomes parts of the report, and nothing that they leave out or say otherwise costs a run its report."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pyarrow as pa
import pytest

from analysis_worker.pipeline import report_parts
from analysis_worker.pipeline.json_values import json_object
from analysis_worker.pipeline.units import BARE, income_unit
from analysis_worker.report import ReportInput, build_report, report_json
from helpers.report_input import ordinary_report
from helpers.report_parts import imputed_column, ordinary_prediction, ordinary_rules, ordinary_value

SAID: dict[str, tuple[str, Any]] = {
    "value": ("value", ordinary_value()),
    "prediction": ("prediction", ordinary_prediction()),
    "rules": ("rules", ordinary_rules()),
    "segments": ("segments", ordinary_report().segments),
    "duplicates": ("duplicates", ordinary_report().duplicates),
}


def said(name: str) -> dict[str, Any]:
    """The part as a step would say it."""
    return dict(json_object(SAID[name][1]))


def read(name: str, part: dict[str, Any]) -> Any:
    return report_parts.readable(getattr(report_parts, name), part)


def shown(name: str, part: Any) -> ReportInput:
    return replace(ordinary_report(), **{SAID[name][0]: part})


@pytest.mark.parametrize("name", SAID)
def test_a_part_is_read_as_it_was_said(name: str) -> None:
    assert read(name, {**said(name), "something new": [1, 2]}) == SAID[name][1]


@pytest.mark.parametrize("name", SAID)
def test_any_key_may_be_missing_or_empty(name: str) -> None:
    whole = said(name)
    for key in whole:
        for changed in ({k: v for k, v in whole.items() if k != key}, {**whole, key: None}):
            found = read(name, changed)
            assert build_report(shown(name, found))
            assert json.loads(report_json(shown(name, found)))


@pytest.mark.parametrize("name", SAID)
@pytest.mark.parametrize("odd", ["text", 7, [3], [{"customers": "many"}], {"value": "high"}])
def test_a_key_of_another_shape_costs_no_report(name: str, odd: Any) -> None:
    for key in said(name):
        assert build_report(shown(name, read(name, {**said(name), key: odd})))


def test_an_entry_that_cannot_be_read_leaves_its_list_out() -> None:
    part = said("value")
    part["alive"] = [*part["alive"], {"lower": 0.0, "upper": 1.0, "customers": "many"}]
    assert read("value", part) == replace(ordinary_value(), alive=())


def test_a_step_that_did_not_run_has_no_part() -> None:
    assert report_parts.readable(report_parts.value, None) is None
    assert report_parts.readable(report_parts.corrections, {}) is None


def test_enriched_fields_are_read_from_what_the_step_counts() -> None:
    line = {"field": "city", "source": "postcodes", "gaps": 40, "filled": 30, "ambiguous": 2, "unreadable": 0}
    (found,) = report_parts.enrichment({"rows": 100, "fields": [line]})
    assert {**line, **asdict(found)} == line


def test_the_last_day_is_taken_from_every_step_that_says_one() -> None:
    parts: dict[str, dict[str, object]] = {
        "value": {"as_of": "1998-06-30", "as_of_from": "asked"},
        "match": {"rows": 3},
        "segment": {"as_of": 7},
    }
    (found,) = report_parts.observed(parts)
    assert (found.step, found.as_of, found.as_of_from) == ("value", "1998-06-30", "asked")


@pytest.mark.parametrize(
    ("currencies", "divisor", "unit"),
    [(["EUR"], 100, "EUR"), (["JPY"], 1, "JPY"), (["KWD"], 1_000, "KWD"), (["JPY", "JPY", "EUR"], 1, "mostly JPY")],
)
def test_errors_of_an_income_are_in_whole_units_of_its_currency(currencies: list[str], divisor: int, unit: str) -> None:
    rows = [{"row_id": n, "income_minor": 10, "income_currency": one} for n, one in enumerate(currencies)]
    rows.append({"row_id": 9, "income_minor": None, "income_currency": "USD"})
    found = income_unit(pa.Table.from_pylist(rows))
    assert (found.divisor, unit in found.text) == (divisor, True)
    column = replace(imputed_column("income", "number", 90, (3_000.0, 1_000.0), 0.9), unit=found.text)
    page = build_report(replace(ordinary_report(), imputation=(column,)))
    assert f"typical distance, {found.text}" in page


def test_nobody_with_an_income_leaves_it_without_a_unit() -> None:
    assert income_unit(pa.table({"row_id": [1], "income_minor": pa.array([None], pa.int64())})) == BARE
