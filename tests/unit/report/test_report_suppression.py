"""The rule of ten: nothing on the page or in the twin is about fewer than ten customers, nor can be had by subtraction."""

from __future__ import annotations

import json
import re
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
    Estimate,
    GroupCheck,
    ImputedColumn,
    LiftTenth,
    Prediction,
    Previous,
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
from analysis_worker.report.suppression import clean, count, merge_small, near, number, share
from helpers.report_input import ordinary_report


def twin(source: ReportInput) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(report_json(source))
    return parsed


def counts(value: object) -> list[int | None]:
    """Every count in the twin, wherever it stands."""
    if isinstance(value, dict):
        own = [value["value"]] if set(value) == {"value", "text"} else []
        return own + [n for child in value.values() for n in counts(child)]
    return [n for child in value for n in counts(child)] if isinstance(value, list) else []


def telling_counts(value: object) -> list[int]:
    """Counts that could tell of fewer than ten customers, or whose difference from another one could."""
    return [n for n in counts(value) if n is not None and n % 10]


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
    assert telling_counts(twin(source)) == []
    assert "fewer than 10" in build_report(source)
    if 1_000 - n != 1_000 - n // 10 * 10:
        assert str(1_000 - n) not in report_json(source)
        assert f">{1_000 - n:,}<" not in build_report(source).partition("</style>")[2]


def test_a_hidden_part_cannot_be_had_from_a_total() -> None:
    """Whatever the hidden part is, the total and the parts beside it are the same."""

    def shown(hidden: int) -> Any:
        columns = [
            ImputedColumn(column=str(n), kind="number", missing=n, imputed=n, abstained=False, method="linear")
            for n in (500, 30, hidden)
        ]
        bins = tuple(ScoreBin(lower=i / 10, upper=(i + 1) / 10, pairs=n) for i, n in enumerate((120, hidden, 30)))
        bands = (BandCount(band="no", lower=0.0, upper=1.0, pairs=150 + hidden),)
        found = Duplicates(rows=100, entities=50, histogram=bins, bands=bands)
        whole = twin(replace(ordinary_report(), imputation=tuple(columns), duplicates=found))
        return [row["count"] for row in (*whole["entities"]["scores"], *whole["entities"]["bands"])], whole["missing_total"]

    assert shown(5) == shown(7) == shown(9)
    assert shown(5)[1] == {"value": 540, "text": "540"}


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 100_000), st.integers(0, 9))
def test_no_difference_of_two_counts_is_about_fewer_than_ten(size: int, more: int) -> None:
    """Of one page, or of the pages of two runs between which a few customers came."""
    before, after = count(size), count(size + more)
    if before.value is not None and after.value is not None:
        assert (after.value - before.value) % 10 == 0
    assert near(size) in {0} | set(range(10, 100_011, 10))


def test_two_runs_between_which_three_customers_came_differ_by_nothing_or_ten() -> None:
    first = ordinary_report()
    assert first.segments is not None
    grown = tuple(replace(e, customers=e.customers + 1) for e in first.segments.entries[:3]) + first.segments.entries[3:]
    second = replace(first, customers=5_003, segments=replace(first.segments, customers=5_003, entries=grown))
    before = twin(first)
    after = twin(replace(second, previous=Previous(run="r", figures=before["comparable"])))
    apart = [now - before["comparable"][name] for name, now in after["comparable"].items()]
    assert len(apart) == len(before["comparable"])
    assert {abs(one) for one in apart} <= {0.0, 10.0}


def test_exact_figures_of_an_earlier_run_are_compared_to_the_nearest_ten() -> None:
    """Runs of before this rule kept exact counts."""
    source = replace(ordinary_report(), previous=Previous(run="r", figures={"Customer records": 4_996.0}))
    page = build_report(source)
    assert "4,996" not in page
    assert twin(source)["changes"][0]["change"] == "unchanged"


