"""What counts as a purchase, what is estimated and when the step would rather say nothing."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from analysis_worker.steps.value import ValueOptions, value
from helpers.buying import SPENDING, START, TRUTH, Bought, bought, transactions_of

OPTIONS = ValueOptions(seed=1, horizon_days=182)
SMALL = ValueOptions(seed=1, min_customers=1, min_repeat_customers=1, backtest=False)


@pytest.fixture(scope="module")
def people() -> Bought:
    return bought()


def test_parameters_are_found_again_within_their_errors(people: Bought) -> None:
    summary = value(people.rows, people.transactions, people.as_of, OPTIONS).summary
    assert summary.estimated
    for found, truth, error in zip((summary.r, summary.alpha, summary.a, summary.b), TRUTH, summary.errors, strict=True):
        assert abs(found - truth) < 3 * error
    (euros,) = summary.currencies
    assert (euros.p, euros.q) == pytest.approx(SPENDING[:2], rel=0.25)
    assert euros.independent
    assert euros.modelled


def test_the_backtest_covers_what_it_says_and_beats_the_naive_guess(people: Bought) -> None:
    found = value(people.rows, people.transactions, people.as_of, OPTIONS).summary.backtest
    assert found is not None
    assert 0.89 <= found.coverage <= 0.97
    assert found.mean_absolute_error < found.naive_error
    assert found.expected == pytest.approx(found.made, rel=0.15)
    assert sum(tenth.customers for tenth in found.deciles) == found.customers
    assert sum(tenth.customers for tenth in found.returning) == found.customers
    assert found.calibration_error < 0.05
    assert all(0 <= tenth.expected <= 1 and 0 <= tenth.made <= 1 for tenth in found.returning)
    (euros,) = found.money
    assert 0.85 <= euros.coverage <= 0.97
    assert euros.expected_minor == pytest.approx(euros.made_minor, rel=0.2)


def test_intervals_hold_the_expectation_of_money_and_never_fall_below_nothing(people: Bought) -> None:
    table = value(people.rows, people.transactions, people.as_of, OPTIONS).estimates
    low, high = table.column("value_lower_minor").to_numpy(), table.column("value_upper_minor").to_numpy()
    assert (low >= 0).all()
    assert (high >= low).all()
    assert (table.column("purchases_upper").to_numpy() >= table.column("purchases_lower").to_numpy()).all()
    alive, returns = (table.column(f"{name}_probability").to_numpy() for name in ("alive", "returns"))
    assert ((alive >= returns) & (alive <= 1)).all()
    assert ((returns > 0) & (returns <= table.column("expected_purchases").to_numpy())).all()


def test_same_purchases_give_the_same_bits_in_any_order(people: Bought) -> None:
    order = np.random.default_rng(1).permutation(people.transactions.num_rows)
    first = value(people.rows, people.transactions, people.as_of, OPTIONS)
    mixed = value(people.rows, people.transactions.take(order), people.as_of, OPTIONS)
    assert first.estimates.equals(mixed.estimates)
    assert first.summary == mixed.summary


def test_one_customers_estimate_does_not_depend_on_the_batch(people: Bought, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = value(people.rows, people.transactions, people.as_of, OPTIONS).estimates
    monkeypatch.setattr("analysis_worker.steps.value.forecast._CELLS", 512)
    small = value(people.rows, people.transactions, people.as_of, OPTIONS).estimates
    for name in ("expected_purchases", "purchases_upper", "value_upper_minor"):
        assert small.column(name).to_numpy() == pytest.approx(whole.column(name).to_numpy(), rel=5e-3, abs=1e-6)


def test_too_few_customers_or_repeats_are_refused_with_a_reason(people: Bought) -> None:
    few = value(people.rows.slice(0, 40), people.transactions, people.as_of, OPTIONS)
    assert (few.summary.estimated, few.summary.reason) == (False, "too few customers who bought")
    assert few.estimates.num_rows == 0
    once = transactions_of(list(range(200)), [float(day % 50) for day in range(200)])
    rows = pa.chunked_array([pa.array(range(200))])
    summary = value(rows, once, START + timedelta(days=100), OPTIONS).summary
    assert (summary.estimated, summary.reason) == (False, "too few customers who bought again")
    assert value(rows, once.slice(0, 0), START, OPTIONS).estimates.num_rows == 0


def _counts(rows: list[int], days: list[float], **changed: list[object]) -> tuple[int, int]:
    everyone = pa.chunked_array([pa.array(range(10))])
    summary = value(everyone, transactions_of(rows, days, **changed), START + timedelta(days=60), SMALL).summary
    return summary.buyers, summary.repeat_customers


def test_purchases_of_one_day_are_one() -> None:
    assert _counts([1, 1, 2, 2], [3.1, 3.9, 3.9, 4.1]) == (2, 1)


def test_a_refund_is_no_purchase() -> None:
    kinds: list[object] = ["PURCHASE", "REFUND", "REFUND", "PURCHASE"]
    assert _counts([1, 1, 2, 3], [1, 20, 5, 6], kind=kinds) == (2, 0)


def test_what_comes_later_is_not_known() -> None:
    assert _counts([1, 1, 2], [1, 61, 70]) == (1, 0)


def test_who_never_bought_has_no_estimate(people: Bought) -> None:
    rows = pa.chunked_array([pa.array(range(2_005))])
    estimates = value(rows, people.transactions, people.as_of, OPTIONS).estimates
    assert estimates.column("row_id").to_pylist() == list(range(2_000))


def test_currencies_are_never_mixed() -> None:
    people = bought(600, seed=8)
    yen = np.array([row % 3 == 0 for row in people.transactions.column("row_id").to_pylist()])
    amounts = people.transactions.column("amount_minor").to_numpy()
    table = people.transactions.set_column(3, "currency", pa.array(np.where(yen, "JPY", "EUR")))
    table = table.set_column(2, "amount_minor", pa.array(np.where(yen, amounts * 160, amounts)))
    result = value(people.rows, table, people.as_of, OPTIONS)
    euros, yens = result.summary.currencies
    assert (euros.currency, yens.currency) == ("EUR", "JPY")
    assert yens.mean_purchase_minor == pytest.approx(160 * euros.mean_purchase_minor, rel=0.25)
    codes = dict(zip(*(result.estimates.column(name).to_pylist() for name in ("row_id", "currency")), strict=True))
    assert (codes[3], codes[4]) == ("JPY", "EUR")


def test_a_currency_of_few_has_purchases_but_no_value() -> None:
    people = bought(600, seed=8)
    rare = np.array([row < 10 for row in people.transactions.column("row_id").to_pylist()])
    table = people.transactions.set_column(3, "currency", pa.array(np.where(rare, "CHF", "EUR")))
    result = value(people.rows, table, people.as_of, OPTIONS)
    francs = result.summary.currencies[0]
    assert (francs.modelled, francs.reason) == (False, "too few customers who paid again")
    first = result.estimates.slice(0, 1).to_pylist()[0]
    assert first["expected_purchases"] > 0
    assert (first["expected_value_minor"], first["value_upper_minor"]) == (None, None)


def test_one_purchase_in_another_currency_adds_no_money() -> None:
    people = bought(400, seed=8)
    extra = transactions_of([0], [people.weeks * 7 - 1], currency=["JPY"], amount_minor=[99_999_999])
    with_extra = pa.concat_tables([people.transactions, extra])
    before = value(people.rows, people.transactions, people.as_of, OPTIONS).summary.currencies
    after = value(people.rows, with_extra, people.as_of, OPTIONS).summary.currencies
    assert [one.currency for one in after] == ["EUR"]
    assert (after[0].p, after[0].gamma) == (before[0].p, before[0].gamma)


@pytest.mark.parametrize("wrong", [{"horizon_days": 0}, {"horizon_days": 4_000}, {"min_customers": 0}])
def test_impossible_options_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        ValueOptions(seed=1, **wrong)  # type: ignore[arg-type]  # wrong on purpose
