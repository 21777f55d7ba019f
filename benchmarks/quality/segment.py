"""How good the segment step is on real customers: CDNOW purchases (recency, frequency, money) and Telco subscribers.

Run as `python -m benchmarks.quality.segment [--large]` with STRONGROOM_DATA naming a folder with `cdnow/CDNOW_sample.txt` and
`telco_churn/Telco-Customer-Churn.csv`. Beside the step stands plain k-means on standardised columns with the number of segments
by silhouette, the recipe of most tutorials, and with as many segments as the step finds. Judged by what segments are for: how
much of what the customer does later, which no segment saw, they explain (share of variance); by whether shuffled columns are
recognised as having no segments; and, with --large, by a million generated customers with eight columns.
"""

import argparse
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.preprocessing import StandardScaler

from analysis_worker.steps.segment import SegmentOptions, segment, with_rfm

CALIBRATION_ENDS = datetime(1997, 9, 30, tzinfo=UTC)  # 39 weeks, the split of Fader and Hardie
Numbers = NDArray[np.float64]
Figures = dict[str, object]


def cdnow(folder: Path) -> tuple[pa.Table, Numbers]:
    """Return RFM features of the first 39 weeks, and the money of the 39 weeks after."""
    lines = [line.split() for line in (folder / "cdnow" / "CDNOW_sample.txt").read_text(encoding="ascii").splitlines()]
    transactions = pa.table(
        {
            "row_id": [line[1] for line in lines],
            "time": pa.array(
                [datetime.strptime(line[2], "%Y%m%d").replace(tzinfo=UTC) for line in lines], pa.timestamp("us", "UTC")
            ),
            "amount_minor": [round(float(line[4]) * 100) for line in lines],
            "currency": ["USD"] * len(lines),
            "kind": ["PURCHASE"] * len(lines),
        }
    )
    ids = sorted({line[1] for line in lines})
    later = dict.fromkeys(ids, 0.0)
    for line, when in zip(lines, transactions.column("time").to_pylist(), strict=True):
        if when > CALIBRATION_ENDS:
            later[line[1]] += float(line[4])
    return with_rfm(pa.table({"row_id": ids}), transactions, CALIBRATION_ENDS), np.array([later[row] for row in ids])


def telco(folder: Path) -> tuple[pa.Table, Numbers]:
    """Return the subscribers without their churn, and the churn."""
    convert = csv.ConvertOptions(null_values=["", " "], strings_can_be_null=True, column_types={"TotalCharges": pa.float64()})
    table = csv.read_csv(folder / "telco_churn" / "Telco-Customer-Churn.csv", convert_options=convert)
    churn = np.array([answer == "Yes" for answer in table.column("Churn").to_pylist()], np.float64)
    names = ["row_id" if name == "customerID" else name for name in table.column_names]
    return table.rename_columns(names).drop_columns(["Churn"]), churn


