"""Until when purchases are looked at: the day that was asked for, the run's, or the newest transaction's of old data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest

from analysis_worker.pipeline.adapters.value import ValueAdapter
from analysis_worker.pipeline.errors import RunFailureError
from analysis_worker.pipeline.observation import observed
from analysis_worker.pipeline.step_adapter import Computed, StepInputs
from helpers.buying import bought

RUN = datetime(2026, 11, 22, 9, tzinfo=UTC)
LAST = datetime(1998, 6, 30, 15, tzinfo=UTC)


def inputs(days: list[int] | None, last: datetime = LAST, **options: object) -> StepInputs:
    """Transactions so many days before the newest one."""
    transactions = None
    if days is not None:
        times = pa.array([last - timedelta(days=day) for day in days], pa.timestamp("us", "UTC"))
        transactions = pa.table({"row_id": pa.array([0] * len(days), pa.int64()), "time": times})
    customers = pa.table({"row_id": pa.array([0], pa.int64())})
    return StepInputs(customers=customers, transactions=transactions, options=options, seed=1, as_of=RUN, threads=1)


def left(found: StepInputs) -> int:
    assert found.transactions is not None
    return int(found.transactions.num_rows)


def test_a_day_that_is_asked_for_counts_to_its_end_and_nothing_later_is_handed_on() -> None:
    seen, until = observed(inputs(list(range(300)), as_of="1998-06-29", horizon_days=90))
    assert until.until == datetime(1998, 6, 29, 23, 59, 59, 999999, tzinfo=UTC)
    assert (until.origin, left(seen), dict(seen.options)) == ("asked", 299, {"horizon_days": 90})
    assert seen.as_of == until.until


def test_old_data_end_with_the_day_of_their_newest_transaction() -> None:
    seen, until = observed(inputs(list(range(0, 300, 3))))
    assert (until.until.date(), until.origin, left(seen)) == (date(1998, 6, 30), "newest_transaction", 100)


def test_a_silence_that_happened_before_is_no_end_of_the_data() -> None:
    quiet = RUN - timedelta(days=20)
    assert observed(inputs([0, *range(10, 100, 10)], last=quiet))[1].origin == "run"
    assert observed(inputs(list(range(30)), last=quiet))[1].origin == "newest_transaction"
    assert observed(inputs(list(range(30)), last=RUN - timedelta(days=6)))[1].until == RUN


def test_few_days_say_nothing_about_how_often_something_happens() -> None:
    assert observed(inputs(list(range(9))))[1].origin == "run"
    assert observed(inputs([]))[1].until == RUN
    assert observed(inputs(None))[1].until == RUN


def test_transactions_after_the_run_are_neither_the_newest_nor_looked_at() -> None:
    seen, until = observed(inputs([*range(60), -20_000], last=LAST))
    assert (until.until.date(), left(seen)) == (date(1998, 6, 30), 60)


@pytest.mark.parametrize(
    ("as_of", "problem"),
    [
        ("30.06.1998", "must be a date such as 2026-01-31"),
        ("1998-06-31", "must be a date"),
        ("19980630", "must be a date"),
        (19980630.0, "must be a date"),
        ("2026-11-23", "lies after the moment of the run"),
        ("1997-09-02", "lies before the first transaction that the run reads"),
    ],
)
def test_what_is_no_day_of_the_data_is_refused_in_one_line_that_names_the_option(as_of: object, problem: str) -> None:
    with pytest.raises(RunFailureError, match=f"the option 'as_of' {problem}") as refused:
        observed(inputs(list(range(300)), as_of=as_of))
    assert (refused.value.reason, "\n" in refused.value.message) == ("INVALID_OPTIONS", False)


def test_the_same_purchases_have_the_same_value_28_years_later_and_the_summary_says_from_when() -> None:
    def computed(run: datetime, **options: object) -> Computed:
        people = bought(300)
        table = people.transactions.rename_columns(["row_id", "time", "total_minor", "currency", "kind"])
        customers = pa.table({"row_id": people.rows})
        seen = StepInputs(customers=customers, transactions=table, options=options, seed=1, as_of=run, threads=1)
        return ValueAdapter().compute(seen)

    end = bought(300).as_of
    then, now = computed(end, as_of=end.date().isoformat()), computed(RUN.replace(year=2054), as_of=end.date().isoformat())
    assert now.table.equals(then.table)
    assert (now.summary["as_of"], now.report["as_of"]) == (end.date().isoformat(),) * 2
    assert computed(RUN.replace(year=2054)).summary["as_of_from"] == "newest_transaction"