def test_many_pairs_and_proposals_of_few_customers_are_few() -> None:
    """Seven records of one person are 21 pairs."""
    bins = (ScoreBin(lower=0.9, upper=1.0, pairs=21, customers=7), ScoreBin(lower=0.0, upper=0.1, pairs=300, customers=280))
    bands = (BandCount(band="auto", lower=0.9, upper=1.0, pairs=21, customers=7),)
    found = Duplicates(rows=400, entities=394, histogram=bins, bands=bands)
    rules = (CorrectionRule(rule="total.lines", proposals=30, waiting=30, customers=1), CorrectionRule(rule="b", proposals=90))
    waiting = (ReviewQueue(what="pairs", waiting=21, customers=7),)
    source = replace(ordinary_report(), duplicates=found, corrections=rules, review=waiting)
    whole = twin(source)
    few = {"value": None, "text": "fewer than 10"}
    assert [row["count"] for row in whole["entities"]["scores"]] == [few, {"value": 300, "text": "300"}]
    assert whole["entities"]["bands"][0]["count"] == few
    assert [row["rule"] for row in whole["corrections"]] == ["2 rarer rules together"]
    assert whole["review"][0]["waiting"] == few


def test_the_largest_entity_is_not_told() -> None:
    """Its size would be about the records of one person."""
    sizes = tuple(ClusterSize(size=s, entities=n) for s, n in ((1, 900), (2, 40), (3, 20), (4, 6), (5, 4), (31, 1)))
    found = Duplicates(rows=1_100, entities=971, cluster_sizes=sizes)
    rows = twin(replace(ordinary_report(), duplicates=found))["entities"]["sizes"]
    assert [row["label"] for row in rows] == ["1 record", "2 records", "3 records", "4 or more records"]


def profile_of(line: ProfileLine, inside: int, customers: int) -> list[dict[str, str]]:
    entries = (
        SegmentEntry(name="a", customers=inside, profile=(line,)),
        SegmentEntry(name="b", customers=customers - inside),
    )
    found = twin(replace(ordinary_report(), segments=Segments(customers=customers, structured=True, entries=entries)))
    return next(row["profile"] for row in found["segments"]["rows"] if row["name"] == "a")


def test_a_value_that_few_customers_have_is_not_named() -> None:
    rare = ProfileLine(feature="job title", level="lion tamer", value=0.01, overall=0.003)
    assert profile_of(rare, 300, 1_000) == []


def test_a_median_of_few_customers_is_not_told() -> None:
    thin = ProfileLine(feature="income", value=43_217.0, overall=50_000.0, missing=0.98)
    assert profile_of(thin, 300, 1_000) == []
    assert profile_of(replace(thin, missing=0.5), 300, 1_000) == [{"feature": "income", "value": "43,200", "overall": "50,000"}]


def test_numbers_have_too_few_digits_to_find_somebody_by() -> None:
    assert [number(n) for n in (1_234_567.89, 43_217.5, 1_984.0, 0.123456, 12.345, None, float("inf"))] == [
        *("1,230,000", "43,200", "1,984", "0.12", "12.3", "\u2013", "\u2013")
    ]


def test_no_figure_of_the_twin_has_more_than_four_digits_behind_the_point() -> None:
    odd = replace(ordinary_report().imputation[0], baseline_error=1 / 3, chosen_error=2 / 7)  # type: ignore[index]  # it has five
    text = report_json(replace(ordinary_report(), imputation=(odd,)))
    assert not re.findall(r"\d\.\d{5,}", text)


def test_letters_that_move_or_cover_their_neighbours_are_gone() -> None:
    assert clean("a\u202eb\x00c\u2066d\u200be\n") == "a b c d e "
    assert clean("Z" + "\u0301" * 40) == "Z\u0301\u0301"
    assert clean("שלום مرحبا é") == "שלום مرحبا é"


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
    assert telling_counts(twin(source)) == []
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
    assert [(r["name"], r["customers"]["value"]) for r in rows] == [("many", 500), ("2 smaller segments together", 40)]


