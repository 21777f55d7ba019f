from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import phonenumbers
import pytest

from benchmarks.generator import (
    CUSTOMER_COLUMNS,
    OF_MORE_MESS,
    ErrorKind,
    GeneratedCrm,
    GeneratorOptions,
    generate,
    load_truth,
    stated_totals,
)
from benchmarks.generator.rows import age_on
from benchmarks.generator.writers import write_crm

OPTIONS = GeneratorOptions(customers=1_500, transactions=4_000, needs=1_000, seed=11)


@pytest.fixture(scope="module")
def crm() -> GeneratedCrm:
    return generate(OPTIONS)


@pytest.fixture(scope="module")
def clean() -> GeneratedCrm:
    return generate(OPTIONS.clean())


def test_counts_are_exactly_what_was_asked_for(crm: GeneratedCrm) -> None:
    assert (len(crm.customers), len(crm.transactions), len(crm.needs)) == (1_500, 4_000, 1_000)


def test_same_seed_gives_the_same_crm_and_another_seed_another(crm: GeneratedCrm) -> None:
    assert generate(OPTIONS) == crm
    assert generate(GeneratorOptions(customers=1_500, transactions=4_000, needs=1_000, seed=12)) != crm


def test_purchases_do_not_depend_on_the_mess(crm: GeneratedCrm) -> None:
    tidy = generate(GeneratorOptions(customers=1_500, transactions=4_000, needs=1_000, seed=11, mess=0.0, missing=0.0))
    assert tidy.transactions == crm.transactions


def test_every_row_has_every_column_and_its_own_id(crm: GeneratedCrm) -> None:
    assert all(tuple(row) == CUSTOMER_COLUMNS for row in crm.customers)
    assert len({row["id"] for row in crm.customers}) == 1_500


def test_every_transaction_and_every_need_has_its_own_id(crm: GeneratedCrm) -> None:
    assert len({row.id for row in crm.transactions}) == len(crm.transactions)
    assert len({row.id for row in crm.needs}) == len(crm.needs)


def test_duplicate_share_is_the_share_of_rows_that_repeat_a_person(crm: GeneratedCrm) -> None:
    assert len(set(crm.truth.entity_of.values())) == 1_500 - 225


def test_ids_do_not_give_duplicates_away(crm: GeneratedCrm) -> None:
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, entity in crm.truth.entity_of.items():
        rows[entity].append(int(row[1:]))
    gaps = [max(ids) - min(ids) for ids in rows.values() if len(ids) > 1]
    assert sum(gaps) / len(gaps) > 200


def test_truth_of_every_wrong_cell_matches_the_file(crm: GeneratedCrm, clean: GeneratedCrm) -> None:
    by_id = {row["id"]: row for row in crm.customers}
    for error in crm.truth.errors:
        assert by_id[error.row][error.field] == error.dirty != error.clean
    assert len({(error.row, error.field) for error in crm.truth.errors}) == len(crm.truth.errors)
    assert clean.truth.errors == ()


def test_truth_of_every_empty_cell_is_kept(crm: GeneratedCrm, clean: GeneratedCrm) -> None:
    by_id = {row["id"]: row for row in crm.customers}
    assert crm.truth.missing
    assert all(by_id[cell.row][cell.field] == "" and cell.value for cell in crm.truth.missing)
    assert clean.truth.missing == ()


def test_repairing_every_cell_makes_rows_of_one_person_agree(crm: GeneratedCrm) -> None:
    rows = {row["id"]: dict(row) for row in crm.customers}
    for error in crm.truth.errors:
        rows[error.row][error.field] = error.clean
    for cell in crm.truth.missing:
        rows[cell.row][cell.field] = cell.value
    people: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for row_id, row in rows.items():
        people[crm.truth.entity_of[row_id]].add(
            tuple(row[name] for name in CUSTOMER_COLUMNS if name not in {"id", "raffle_number"})
        )
    assert all(len(versions) == 1 for versions in people.values())


def test_every_kind_of_error_occurs(crm: GeneratedCrm) -> None:
    assert {error.kind for error in crm.truth.errors} == set(ErrorKind) - OF_MORE_MESS
    further = generate(replace(OPTIONS, more_mess=1.0))
    assert {error.kind for error in further.truth.errors} == set(ErrorKind)


def test_more_mess_changes_no_cell_that_was_already_wrong(crm: GeneratedCrm) -> None:
    further = generate(replace(OPTIONS, more_mess=1.0))
    assert further.transactions == crm.transactions
    assert set(crm.truth.errors) <= set(further.truth.errors)


def test_stated_totals_are_wrong_where_they_differ_from_the_lines(crm: GeneratedCrm) -> None:
    totals = stated_totals(crm.transactions, OPTIONS.seed)
    wrong = [total for total in totals if total.stated_minor != total.right_minor]
    assert 0.01 < len(wrong) / len(totals) < 0.03
    assert all(total.stated_minor == total.right_minor for total in stated_totals(crm.transactions, OPTIONS.seed, mess=0.0))


