"""The rule of ten: nothing on the page or in the twin is about fewer than ten customers, nor can be had by subtraction."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_worker.report import (
    AliveBin,
    Backtest,
    BacktestTenth,
    BandCount,
    CalibrationBin,
    ClusterSize,
    CorrectionRule,
    CurrencyTotal,
    CutOff,
    Duplicates,
    EnrichedField,
    GroupCheck,
    ImputedColumn,
    LiftTenth,
    Prediction,
    ProductRule,
    ProductRules,
    ProfileLine,
    QualityColumn,
    ReportInput,
    ReviewQueue,
    ScoreBin,
    SegmentEntry,
    Segments,
    Value,
    ValueTenth,
    build_report,
    report_json,
)
from analysis_worker.report.suppression import merge_small, remainder, share
from helpers.report_input import ordinary_report


def twin(source: ReportInput) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(report_json(source))
    return parsed


def small_counts(value: object) -> list[int]:
    """Every count in the twin that lies between 1 and 9."""
    if isinstance(value, dict):
        own = [value["value"]] if set(value) == {"value", "text"} and value["value"] in range(1, 10) else []
        return own + [n for child in value.values() for n in small_counts(child)]
    return [n for child in value for n in small_counts(child)] if isinstance(value, list) else []


def small_report(n: int) -> ReportInput:
    """Every figure that can be small is `n`."""
    return replace(
        ordinary_report(),
        customers=n,
        transactions=n,
        needs=n,
        quality=(QualityColumn(column="a", rows=1_000, present=n, unparsed=n),),
        corrections=(CorrectionRule(rule="only", proposals=n, applied=n),),
        duplicates=Duplicates(
            rows=1_000,
            entities=1_000 - n,
            histogram=(ScoreBin(lower=0.0, upper=1.0, pairs=n),),
            cluster_sizes=(ClusterSize(size=1, entities=900), ClusterSize(size=2, entities=n)),
        ),
        imputation=(ImputedColumn(column="a", kind="number", missing=n, imputed=n, abstained=False, method="linear"),),
        segments=Segments(customers=1_000, structured=True, entries=(SegmentEntry(name="few", customers=n),)),
        review=(ReviewQueue(what="pairs", waiting=n),),
    )


@pytest.mark.parametrize("n", [1, 4, 9])
def test_no_count_between_one_and_nine_is_in_page_or_twin(n: int) -> None:
    source = small_report(n)
    assert small_counts(twin(source)) == []
    assert "fewer than 10" in build_report(source)
    assert str(1_000 - n) not in report_json(source)
    assert f"{1_000 - n:,}" not in build_report(source).partition("</style>")[2]


def test_a_hidden_part_cannot_be_had_from_a_total() -> None:
    columns = [
        ImputedColumn(column=str(n), kind="number", missing=n, imputed=n, abstained=False, method="linear")
        for n in (500, 30, 7)
    ]
    bins = tuple(ScoreBin(lower=i / 10, upper=(i + 1) / 10, pairs=n) for i, n in enumerate((120, 7, 30)))
    found = Duplicates(rows=100, entities=50, histogram=bins, bands=(BandCount(band="no", lower=0.0, upper=1.0, pairs=157),))
    shown = twin(replace(ordinary_report(), imputation=tuple(columns), duplicates=found))
    assert shown["missing_total"] == shown["imputed_total"] == {"value": 530, "text": "530"}
    assert shown["entities"]["bands"][0]["count"] == {"value": 160, "text": "about 160"}


@pytest.mark.parametrize("n", [1, 4, 9])
def test_later_steps_say_nothing_about_fewer_than_ten(n: int) -> None:
    value = Value(
        customers=n,
        buyers=n,
        repeat_customers=n,
        estimated=True,
        expected_purchases=float(n),
        alive=(AliveBin(lower=0.0, upper=0.5, customers=n),),
        currencies=(CurrencyTotal(currency="GBP", customers=n, modelled=True, mean_purchase_minor=123_456.0),),
        tenths=(ValueTenth(currency="GBP", tenth=1, customers=n, mean_value_minor=123_456.0, share=1.0),),
        backtest=Backtest(days=9, customers=n, deciles=(BacktestTenth(customers=n, expected=77.7, made=77.7),)),
    )
    prediction = Prediction(
        target="churn",
        known=n,
        predicted=n,
        calibration=(CalibrationBin(customers=n, predicted=0.777, observed=1.0),),
        lift=(LiftTenth(decile=1, customers=n, observed=1.0, lift=7.77, captured=1.0),),
        cut_offs=(CutOff(probability=0.777, customers=n, precision=1.0, recall=1.0),),
        groups=(GroupCheck(column="rare", group="few", customers=n),),
    )
    rules = ProductRules(buyers=n, rules=1, entries=(ProductRule(body=("rare",), head="few", customers=n, lift=7.77),))
    fields = (EnrichedField(source="rare", field="few", gaps=400, filled=400 - n, ambiguous=n),)
    source = replace(small_report(n), value=value, prediction=prediction, rules=rules, enrichment=fields, previous=None)
    assert small_counts(twin(source)) == []
    for text in (build_report(source), report_json(source)):
        assert not [secret for secret in ("1,234.56", "77.7", "0.777", "7.77", "rare: few") if secret in text]


def test_an_observed_share_of_few_is_bounded_and_drawn_at_its_bound() -> None:
    few = CalibrationBin(customers=400, predicted=0.01, observed=3 / 400)
    other = CalibrationBin(customers=400, predicted=0.01, observed=7 / 400)
    found = [
        twin(replace(ordinary_report(), prediction=Prediction(target="t", calibration=(one,))))["prediction"]["calibration"]
        for one in (few, other)
    ]
    assert found[0] == found[1]
    assert found[0][0]["observed"] == {"percent": None, "text": "below 3%"}


def test_ten_and_zero_are_shown() -> None:
    assert twin(small_report(10))["customers"] == {"value": 10, "text": "10"}
    assert twin(small_report(0))["customers"] == {"value": 0, "text": "0"}


def test_a_small_segment_is_merged_and_its_profile_is_gone() -> None:
    secret = ProfileLine(feature="rare hobby", value=1.0, overall=0.0, difference=9.0)
    entries = (
        SegmentEntry(name="many", customers=500),
        SegmentEntry(name="some", customers=40),
        SegmentEntry(name="hidden few", customers=4, profile=(secret,)),
    )
    source = replace(ordinary_report(), segments=Segments(customers=544, structured=True, entries=entries))
    text = build_report(source)
    assert "hidden few" not in text
    assert "rare hobby" not in text
    assert "hidden few" not in report_json(source)
    rows = twin(source)["segments"]["rows"]
    assert [(r["name"], r["customers"]["value"]) for r in rows] == [("many", 500), ("2 smaller segments together", 44)]


def test_a_share_of_few_customers_in_a_profile_is_only_bounded() -> None:
    line = ProfileLine(feature="pays by", level="cheque", value=0.03, overall=0.2, difference=1.0)
    entries = (SegmentEntry(name="a", customers=100, profile=(line,)), SegmentEntry(name="b", customers=400))
    rows = twin(replace(ordinary_report(), segments=Segments(customers=500, structured=True, entries=entries)))["segments"][
        "rows"
    ]
    assert rows[1]["profile"] == [{"feature": "pays by: cheque", "value": "below 10%", "overall": "20%"}]


def test_shares_near_the_ends_are_bounded() -> None:
    assert share(995, 1_000).text == "above 99%"
    assert share(5, 1_000).text == "below 1%"
    assert share(1_000, 1_000).text == "100%"
    assert share(3, 5).text == "not shown"


def test_a_part_is_hidden_when_its_complement_is_small() -> None:
    assert remainder(1_000, 997).value is None
    assert remainder(1_000, 900).value == 900


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=30), st.integers(1, 12))
def test_merged_groups_are_large_enough_or_everything_there_is(sizes: list[int], most: int) -> None:
    items = list(enumerate(sizes))
    groups = merge_small(items, lambda item: item[1], most)
    assert all(size >= 10 for _, size in groups.shown)
    assert len(groups.shown) <= most
    together = sum(size for _, size in groups.merged)
    assert not groups.merged or together >= 10 or not groups.shown
    assert sum(sizes) == together + sum(size for _, size in groups.shown)