def test_a_share_of_few_customers_in_a_profile_is_only_bounded() -> None:
    line = ProfileLine(feature="pays by", level="cheque", value=0.03, overall=0.2, difference=1.0)
    entries = (SegmentEntry(name="a", customers=100, profile=(line,)), SegmentEntry(name="b", customers=400))
    rows = twin(replace(ordinary_report(), segments=Segments(customers=500, structured=True, entries=entries)))["segments"][
        "rows"
    ]
    assert rows[1]["profile"] == [{"feature": "pays by: cheque", "value": "below 10%", "overall": "20%"}]


def test_shares_near_the_ends_are_bounded() -> None:
    assert share(995, 1_000).text == "above 99%"
    assert share(49_990, 50_000).text == "above 99%"
    assert share(12, 50_000).text == "below 1%"
    assert share(0, 50).text == "0%"
    assert share(5, 1_000).text == "below 1%"
    assert share(1_000, 1_000).text == "100%"
    assert share(3, 5).text == "not shown"


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


def test_segments_whose_names_are_cut_alike_are_told_apart() -> None:
    entries = tuple(SegmentEntry(name="Customers " * 10 + end, customers=n) for end, n in (("one", 400), ("two", 300)))
    segments = Segments(customers=700, structured=True, entries=entries)
    whole = twin(replace(ordinary_report(), segments=segments, previous=None))
    first, second = (row["name"] for row in whole["segments"]["rows"])
    assert first != second
    assert second.endswith("(2)")
    assert whole["comparable"][f"In the segment {first}"] == 400.0


def test_units_agree_with_their_number() -> None:
    line = ProfileLine(feature="frequency", value=1.0, overall=3.0, unit="purchases")
    assert profile_of(line, 300, 1_000) == [{"feature": "purchases made", "value": "1 purchase", "overall": "3 purchases"}]
    money = ProfileLine(feature="monetary", value=1_234.56, overall=75.5, unit="EUR")
    assert profile_of(money, 300, 1_000) == [{"feature": "money spent", "value": "1,235 EUR", "overall": "75.5 EUR"}]


def test_cases_of_few_customers_are_few() -> None:
    """Four moments of three customers are twelve cases."""
    card = Prediction(
        target="purchases.stopped",
        rows=4_000,
        judged_rows=3_000,
        calibration=(
            CalibrationBin(customers=12, predicted=0.777, observed=0.5),
            CalibrationBin(customers=400, predicted=0.3, observed=0.1),
        ),
    )
    shown = twin(replace(ordinary_report(), customers=1_000, prediction=card))["prediction"]
    assert [row["predicted"] for row in shown["calibration"]] == [0.3]
    assert shown["of_customers"] is False


def test_what_few_buyers_are_expected_to_do_is_not_told() -> None:
    value = Value(
        customers=500,
        buyers=4,
        estimated=True,
        expected_purchases=123.0,
        backtest=Backtest(days=90, customers=4, mean_absolute_error=7.77, coverage=0.75),
    )
    rules = ProductRules(buyers=4, baskets=321)
    shown = twin(replace(ordinary_report(), customers=4, transactions=654, value=value, rules=rules))
    told = (shown["transactions"], shown["rules"]["baskets"], shown["value"]["purchases"])
    assert [one["value"] for one in told] == [None, None, None]
    assert [shown["value"][name] for name in ("error", "coverage_percent", "backtest_days")] == [None, None, 0]


def test_a_model_judged_on_few_says_nothing_about_them() -> None:
    card = Prediction(target="t", judged_rows=8, rows=8, base_rate=0.375, auc=Estimate(value=0.777), calibration_error=0.123)
    source = replace(ordinary_report(), prediction=card, previous=None)
    for text in (build_report(source), report_json(source)):
        assert not [secret for secret in ("0.777", "38%", "0.123") if secret in text]
