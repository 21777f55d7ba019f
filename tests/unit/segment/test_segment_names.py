"""What segments are called: phrases that people would say, and names that go on from run to run while they are true."""

from __future__ import annotations

import pyarrow as pa
import pytest

from analysis_worker.steps.segment import segment
from analysis_worker.steps.segment.encoding import MISSING, OTHER
from analysis_worker.steps.segment.phrasing import column_words, level_phrase, number_phrase
from helpers.segment_tables import GROUPS, OPTIONS, planted


@pytest.mark.parametrize(
    ("column", "level", "phrase"),
    [
        ("InternetService", "Fiber optic", "fiber optic internet service"),
        ("InternetService", "DSL", "DSL internet service"),
        ("Contract", "Month-to-month", "month-to-month contract"),
        ("PhoneService", "true", "phone service"),
        ("PhoneService", "false", "no phone service"),
        ("has_partner", "Yes", "partner"),
        ("dependents", "No", "no dependents"),
        ("OnlineSecurity", "No internet service", "no internet service"),
        ("loyalty_tier", MISSING, "loyalty tier unknown"),
        ("loyalty_tier", OTHER, "a rarer loyalty tier"),
        ("loyalty_tier", "Tier 3", "tier 3"),
        ("language", "de", "language de"),
        ("shop", "x1", "shop x1"),
        ("gender", "female", "women"),
        ("plan", "<b>bold</b>" + "!" * 40, "<b>bold</b>!!!!!!!!!!!!!!!!!!! plan"),
    ],
)
def test_a_level_is_said_the_way_people_say_it(column: str, level: str, phrase: str) -> None:
    assert level_phrase(column, level) == phrase


@pytest.mark.parametrize(
    ("column", "high", "very", "phrase"),
    [
        ("MonthlyCharges", True, False, "high monthly charges"),
        ("support_calls", True, True, "very many support calls"),
        ("support_calls", False, False, "few support calls"),
        ("tenure", False, True, "very short tenure"),
        ("days since signup_date", False, True, "recent signup"),
        ("days since signup_date", True, False, "signup long ago"),
        ("status", True, False, "high status"),
    ],
)
def test_a_number_is_few_or_long_or_high_by_what_it_counts(column: str, *, high: bool, very: bool, phrase: str) -> None:
    assert number_phrase(column, high=high, very=very) == phrase


def test_names_of_columns_are_split_into_words_and_abbreviations_stay() -> None:
    assert [column_words(one) for one in ("StreamingTV", "ARPU", "paperless_billing", "Größe", "_")] == [
        "streaming TV",
        "ARPU",
        "paperless billing",
        "größe",
        "_",
    ]


def test_a_name_goes_on_while_all_that_it_says_is_true_and_no_longer() -> None:
    table, _ = planted()
    first = segment(table, OPTIONS)
    names = {one.segment: one.name for one in first.summary.segments}
    numbers = first.assignments.column("segment")
    before = {1: "Big spenders with gold plan", 2: "Lapsed customers with trial plan", 3: names[3], 4: names[3]}
    again = {one.segment: one.name for one in segment(table, OPTIONS, numbers, before).summary.segments}
    assert names[1] != again[1] == before[1]
    assert again[2] == names[2] != before[2]
    assert len(set(again.values())) == GROUPS
    assert segment(table, OPTIONS, numbers, names).summary.segments == first.summary.segments


def test_columns_that_say_the_same_are_said_once() -> None:
    table, truth = planted()
    none = [("No plan", "basic plan", "gold plan", "trial plan")[group] for group in truth]
    columns = {"row_id": table.column("row_id"), "recency_days": table.column("recency_days")}
    table = pa.table({**columns, "plan": none, "second_plan": none, "third_plan": none})
    names = [one.name.casefold() for one in segment(table, OPTIONS).summary.segments]
    assert {name.count("plan") for name in names} == {1}