def test_clean_telephone_numbers_are_valid_in_their_country(clean: GeneratedCrm) -> None:
    numbers = [phonenumbers.parse(row[name]) for row in clean.customers for name in ("phone", "mobile")]
    valid = sum(phonenumbers.is_valid_number(number) for number in numbers)
    assert valid >= 0.99 * len(numbers)


def test_local_numbers_mean_the_number_of_the_truth(crm: GeneratedCrm) -> None:
    country = {row["id"]: row["country"] for row in generate(OPTIONS).customers}
    wrong = {error.row for error in crm.truth.errors if error.field == "country"}
    for error in crm.truth.errors_of([ErrorKind.LOCAL_PHONE]):
        if error.row in wrong or not country[error.row]:
            continue
        number = phonenumbers.parse(error.dirty, country[error.row])
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == error.clean


def test_clean_age_follows_from_the_birth_date(clean: GeneratedCrm) -> None:
    for row in clean.customers:
        assert int(row["age"]) == age_on(date.fromisoformat(row["birth_date"]), OPTIONS.as_of)


def test_refunds_follow_the_purchase_they_name_and_return_its_lines(crm: GeneratedCrm) -> None:
    bought = {row.id: row for row in crm.transactions if row.kind == "PURCHASE"}
    refunds = [row for row in crm.transactions if row.kind == "REFUND"]
    assert refunds
    for refund in refunds:
        purchase = bought[refund.refunded_purchase]
        assert refund.time >= purchase.time
        assert refund.customer_id == purchase.customer_id
        assert set(refund.lines) <= set(purchase.lines)


def test_baskets_hold_one_to_five_different_products(crm: GeneratedCrm) -> None:
    assert {len(row.lines) for row in crm.transactions if row.kind == "PURCHASE"} == {1, 2, 3, 4, 5}
    assert all(len({line.sku for line in row.lines}) == len(row.lines) for row in crm.transactions)


def test_segments_differ_in_recency_frequency_and_money(crm: GeneratedCrm) -> None:
    segment_of = crm.truth.segment_of_row()
    people = Counter(crm.truth.segment_of.values())
    count: Counter[str] = Counter()
    latest = {name: timedelta(0) for name in people}
    last: dict[str, date] = {}
    for row in crm.transactions:
        entity = crm.truth.entity_of[row.customer_id]
        count[segment_of[row.customer_id]] += 1
        if row.kind == "PURCHASE":
            last[entity] = max(last.get(entity, date.min), row.time.date())
    for entity, day in last.items():
        latest[crm.truth.segment_of[entity]] = max(latest[crm.truth.segment_of[entity]], OPTIONS.as_of - day)
    assert count["champion"] / people["champion"] > 4 * count["lapsed"] / people["lapsed"]
    assert latest["champion"] < timedelta(days=30) < timedelta(days=300) < latest["lapsed"]


def test_attributes_carry_signal_and_the_raffle_number_none(clean: GeneratedCrm) -> None:
    spend: defaultdict[str, list[float]] = defaultdict(list)
    raffle: defaultdict[str, list[float]] = defaultdict(list)
    for row in clean.customers:
        spend[row["loyalty_tier"]].append(float(row["monthly_spend"]))
        raffle[row["loyalty_tier"]].append(float(row["raffle_number"]))
    mean = {tier: sum(values) / len(values) for tier, values in spend.items()}
    assert mean["basic"] < mean["silver"] < mean["gold"] < mean["platinum"]
    assert all(420 < sum(values) / len(values) < 580 for values in raffle.values())


@pytest.mark.parametrize("record_format", ["jsonl", "csv", "parquet"])
def test_written_truth_reads_back_equal(crm: GeneratedCrm, tmp_path: Path, record_format: str) -> None:
    assert record_format in {"jsonl", "csv", "parquet"}
    paths = write_crm(crm, tmp_path, "csv" if record_format == "csv" else "parquet" if record_format == "parquet" else "jsonl")
    assert load_truth(paths["truth"]) == crm.truth
    assert all(path.stat().st_size for path in paths.values())


@pytest.mark.parametrize("changes", [{"customers": 0}, {"needs": -1}])
def test_senseless_sizes_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        GeneratorOptions(**changes)  # type: ignore[arg-type]  # mypy cannot match a mapping's keys to parameters


def test_planted_pairs_are_bought_together_far_above_chance(crm: GeneratedCrm) -> None:
    baskets = [{line.sku for line in row.lines} for row in crm.transactions if row.kind == "PURCHASE"]
    for first, second, _ in crm.truth.bundles:
        with_first = [basket for basket in baskets if first in basket]
        given_first = sum(second in basket for basket in with_first) / len(with_first)
        assert given_first > 2 * sum(second in basket for basket in baskets) / len(baskets)