def shuffled(table: pa.Table, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    columns: Mapping[str, pa.ChunkedArray] = {
        name: table.column(name) if name == "row_id" else table.column(name).take(pa.array(random.permutation(table.num_rows)))
        for name in table.column_names
    }
    return pa.table(columns)


def explained(labels: NDArray[np.int64], outcome: Numbers) -> float:
    """Return the share of the outcome's variance that lies between the segments (correlation ratio squared)."""
    between = sum(
        (labels == label).sum() * (outcome[labels == label].mean() - outcome.mean()) ** 2 for label in np.unique(labels)
    )
    return float(between / ((outcome - outcome.mean()) ** 2).sum())


def standardised(table: pa.Table) -> Numbers:
    """Return standardised numbers and dummies, missing numbers as their mean."""
    columns: list[Numbers] = []
    for name in table.column_names[1:]:
        column = table.column(name)
        if pa.types.is_string(column.type):
            texts = np.array(column.to_pylist(), dtype=object).astype(str)
            columns.extend((texts == level).astype(np.float64) for level in np.unique(texts))
        else:
            numbers = np.array(column.cast(pa.float64()).to_numpy(), np.float64)
            columns.append(np.where(np.isnan(numbers), np.nanmean(numbers), numbers))
    return np.asarray(StandardScaler().fit_transform(np.column_stack(columns)), np.float64)


def tutorial(matrix: Numbers, segments: int, seed: int) -> NDArray[np.int64]:
    """Return plain k-means."""
    return np.asarray(KMeans(segments, n_init=10, random_state=seed).fit_predict(matrix), np.int64)


def by_silhouette(matrix: Numbers, seed: int) -> tuple[int, float]:
    """Return the number of segments with the best silhouette of plain k-means (on 5,000 rows), and the seconds it took."""
    started = time.perf_counter()
    rows = np.random.default_rng(seed).permutation(len(matrix))[:5_000]
    scores = {}
    for segments in range(2, 11):
        labels = KMeans(segments, n_init=10, random_state=seed).fit_predict(matrix)
        scores[segments] = silhouette_score(matrix[rows], labels[rows]) if len(np.unique(labels[rows])) > 1 else -1.0
    return max(scores, key=scores.__getitem__), time.perf_counter() - started


def compared(title: str, table: pa.Table, outcome: Numbers, options: SegmentOptions) -> Figures:
    start = time.perf_counter()
    result = segment(table, options)
    seconds = time.perf_counter() - start
    labels = np.asarray(result.assignments.column("segment"), np.int64)
    before = pa.chunked_array([pa.array(labels.astype(np.int32))])
    mixed = shuffled(table, options.seed)
    matrix = standardised(table)
    plain, _ = by_silhouette(matrix, options.seed)
    when_shuffled = len(segment(mixed, options).summary.segments)
    same = len(result.summary.segments)
    stability = result.summary.stability
    return {
        f"{title}_s": seconds,
        f"{title}_segments": same,
        f"{title}_silhouette": result.summary.silhouette,
        f"{title}_stability": stability,
        f"{title}_stability_floor": 0.8,
        f"{title}_stability_ok": stability >= 0.8 or not result.summary.structured,
        f"{title}_movable": result.summary.movable / result.summary.customers,
        f"{title}_explained": explained(labels, outcome),
        f"{title}_explained_peer": explained(tutorial(matrix, plain, options.seed), outcome),
        f"{title}_segments_peer": plain,
        f"{title}_explained_peer_same_number": explained(tutorial(matrix, same, options.seed), outcome),
        f"{title}_numbers_kept": segment(table, options, before).summary.carried,
        f"{title}_segments_when_shuffled": when_shuffled,
        f"{title}_segments_when_shuffled_ceiling": 1,
        f"{title}_segments_when_shuffled_ok": when_shuffled == 1,
        f"{title}_segments_when_shuffled_peer": by_silhouette(standardised(mixed), options.seed)[0],
    }


def million(customers: int = 1_000_000) -> Figures:
    """Six planted kinds of customers in eight columns, two of them noise; beside k-means tried on a fiftieth of the rows."""
    random = np.random.default_rng(3)
    kind = random.integers(0, 6, customers)
    centres = random.uniform(1, 6, (6, 8))
    columns = {f"c{index}": np.exp(centres[kind, index] + random.normal(0, 0.35, customers)) for index in range(6)}
    columns |= {f"c{index}": random.normal(size=customers) for index in (6, 7)}
    table = pa.table({"row_id": np.arange(customers), **columns})
    started, worked = time.perf_counter(), time.process_time()
    result = segment(table, SegmentOptions(seed=1))
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    part = standardised(table.slice(0, customers // 50))
    _, peer_s = by_silhouette(part, 1)
    labels = np.asarray(result.assignments.column("segment"), np.int64)
    return {
        "million_customers": customers,
        "million_s": seconds,
        "million_s_floor": 60.0,
        "million_s_ok": seconds <= 60,
        "million_processor_s": worked,
        "million_fiftieth_s_peer": peer_s,
        "million_segments": len(result.summary.segments),
        "million_agreement": float(adjusted_rand_score(kind, labels)),
        "million_movable": result.summary.movable / customers,
    }


def measure(*, large: bool = False) -> Figures:
    """Return the figures under flat names: ours, `_peer`, `_floor`, `_ok`."""
    figures: Figures = {}
    named = os.environ.get("STRONGROOM_DATA")
    if named:
        options = SegmentOptions(seed=7)
        figures |= compared("cdnow", *cdnow(Path(named)), options)
        figures |= compared("telco", *telco(Path(named)), options)
    else:
        figures["cdnow"] = figures["telco"] = "not available"
    return figures | million() if large else figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also a million generated customers")
    for name, one in measure(large=parser.parse_args().large).items():
        print(f"{name:<36}{one:.4g}" if isinstance(one, float) else f"{name:<36}{one}")


if __name__ == "__main__":
    main()
