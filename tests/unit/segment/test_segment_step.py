import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_rand_score

from analysis_worker.steps.segment import SegmentOptions, segment
from helpers.segment_tables import GROUPS, OPTIONS, planted


def test_planted_groups_are_found() -> None:
    table, truth = planted()
    result = segment(table, OPTIONS)
    assert result.summary.structured
    assert len(result.summary.segments) == GROUPS
    assert adjusted_rand_score(truth, result.assignments.column("segment").to_numpy()) > 0.98


def test_shuffled_columns_are_one_segment() -> None:
    table, _ = planted(shuffled=True)
    summary = segment(table, OPTIONS).summary
    assert not summary.structured
    assert [item.name for item in summary.segments] == ["All customers"]
    assert summary.segments[0].customers == table.num_rows


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_is_one_segment(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(size=(500, 4))
    table = pa.table({"row_id": np.arange(500), **{f"x{column}": noise[:, column] for column in range(4)}})
    assert not segment(table, OPTIONS).summary.structured


def test_a_single_column_with_two_humps_has_structure_and_an_even_one_has_none() -> None:
    random = np.random.default_rng(3)
    humps = np.concatenate([random.normal(0, 1, 300), random.normal(12, 1, 300)])
    ids = np.arange(600)
    assert len(segment(pa.table({"row_id": ids, "x": humps}), OPTIONS).summary.segments) == 2
    assert not segment(pa.table({"row_id": ids, "x": random.uniform(0, 1, 600)}), OPTIONS).summary.structured


def test_same_seed_gives_the_same_bits() -> None:
    table, _ = planted()
    first, second = segment(table, OPTIONS), segment(table, OPTIONS)
    assert first.assignments.equals(second.assignments)
    assert first.profiles.equals(second.profiles)
    assert first.summary == second.summary


def test_row_order_does_not_matter() -> None:
    table, _ = planted()
    mixed = table.take(np.random.default_rng(1).permutation(table.num_rows))
    first, second = segment(table, OPTIONS).assignments, segment(mixed, OPTIONS).assignments
    assert second.column("row_id").equals(mixed.column("row_id"))
    assert second.sort_by("row_id").equals(first.sort_by("row_id").combine_chunks())


def test_segments_are_numbered_by_money_and_named_apart() -> None:
    table, _ = planted()
    result = segment(table, OPTIONS)
    money = {line["segment"]: line["value"] for line in result.profiles.to_pylist() if line["feature"] == "monetary"}
    assert list(money) == [1, 2, 3, 4]
    assert sorted(money.values(), reverse=True) == list(money.values())
    names = [item.name for item in result.summary.segments]
    assert len(set(names)) == GROUPS
    assert names[0].startswith("Frequent recent big spenders")


def test_profiles_are_in_source_units_beside_all_customers() -> None:
    table, _ = planted()
    lines = segment(table, OPTIONS).profiles.to_pylist()
    best = next(line for line in lines if line["segment"] == 1 and line["feature"] == "monetary")
    assert 80_000 < best["value"] < 100_000
    assert best["difference"] == pytest.approx(best["value"] - best["overall"])
    gold = next(line for line in lines if line["segment"] == 1 and line["level"] == "gold")
    assert gold["value"] == pytest.approx(1.0)


def test_mini_batches_find_the_same_groups_as_a_full_fit() -> None:
    table, truth = planted(3_000)
    options = SegmentOptions(seed=11, resamples=3, silhouette_rows=600, max_segments=5, sample_rows=700, full_fit_rows=1_000)
    found = segment(table, options).assignments.column("segment").to_numpy()
    assert adjusted_rand_score(truth, found) > 0.98


def test_confidence_is_lower_between_the_groups() -> None:
    table, _ = planted()
    between = {"row_id": ["z"], "recency_days": [65.0], "frequency": [14], "monetary": [17_000.0], "plan": ["basic"]}
    result = segment(pa.concat_tables([table, pa.table(between)]), OPTIONS).assignments
    confidence = result.column("confidence").to_numpy()
    assert ((confidence >= 0) & (confidence <= 1)).all()
    assert confidence[-1] < np.median(confidence) / 2


def test_missing_infinite_and_empty_values_are_survived() -> None:
    table, _ = planted()
    money = table.column("monetary").to_numpy().copy()
    money[:3] = np.inf
    holes = pa.array(money, mask=np.arange(len(money)) % 7 == 0)
    hurt = table.set_column(3, "monetary", holes).append_column("empty", pa.nulls(len(money), pa.float64()))
    hurt = hurt.append_column("code", pa.array([f"unique-{index}" for index in range(len(money))]))
    result = segment(hurt, OPTIONS)
    assert result.summary.left_out == {"empty": "constant or empty", "code": "nearly every value differs"}
    assert result.assignments.column("segment").null_count == 0


def test_few_customers_and_no_columns_are_one_segment() -> None:
    table, _ = planted()
    assert segment(table.slice(0, 20), OPTIONS).summary.reason == "too few customers"
    assert segment(table.slice(0, 0), OPTIONS).assignments.num_rows == 0
    assert not segment(table.select(["row_id"]), OPTIONS).summary.structured


def test_no_segment_is_smaller_than_the_least_share() -> None:
    table, _ = planted()
    options = SegmentOptions(seed=11, resamples=3, silhouette_rows=600, max_segments=6, min_share=0.4)
    assert all(item.share >= 0.4 for item in segment(table, options).summary.segments)


def test_customers_who_never_bought_are_named_so() -> None:
    table, truth = planted()
    bought = truth != 3
    changed = table.set_column(1, "recency_days", pa.array(table.column("recency_days").to_numpy(), mask=~bought))
    changed = changed.set_column(2, "frequency", pa.array(np.where(bought, table.column("frequency").to_numpy(), 0)))
    changed = changed.set_column(3, "monetary", pa.array(np.where(bought, table.column("monetary").to_numpy(), 0.0)))
    names = [item.name for item in segment(changed, OPTIONS).summary.segments]
    assert names[-1].startswith("Customers who never bought")


@pytest.mark.parametrize(
    "wrong", [{"min_segments": 1}, {"min_segments": 5, "max_segments": 4}, {"min_share": 0.6}, {"resamples": 0}]
)
def test_impossible_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        SegmentOptions(seed=1, **wrong)  # type: ignore[arg-type]  # wrong on purpose
