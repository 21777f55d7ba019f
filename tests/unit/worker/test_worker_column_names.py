"""Options name columns by one rule: with or without `attributes.`, in capitals or not, and a refusal says what was meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from analysis_worker.pipeline.adapters.classify import ClassifyAdapter
from analysis_worker.pipeline.adapters.enrich import EnrichAdapter
from analysis_worker.pipeline.adapters.impute import ImputeAdapter
from analysis_worker.pipeline.adapters.segment import SegmentAdapter
from analysis_worker.pipeline.column_names import ColumnNames
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.step_adapter import StepInputs
from analysis_worker.references import NO_REFERENCES
from strongroom.step_options import option_problems

NAMES = ColumnNames(["row", "stated_age", "attributes.Churn", "attributes.tariff", "attributes.Tariff"], {"age": "stated_age"})


@pytest.mark.parametrize("written", ["Churn", "churn", "CHURN", "attributes.Churn", "Attributes.churn"])
def test_an_attribute_goes_by_its_key_in_any_case(written: str) -> None:
    assert NAMES.require("target", written) == "attributes.Churn"


def test_a_name_that_stands_there_wins_and_one_that_may_be_two_is_refused_with_both() -> None:
    assert NAMES.require("target", "attributes.tariff") == "attributes.tariff"
    assert NAMES.require("target", "Tariff") == "attributes.Tariff"
    with pytest.raises(RunFailureError, match=r"'TARIFF' may be 'attributes.Tariff' or 'attributes.tariff'"):
        NAMES.require("target", "TARIFF")


def test_a_field_goes_by_other_names_that_the_step_gives_it() -> None:
    assert NAMES.require("columns", "Age") == NAMES.require("columns", "stated_age") == "stated_age"


def test_a_name_of_nothing_is_refused_with_what_is_near_or_with_what_there_is() -> None:
    with pytest.raises(RunFailureError, match=r"there is no column 'chrun'; did you mean 'attributes.Churn'\?") as refused:
        NAMES.require("target", "chrun")
    assert refused.value.reason == "INVALID_OPTIONS"
    with pytest.raises(RunFailureError, match=r"there are: 'row', 'stated_age', 'attributes.Churn'"):
        NAMES.require("target", "zzz")
    assert NAMES.or_same("ignored", "zzz") == "zzz"


def _inputs(options: Mapping[str, Any], **columns: Any) -> StepInputs:
    rows = 120
    table = {
        "row_id": pa.array(range(rows), pa.int64()),
        "attributes.Churn": ["Yes" if row % 3 == 0 else "No" for row in range(rows)],
        "attributes.Monthly Charges": [float(row % 3 * 10 + row % 7) for row in range(rows)],
        "attributes.Signed": [f"2026-01-0{1 + row % 5}" for row in range(rows)],
        **columns,
    }
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    return StepInputs(customers=pa.table(table), transactions=None, options=options, seed=1, as_of=moment, threads=1)


def test_classify_takes_target_ignored_and_moments_in_any_case() -> None:
    options = {"target": "churn", "ignored": ["monthly charges"], "resamples": 20.0, "purchases_until": "SIGNED"}
    computed = ClassifyAdapter().compute(_inputs(options))
    assert set(computed.table.column("target").to_pylist()) == {"attributes.Churn"}
    assert "Monthly Charges" not in str(computed.summary["used"])
    with pytest.raises(RunFailureError, match="did you mean 'Churn'"):
        ClassifyAdapter().compute(_inputs({"target": "chrn"}))


def test_segment_and_impute_take_columns_in_any_case_and_refuse_others() -> None:
    segmented: Any = SegmentAdapter().compute(_inputs({"numeric": ["MONTHLY CHARGES"], "categorical": ["churn"]}))
    assert set(segmented.summary["features"]) == {"Monthly Charges", "Churn"}
    with pytest.raises(RunFailureError, match="did you mean 'Monthly Charges'"):
        SegmentAdapter().compute(_inputs({"numeric": ["monthly_charge"]}))
    gaps = [None if row % 4 == 0 else float(row % 3 * 10) for row in range(120)]
    given = {"columns": ["gaps"], "min_holdout_cells": 10.0}
    filled: Any = ImputeAdapter().compute(_inputs(given, **{"attributes.Gaps": gaps, "stated_age": [1, None] * 60}))
    assert {one["column"] for one in filled.summary["columns"] if one["imputed"]} <= {"attributes.Gaps"}
    with pytest.raises(RunFailureError, match="there is no column"):
        ImputeAdapter().compute(_inputs({"columns": ["gapz"]}))


def test_enrich_takes_attributes_of_options_and_of_joins_in_any_case() -> None:
    from analysis_worker.pipeline.adapters.enrich import _named

    options = {
        "from_entity": ["churn", "Language", "income", "attributes"],
        "not_from_entity": ["SIGNED"],
        "joins": ["plans: attributes.churn = plan -> monthly charges = price, addresses[0].city = town"],
    }
    named = _named(options, _inputs({}, language=["de"] * 120).customers)
    assert named["from_entity"] == ["attributes.Churn", "language", "income", "attributes"]
    assert named["not_from_entity"] == ["attributes.Signed"]
    assert named["joins"] == ["plans: attributes.Churn = plan -> attributes.Monthly Charges = price, addresses[0].city = town"]
    assert EnrichAdapter(NO_REFERENCES).name == "enrich"


def test_options_that_an_adapter_reads_itself_are_accepted_when_a_run_is_queued() -> None:
    assert not list(option_problems("classify", {"target": "churn", "purchases_until": "signed", "horizon_days": 60.0}))
    assert list(option_problems("classify", {"horizon_days": "long"}))
